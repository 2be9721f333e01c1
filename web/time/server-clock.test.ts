import { expect, test } from 'vitest';

import { FakeClock } from '../../lib/clock.ts';
import { followServerClock } from './server-clock.ts';

const NOW_MS = 1_700_000_000_000;
const dated = (ms: number) => async () => new Response('', { headers: { date: new Date(ms).toUTCString() } });

test.each([
  [0, 0],
  [-2000, 0],
  [90_000, 90.5],
  [-3_600_000, -3599.5],
])('a server that is %i ms ahead moves now by %f s', async (aheadMs, seconds) => {
  const { fetch, nowSeconds } = followServerClock(dated(NOW_MS + aheadMs), new FakeClock(NOW_MS));
  await fetch('', {});
  expect(nowSeconds() - NOW_MS / 1000).toBeCloseTo(seconds, 3);
});

test('an answer without a date changes nothing', async () => {
  const { fetch, nowSeconds } = followServerClock(async () => new Response(''), new FakeClock(NOW_MS));
  await fetch('', {});
  expect(nowSeconds()).toBe(NOW_MS / 1000);
});
