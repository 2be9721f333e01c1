import { afterAll, beforeAll, expect, test } from 'vitest';

import { drag, expectSound, LOOKS, startPage, stateOf } from './browser.fake.ts';
import type { BuiltPage } from './browser.fake.ts';

const EVIL = '<img src=x onerror="document.title=1">';

let built: BuiltPage;
const open: BuiltPage['open'] = (search, options) => built.open(search, options);

beforeAll(async () => {
  built = await startPage((expression) => {
    if (expression === 'broken(') return '1:8: parse error: unclosed left parenthesis';
    if (expression === 'nothing') return [];
    if (expression === 'evil') return [{ __name__: 'evil', label: EVIL }];
    const count = expression === 'many' ? 620 : 2;
    return Array.from({ length: count }, (_, i) => ({
      mode: `mode${i}`,
      device: `disk${i}`,
      pid: `${i}`,
      comm: 'sh',
    }));
  });
}, 60_000);

afterAll(() => built.close());

test('the overview draws its charts from its own server alone', async () => {
  const { page, complaints } = await open('');
  await page.getByText('alpha is well.').waitFor();
  await page.getByRole('figure', { name: 'CPU' }).getByText('mode1').waitFor();
  await page.getByRole('rowheader', { name: 'sh' }).first().waitFor();
  expect(await page.locator('figure canvas').count()).toBe(9);
  expect(complaints).toEqual([]);
});

test('following asks for the newest points only', async () => {
  const { page } = await open('?view=metrics&q=up');
  await page.getByText('2 series').waitFor();
  const ends = (): { start: number; end: number }[] =>
    built.server.asked
      .filter(({ path, params }) => path === 'query_range' && params.get('query') === 'up')
      .map(({ params }) => ({ start: Number(params.get('start')), end: Number(params.get('end')) }));
  const first = ends().at(-1);
  const answered = page.waitForResponse((response) => response.url().includes('query_range'));
  await page.clock.runFor(5000);
  await answered;
  const next = ends().at(-1);
  expect(next?.end).toBeGreaterThan(first?.end ?? Infinity);
  expect(next?.start).toBe((first?.end ?? 0) - 15);
});

test('another host is one choice away, and in the address', async () => {
  const { page } = await open('');
  await page.getByText('alpha is well.').waitFor();
  const before = built.server.asked.length;
  await page.getByLabel('Host').selectOption('beta');
  await page.getByText('beta is well.').waitFor();
  expect(await stateOf(page)).toEqual({ host: 'beta' });
  const ofBeta = (): number =>
    built.server.asked.slice(before).filter(({ params }) => params.get('query')?.includes('instance="beta"'))
      .length;
  await expect.poll(ofBeta).toBeGreaterThan(10);
});

test('a drag zooms, Esc steps back, keys move', async () => {
  const { page } = await open('?view=metrics&q=up');
  await page.getByText('2 series').waitFor();
  const steps = async (key: string): Promise<Record<string, string>> => {
    await page.keyboard.press(key);
    return stateOf(page);
  };
  await drag(page);
  await page.waitForURL((url) => url.searchParams.has('end'));
  const zoomed = await stateOf(page);
  expect(Number(zoomed['end'])).toBeLessThan(1_700_000_000 - 250);
  expect(Number(zoomed['end'])).toBeGreaterThan(1_700_000_000 - 350);
  await steps('Escape');
  await page.waitForURL((url) => !url.searchParams.has('end'));
  const earlier = Number((await steps('['))['end']);
  expect(Math.abs(earlier - (1_700_000_000 - 450))).toBeLessThan(30);
  expect(await steps(']')).not.toHaveProperty('end');
  expect(await steps('z')).toMatchObject({ range: '30m' });
  await page.keyboard.press('g');
  expect(await steps('o')).toMatchObject({ view: 'overview' });
  await page.keyboard.press('/');
  await page.getByLabel('PromQL query').and(page.locator(':focus')).waitFor();
  await page.getByLabel('PromQL query').blur();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
});

