import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { drag, expectSound, LOOKS, NOW_MS, startPage, stateOf } from './browser.fake.ts';
import type { BuiltPage } from './browser.fake.ts';
import { hostLines } from './log-lines.fake.ts';
import type { SentLine } from './log/log-line.ts';
import { fakeLogs } from './logs.fake.ts';
import type { FakeLogs } from './logs.fake.ts';

const HOSTILE = { job: 'hostile' };
const HOSTILE_LINES = [
  '<img src=x onerror="document.title=1">',
  '\u001b[31mred\u001b[0m \u001b]0;title\u0007',
  'שלום \u202etxt.exe',
  `start${'x'.repeat(1024 * 1024)}end`,
  '{"__proto__": null}',
];

let built: BuiltPage;
let logs: FakeLogs;
const open: BuiltPage['open'] = (search, options) => built.open(search, options);

beforeAll(async () => {
  const hostile = HOSTILE_LINES.map((text, i): SentLine => ({
    timeNs: BigInt(NOW_MS - 9000 + i) * 1_000_000n,
    labels: HOSTILE,
    text,
  }));
  logs = fakeLogs([...hostLines(3000, NOW_MS - 10_000, 800_000), ...hostile]);
  built = await startPage(() => [{ mode: 'idle' }], [logs.part]);
}, 60_000);

afterAll(() => built.close());

const items = (page: Page) => page.locator('[data-id]');
const rows = (page: Page) => page.locator('.log-row');
const texts = (page: Page): Promise<string[]> => page.locator('.log-text').allInnerTexts();

function lineAt(msAgo: number, text: string): SentLine {
  return { timeNs: BigInt(NOW_MS - msAgo) * 1_000_000n + 123_456n, labels: { job: 'tail' }, text };
}

/** Lets a line come in as soon as the page's tail is open. */
async function arrive(lines: readonly SentLine[], dropped?: number): Promise<void> {
  await expect.poll(() => logs.tailCount()).toBeGreaterThan(0);
  logs.arrive(lines, dropped);
}

test('search finds a line, marks the words, and says how many hits there are', async () => {
  const { page, complaints } = await open('?view=logs');
  await page.getByText('The newest 500 of 3,005 hits in this range').waitFor();
  await page.keyboard.press('/');
  await page.getByLabel('Text in lines').fill('FAILED password for invalid user root');
  await page.keyboard.press('Enter');
  await page.getByText('No line is found in this range').waitFor();
  await page.getByRole('button', { name: 'Ignore case' }).click();
  await page.locator('mark', { hasText: 'Failed password for invalid user root' }).first().waitFor();
  expect(await stateOf(page)).toEqual({
    view: 'logs',
    text: 'FAILED password for invalid user root',
    case: 'ignore',
  });
  for (const text of await texts(page)) expect(text).toContain('invalid user root');
  expect(complaints).toEqual([]);
});

test('a regular expression, and what is wrong with one', async () => {
  const { page } = await open('?view=logs&text=status%7C" 502 &regex=1');
  await page.locator('.log-text', { hasText: '" 502 ' }).first().waitFor();
  await page.getByLabel('Text in lines').fill('(');
  await page.keyboard.press('Enter');
  await page.getByText('missing ): (').waitFor();
});

test('the histogram counts by level, and a drag zooms in', async () => {
  const { page } = await open('?view=logs&selector={unit="checkout.service"}');
  const figure = page.getByRole('figure', { name: 'Lines over time' });
  await figure.locator('canvas').waitFor();
  const counts = await figure.locator('.level-count').allInnerTexts();
  const numbers = counts.map((text) => Number(text.replaceAll(',', '')));
  expect(numbers).toHaveLength(5);
  expect(numbers[0]).toBeGreaterThan(20);
  expect(numbers[4]).toBe(0);
  await drag(page);
  await page.waitForURL((url) => url.searchParams.has('end'));
  const total = numbers.reduce((sum, count) => sum + count, 0);
  await page.getByText(/^All \d+ hits in this range$/).waitFor();
  const shown = Number(/\d+/.exec(await page.locator('.list-words').innerText())?.[0]);
  expect(shown).toBeGreaterThan(total / 5);
  expect(shown).toBeLessThan(total / 2);
});

