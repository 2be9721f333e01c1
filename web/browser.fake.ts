import axeCore from 'axe-core';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

import { peer } from '../test/tools/peers.ts';
import { temporaryFolder } from '../test/tools/temporary-folder.ts';
import { buildPage } from './build.fake.ts';
import { servePage } from './prometheus.fake.ts';
import type { Answers, FakePrometheus, Part } from './prometheus.fake.ts';

/** What its source makes in the page. */
declare const axe: typeof axeCore;

const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SETTLE_MS = 10_000;

/** Where the browser's clock stands until a test moves it. */
export const NOW_MS = 1_700_000_000_000;

/** The looks in which every view is checked. */
export const LOOKS = [
  { colorScheme: 'dark', width: 1440 },
  { colorScheme: 'light', width: 375 },
] as const;

export interface Opened {
  readonly page: Page;
  /** What the browser complained of, and requests that left the page's own path. */
  readonly complaints: string[];
}

export interface BuiltPage {
  readonly server: FakePrometheus;
  /** Opens the page at a query string. */
  open(search: string, options?: BrowserContextOptions): Promise<Opened>;
  close(): Promise<void>;
}

/** Builds the page, serves it and starts a browser for it. */
export async function startPage(answers: Answers, parts: readonly Part[] = []): Promise<BuiltPage> {
  const browser = await chromium.launch({ executablePath: peer('chromium'), args: BROWSER_ARGS });
  const folder = temporaryFolder();
  await buildPage(folder);
  const server = await servePage(folder, ['alpha', 'beta'], answers, parts);
  return {
    server,
    open: (search, options = {}) => open(browser, server, search, options),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

async function open(
  browser: Browser,
  server: FakePrometheus,
  search: string,
  options: BrowserContextOptions,
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    timezoneId: 'UTC',
    ...options,
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.setDefaultTimeout(SETTLE_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) complaints.push(`left for ${request.url()}`);
  });
  await page.addInitScript(axeCore.source);
  await page.clock.install({ time: NOW_MS });
  await page.goto(server.url + search);
  return { page, complaints };
}

/** The state in the address, as the page itself sees it now. */
export async function stateOf(page: Page): Promise<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(await page.evaluate(() => location.search)));
}

/** Moves from a third to two thirds of the first chart with the button down. */
export async function drag(page: Page): Promise<void> {
  const box = await page.locator('.u-over').first().boundingBox();
  if (!box) throw new Error('no chart');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 3, y);
  await page.mouse.down();
  await page.mouse.move(box.x + (box.width * 2) / 3, y, { steps: 4 });
  await page.mouse.up();
}

/** axe finds nothing, and nothing is wider than the window. */
export async function expectSound(page: Page, width: number): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  const { passes, violations } = await page.evaluate(() => axe.run());
  expect(passes.length).toBeGreaterThan(20);
  expect(violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`)).toEqual([]);
}
