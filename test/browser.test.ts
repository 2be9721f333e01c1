import { appendFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { atEnd } from './tools/at-end.ts';
import { burnCpu, startBinnacle } from './tools/binnacle.ts';
import { freePort } from './tools/free-port.ts';
import { peer } from './tools/peers.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';

/**
 * The real program in a real browser. With SCREENSHOTS set it also makes the pictures of the README:
 * `SCREENSHOTS=1 npx vitest run test/browser.test.ts`.
 */

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--no-first-run',
];
const IMAGES = process.env['SCREENSHOTS'] ? resolve(import.meta.dirname, '../docs/images') : undefined;

let url: string;
let file: string;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const folder = temporaryFolder();
  file = join(folder, 'shop.log');
  const rule = {
    alert: 'Cores are burning',
    expr: `sum by (instance, pid) (rate(binnacle_process_cpu_seconds_total{pid="${burnCpu().pid}"}[20s])) > 0.2`,
    for: '2s',
    labels: { severity: 'warning' },
    annotations: { summary: 'Process {{ $labels.pid }} burns {{ printf "%.1f" $value }} cores' },
  };
  const rules = join(folder, 'rules.yaml');
  writeFileSync(rules, JSON.stringify({ groups: [{ name: 'host', interval: '1s', rules: [rule] }] }));
  await startBinnacle('standalone', port, join(folder, 'data'), {
    'agent.interval': '1s',
    'agent.node-name': 'harbour',
    'log-globs': file,
    'alerting.rules': rules,
  });
  const browser = await chromium.launch({ executablePath: peer('chromium'), args: ARGS });
  atEnd(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) complaints.push(`left for ${request.url()}`);
  });
}, 90_000);

afterAll(() => expect(complaints).toEqual([]));

async function picture(name: string): Promise<void> {
  if (IMAGES !== undefined) await page.screenshot({ path: join(IMAGES, `${name}.png`) });
}

/** Lines such as a shop writes; a few of them errors. */
function writeLines(count: number): void {
  for (let n = 0; n < count; n++) {
    const status = n % 17 === 0 ? 502 : 200;
    const level = status === 200 ? 'info' : 'error';
    const at = new Date(performance.timeOrigin + performance.now()).toISOString();
    appendFileSync(
      file,
      `${at} level=${level} method=GET path=/cart/${n % 40} status=${status} ms=${(n * 7919) % 400}\n`,
    );
  }
}

test('a chart moves', async () => {
  await page.goto(`${url}/?range=5m`);
  const chart = page.getByRole('figure', { name: 'CPU' });
  await chart.getByText('user').first().waitFor();
  const drawn = (): Promise<string> =>
    chart
      .locator('canvas')
      .first()
      .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL());
  const before = await drawn();
  await expect.poll(drawn, { timeout: 20_000 }).not.toBe(before);
}, 60_000);

test('a query is answered with a chart and with numbers', async () => {
  await page.goto(`${url}/?view=metrics&range=5m`);
  const box = page.getByRole('textbox', { name: /query/i });
  await box.fill('count by (mode) (node_cpu_seconds_total)');
  await box.press('Enter');
  await page.getByText('{mode="idle"}').first().waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toBe('count by (mode) (node_cpu_seconds_total)');
  await box.fill('sum(');
  await box.press('Enter');
  await page.getByText(/parse error/).waitFor();
}, 60_000);

test('a written line is found, and the next ones come by themselves', async () => {
  writeLines(120);
  appendFileSync(file, 'the anchor is lost off Cape Horn\n');
  await page.goto(`${url}/?view=logs&range=5m&contains=anchor`);
  await page.getByText('the anchor is lost off Cape Horn').waitFor();
  await page.goto(`${url}/?view=logs&range=5m`);
  await page.getByText('/cart/3').first().waitFor();
  await picture('logs');
}, 60_000);

test('a firing alert is seen, on its page and from the overview', async () => {
  await page.goto(`${url}/?view=alerts&range=5m`);
  await page
    .getByText(/Process \d+ burns [01]\.\d cores/)
    .first()
    .waitFor();
  await page.getByText('Cores are burning').first().waitFor();
  await expect.poll(() => page.title(), { timeout: 30_000 }).toMatch(/1/);
  await picture('alerts');
  if (IMAGES !== undefined) await sleep(90_000);
  await page.goto(`${url}/?range=5m`);
  await page
    .getByText(/Cores are burning/)
    .first()
    .waitFor();
  await page.getByRole('figure', { name: 'CPU' }).getByText('user').first().waitFor();
  await sleep(1000);
  await picture('overview');
}, 180_000);
