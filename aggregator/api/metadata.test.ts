import { afterAll, beforeAll, expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { waitUntil } from '../../test/tools/wait-until.ts';
import { FakeAggregator } from './asking.fake.ts';

const aggregator = new FakeAggregator();
beforeAll(async () => {
  await aggregator.start();
  const nowMs = systemClock.nowMs();
  await aggregator.push(`# TYPE told_total counter
# HELP told_total What it counts.
told_total 1 ${nowMs}
guessed_total 1 ${nowMs}
guessed_seconds_bucket{le="+Inf"} 1 ${nowMs}
unknown 1 ${nowMs}
`);
});
afterAll(() => aggregator.stop());

test('what senders told, and what names tell', async () => {
  const told = { told_total: [{ type: 'counter', help: 'What it counts.', unit: '' }] };
  const metadata = async (parameters: Record<string, string> = {}): Promise<unknown> =>
    (await aggregator.get('/api/v1/metadata', parameters)).body;
  await waitUntil(async () => JSON.stringify(await metadata()).includes('What it counts.'), {
    what: 'metadata',
    everyMs: 50,
    timeoutMs: 10_000,
  });
  expect(await metadata()).toEqual({
    status: 'success',
    data: {
      guessed_seconds: [{ type: 'histogram', help: '', unit: '' }],
      guessed_total: [{ type: 'counter', help: '', unit: '' }],
      ...told,
    },
  });
  expect(await metadata({ metric: 'told_total' })).toEqual({ status: 'success', data: told });
  expect(await metadata({ metric: 'nothing' })).toEqual({ status: 'success', data: {} });
  expect(Object.keys(((await metadata({ limit: '1' })) as { data: object }).data)).toEqual([
    'guessed_seconds',
  ]);
  expect(await metadata({ limit: 'all' })).toMatchObject({ errorType: 'bad_data' });
});
