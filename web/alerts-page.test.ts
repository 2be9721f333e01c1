import { afterAll, beforeAll, expect, test } from 'vitest';

import { exampleAlerts, fakeAlerts } from './alerts.fake.ts';
import { expectSound, LOOKS, NOW_MS, startPage, stateOf } from './browser.fake.ts';
import type { BuiltPage } from './browser.fake.ts';

let built: BuiltPage;
const alerts = fakeAlerts(exampleAlerts(NOW_MS));
const open: BuiltPage['open'] = (search, options) => built.open(search, options);

beforeAll(async () => {
  built = await startPage(
    (expression) => {
      if (expression.includes('filesystem')) return [{ instance: 'alpha', mountpoint: '/' }];
      return [{ instance: 'alpha' }, { instance: 'beta' }];
    },
    [alerts.part],
  );
}, 60_000);

afterAll(() => built.close());

test('what fires, what is pending, what is broken and what has changed', async () => {
  const { page, complaints } = await open('?view=alerts');
  await page.getByText('1 alert fires, 1 is pending, 1 rule cannot be evaluated; 5 rules watch.').waitFor();
  const card = page.getByRole('article').filter({ hasText: 'Excessive CPU load' });
  await card.getByText('CPU of alpha is 83 % busy').waitFor();
  await card.getByText('since 14 Nov 22:04:40').waitFor();
  await card.locator('canvas').waitFor();
  await card.getByText('fired').waitFor();
  await page
    .getByRole('article')
    .nth(1)
    // It counts down while a slow machine draws the rest.
    .getByText(/fires in 3.min \d+.s if it goes on/)
    .waitFor();
  await page.getByRole('region', { name: 'Rules' }).getByText('query timed out').waitFor();
  const changes = page.getByRole('region', { name: 'Changes' });
  expect(await changes.getByRole('row').count()).toBe(5);
  expect(await page.title()).toBe('(1) Alerts – Binnacle');
  expect(complaints).toEqual([]);
});

test('the expression leads to its query', async () => {
  const { page } = await open('?view=alerts');
  await page.getByRole('link', { name: '1 - avg by (instance)' }).click();
  await page.waitForURL((url) => url.searchParams.get('view') === 'metrics');
  expect((await stateOf(page))['q']).toMatch(/^1 - avg by .* > 0\.25$/);
});

test('the number of firing alerts is on every view, and in the sentence of health of its host', async () => {
  const { page } = await open('');
  await page.getByRole('link', { name: '1 alert fires: Excessive CPU load.' }).waitFor();
  await page.getByText('alpha needs you:').waitFor();
  await page.getByRole('link', { name: 'Alerts 1 firing' }).waitFor();
  expect(await page.title()).toBe('(1) Overview – Binnacle');
  await page.getByLabel('Host').selectOption('beta');
  await page.getByText('beta is well.').waitFor();
});

test('a server without alerting says so, and is not asked again and again', async () => {
  const { page } = await open('?view=metrics');
  await page.getByText('Begin with one of these').waitFor();
  const asked: string[] = [];
  await page.route(/\/api\/(v1\/(rules|alerts)|alerts)/, async (route) => {
    asked.push(route.request().url());
    await route.fulfill({ status: 404, body: '{}' });
  });
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await page.getByRole('heading', { name: 'This server does no alerting' }).waitFor();
  // The badge, the rules and the history, once each.
  await page.clock.runFor(6000);
  await expect.poll(() => asked.length).toBe(3);
  await page.clock.runFor(30_000);
  expect(asked.length).toBe(3);
});

test('a server that is away is named', async () => {
  const { page } = await open('?view=alerts');
  await page.getByText('1 alert fires').waitFor();
  await page.route('**/api/**', (route) => route.abort());
  await page.clock.runFor(6000);
  await page.getByRole('alert').getByText('The server does not answer').first().waitFor();
});

test.each(LOOKS)('in $colorScheme at $width px: nothing for axe, no sideways scrolling', async (look) => {
  const { colorScheme, width } = look;
  const { page } = await open('?view=alerts', { colorScheme, viewport: { width, height: 900 } });
  await page.getByText('Changes in this range').waitFor();
  await page.locator('canvas').first().waitFor();
  await expectSound(page, width);
});