test('a query is written with completion, run by Enter, and back goes to the one before', async () => {
  const { page } = await open('?view=metrics&q=up');
  const field = page.getByLabel('PromQL query');
  await field.fill('');
  await field.pressSequentially('rate(node_loa');
  await page.getByRole('option', { name: 'node_load5' }).waitFor();
  await field.press('ArrowDown');
  await field.press('ArrowDown');
  await field.press('Enter');
  await field.pressSequentially('[1m])');
  await field.press('Enter');
  await page.waitForURL((url) => url.searchParams.get('q') === 'rate(node_load5[1m])');
  await page.goBack();
  await page.waitForURL((url) => url.searchParams.get('q') === 'up');
  await expect.poll(() => field.inputValue()).toBe('up');
});

test('errors, emptiness and too much are said in words', async () => {
  const { page } = await open('?view=metrics&q=broken(');
  await page.getByText('1:8: parse error: unclosed left parenthesis').waitFor();
  const run = async (query: string): Promise<void> => {
    await page.getByLabel('PromQL query').fill(query);
    await page.getByRole('button', { name: 'Run' }).click();
  };
  await run('nothing');
  await page.getByText('No data in this range').waitFor();
  await run('many');
  await page.getByText('120 more are not drawn').waitFor();
  await page.getByRole('button', { name: 'Table' }).click();
  await page.getByText('120 more are not shown').waitFor();
});

test('a server that is away is named, and found again by itself', async () => {
  const { page } = await open('?view=metrics');
  await page.route('**/api/**', (route) => route.abort());
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.reload();
  await page.getByRole('alert').getByText('The server does not answer').first().waitFor();
  await page.unroute('**/api/**');
  await page.clock.runFor(5000);
  await page.getByText('alpha is well.').waitFor();
});

test('text from data stays text', async () => {
  const { page, complaints } = await open('?view=metrics&q=evil');
  await page.getByText('onerror').first().waitFor();
  expect(await page.locator('img').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('arrow keys read a chart aloud', async () => {
  const { page } = await open('?view=metrics&q=up');
  await page.getByText('2 series').waitFor();
  await page.getByRole('application').focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.locator('[aria-live]', { hasText: '14 Nov 22:13:15: {comm="sh"' }).waitFor();
});

test('Enter on a chart shows its numbers, the newest first', async () => {
  const { page } = await open('?view=metrics&q=up');
  await page.getByText('2 series').waitFor();
  await page.getByRole('application').focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Data of Chart of up' });
  await dialog.getByRole('rowheader', { name: '14 Nov 22:13:20' }).waitFor();
  expect(await dialog.getByRole('row').count()).toBe(26);
  await dialog.getByRole('button', { name: 'Earlier' }).click();
  await dialog.getByRole('rowheader', { name: '14 Nov 22:11:15' }).waitFor();
  await expectSound(page, 1440);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});

test('chart and table stand side by side where there is room', async () => {
  const { page } = await open('?view=metrics&q=up', { viewport: { width: 1700, height: 900 } });
  await page.getByRole('figure', { name: 'Chart of the query' }).waitFor();
  await page.getByRole('region', { name: 'Rows' }).waitFor();
  expect(await page.getByRole('button', { name: 'Table', exact: true }).count()).toBe(0);
  await page.setViewportSize({ width: 1500, height: 900 });
  await page.getByRole('region', { name: 'Rows' }).waitFor({ state: 'hidden' });
});

const VIEWS = [
  '',
  '?view=metrics',
  '?view=metrics&q=up',
  '?view=metrics&q=up&show=table',
  '?view=metrics&q=broken(',
];
test.each(VIEWS.flatMap((view) => LOOKS.map((look) => ({ view, ...look }))))(
  '"$view" in $colorScheme at $width px: nothing for axe, no sideways scrolling',
  async ({ view, colorScheme, width }) => {
    const { page } = await open(view, { colorScheme, viewport: { width, height: 900 } });
    await page
      .locator(view.includes('broken') ? '.fault' : 'main h2, main td')
      .first()
      .waitFor();
    await expectSound(page, width);
  },
);
