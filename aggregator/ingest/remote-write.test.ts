import fc from 'fast-check';
import { expect, test } from 'vitest';

import { collect } from './collected.fake.ts';
import { remoteWriteMessage } from './remote-write.fake.ts';
import { readRemoteWrite } from './remote-write.ts';

const NEWEST_MS = 1_767_225_600_000;
const LIMITS = { maxSamples: 100, maxLabels: 10, maxLabelLength: 100, maxHistogramBuckets: 100 };

function decode(...timesMs: number[]): { taken: number[]; refused: string } {
  const samples = timesMs.map((atMs): [number, number] => [atMs, 1]);
  const body = remoteWriteMessage([{ labels: [['__name__', 'm']], samples }]);
  const { taken, refused } = collect(NEWEST_MS, LIMITS, 'series', (collected) =>
    readRemoteWrite(body, collected),
  );
  return { taken: taken.map(([, atMs]) => atMs), refused };
}

test.each([
  [[0, 1, NEWEST_MS], [0, 1, NEWEST_MS], /^$/],
  [[5, NEWEST_MS + 1], [5], /\nm: a sample of 2026-01-01T00:00:00\.001Z lies .*ingest\.future-limit/],
  [[-1, 5], [5], /\nm: a sample of 1969-12-31T23:59:59\.999Z lies before 1970$/],
  [[-9e15], [], /\nm: a sample of -9000000000000000 ms lies before 1970$/],
  [[9e15], [], /\nm: a sample of 9000000000000000 ms lies too far in the future/],
])('of samples at %j ms those at %j are taken', (timesMs, taken, refused) => {
  const result = decode(...timesMs);
  expect(result.taken).toEqual(taken);
  expect(result.refused).toMatch(refused);
});

test('a sample at any time is taken, when a store can keep it, or refused', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (atMs) => {
      const { taken, refused } = decode(atMs);
      expect(taken.length + (refused === '' ? 0 : 1)).toBe(1);
      for (const time of taken) expect(new Date(time).toISOString()).toMatch(/^\d{4}-/);
    }),
  );
});