test('labels are picked, and narrowed from a line', async () => {
  const { page } = await open('?view=logs');
  await page.getByRole('button', { name: 'Labels' }).click();
  await page.getByRole('button', { name: 'unit', exact: true }).click();
  await page.getByRole('button', { name: 'ssh.service' }).click();
  await page.waitForURL((url) => url.searchParams.get('selector') === '{unit="ssh.service"}');
  await page.locator('.log-text', { hasText: 'sshd' }).first().waitFor();
  await rows(page).first().click();
  await page.getByRole('button', { name: 'Without lines with host=alpha' }).click();
  await page.waitForURL((url) => url.searchParams.get('selector') === '{unit="ssh.service", host!="alpha"}');
  await page.getByText('No line is found in this range').waitFor();
});

test('pages come as the reader goes on, and few rows stand in the document', async () => {
  const { page } = await open('?view=logs');
  await page.getByText('The newest 500 of').waitFor();
  const list = page.getByRole('log');
  for (const words of [
    'newest 1,000',
    'newest 1,500',
    'newest 2,000',
    'newest 2,500',
    'newest 3,000',
    'All 3,005',
  ]) {
    await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.getByText(words).waitFor();
  }
  expect(await rows(page).count()).toBeLessThanOrEqual(100);
  expect(await rows(page).count()).toBeGreaterThan(10);
  const posinset = Number(await items(page).last().getAttribute('aria-posinset'));
  expect(posinset).toBeGreaterThan(2990);
});

test('100,000 lines are held and scrolled with at most 100 rows', async () => {
  const before = logs.lines.length;
  const many = Array.from({ length: 99_000 }, (_, i) => lineAt(5000, `many ${i}`));
  const { page } = await open('?view=logs&selector={job="tail"}');
  await page.getByText('No line is found in this range').waitFor();
  await arrive(many);
  await page.locator('.log-text', { hasText: 'many 98999' }).waitFor();
  const list = page.getByRole('log');
  for (const part of [0.2, 0.5, 0.9, 0.1]) {
    await list.evaluate((element, part) => element.scrollTo(0, element.scrollHeight * part), part);
    await page.locator('.log-row').first().waitFor();
    expect(await rows(page).count()).toBeLessThanOrEqual(100);
  }
  logs.lines.length = before;
});

test('the tail appends; Space pauses it and counts what waits', async () => {
  const { page } = await open('?view=logs');
  await page.getByRole('button', { name: 'Live tail' }).waitFor();
  await arrive([lineAt(500, 'the first to come')]);
  await page.locator('.log-row').first().getByText('the first to come').waitFor();
  await page.locator('.log-row').first().getByText('.500', { exact: false }).waitFor();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Tail paused' }).waitFor();
  await arrive([lineAt(400, 'while paused 1'), lineAt(300, 'while paused 2')]);
  await page.getByRole('button', { name: '2 new lines' }).waitFor();
  expect((await texts(page))[0]).toBe('the first to come');
  await page.keyboard.press('Space');
  await page.locator('.log-row').first().getByText('while paused 2').waitFor();
  expect((await texts(page)).slice(0, 3)).toEqual(['while paused 2', 'while paused 1', 'the first to come']);
});

test('the tail never moves a reader who has scrolled away', async () => {
  const { page } = await open('?view=logs');
  await page.getByRole('button', { name: 'Live tail' }).waitFor();
  const list = page.getByRole('log');
  await list.evaluate((element) => element.scrollTo(0, 3000));
  await expect.poll(() => items(page).first().getAttribute('aria-posinset')).not.toBe('1');
  const before = await texts(page);
  await arrive([lineAt(200, 'behind the back')]);
  await page.getByRole('button', { name: '1 new line' }).waitFor();
  expect(await texts(page)).toEqual(before);
  expect(await list.evaluate((element) => element.scrollTop)).toBe(3000);
  await page.getByRole('button', { name: '1 new line' }).click();
  await page.locator('.log-row').first().getByText('behind the back').waitFor();
});

test('lines that came too fast are said to be left out', async () => {
  const { page } = await open('?view=logs&selector={job="none"}');
  await page.getByText('No line is found in this range').waitFor();
  await arrive([], 1204);
  await page.getByText('1,204 new lines came too fast').waitFor();
});

test('oldest first begins at the begin', async () => {
  const { page } = await open('?view=logs&order=oldest');
  await page.getByText('The oldest 500 of').waitFor();
  const times = await page.locator('.log-time').evaluateAll((all) => all.map((time) => time.textContent));
  expect(times).toEqual(times.toSorted());
  await page.getByRole('button', { name: 'Newest first' }).click();
  await page.getByText('The newest 500 of').waitFor();
});

test('hostile lines are text', async () => {
  const { page, complaints } = await open('?view=logs&selector={job="hostile"}&wrap=1');
  await page.getByText('All 5 hits in this range').waitFor();
  const seen = await texts(page);
  expect(seen[4]).toBe(HOSTILE_LINES[0]);
  expect(seen[3]).toBe('red ␛]0;title␇');
  expect(seen[2]).toBe('שלום ⟨U+202E⟩txt.exe');
  expect((seen[1] as string).length).toBeLessThan(4200);
  await rows(page).nth(1).click();
  await page.getByRole('button', { name: /^Show all/ }).click();
  const whole = await page.locator('.log-whole').textContent();
  expect(whole).toBe(HOSTILE_LINES[3]);
  await rows(page).nth(3).click();
  await page.getByText('␛[31mred␛[0m').waitFor();
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.title()).toBe('Logs – Binnacle');
  expect(complaints).toEqual([]);
});

test('keys go through lines, open them and wrap; a link leads back to a line', async () => {
  const { page } = await open('?view=logs&selector={unit="ssh.service"}');
  await page.locator('.log-row').first().waitFor();
  await page.keyboard.press('j');
  await page.locator('[data-id] button:focus').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const detail = page.locator('.log-detail');
  const utc = await detail.locator('.log-utc').innerText();
  expect(utc).toMatch(/^2023-11-14T22:\d\d:\d\d\.\d{9}Z$/);
  await page.keyboard.press('w');
  expect(await stateOf(page)).toMatchObject({ wrap: '1' });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await detail.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Link copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto(link);
  await page.locator('.log-detail .log-utc', { hasText: utc }).waitFor();
});

test('a server without logs says so, once', async () => {
  const { page } = await open('?view=overview');
  await page.getByText('alpha is well.').waitFor();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/api/logs')) asked.push(request.url());
  });
  await page.route('**/api/logs**', (route) => route.fulfill({ status: 404, body: '{}' }));
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.getByRole('heading', { name: 'This server keeps no logs' }).waitFor();
  // The lines and the histogram, once each.
  await expect.poll(() => asked.length).toBe(2);
  await page.clock.runFor(30_000);
  expect(asked.length).toBe(2);
});

const VIEWS = [
  '?view=logs',
  '?view=logs&selector={unit="ssh.service"}&wrap=1',
  '?view=logs&text=nothing to find',
];

test.each(VIEWS.flatMap((view) => LOOKS.map((look) => ({ view, ...look }))))(
  '"$view" in $colorScheme at $width px: nothing for axe, no sideways scrolling',
  async ({ view, colorScheme, width }) => {
    const { page } = await open(view, { colorScheme, viewport: { width, height: 900 } });
    await page
      .getByText(/hits in this range|No line is found/)
      .first()
      .waitFor();
    if (view.includes('wrap')) await rows(page).first().click();
    if (view === '?view=logs') {
      await page.getByRole('button', { name: 'Labels' }).click();
      await page.getByRole('button', { name: 'unit', exact: true }).click();
    }
    await expectSound(page, width);
  },
);
