import fc from 'fast-check';
import { expect, test } from 'vitest';

import { isStale, putStale } from '../../../wire/sample.ts';
import { BucketRows } from './bucket-rows.ts';
import { STATISTICS } from './statistic.ts';

const DAY_END_MS = 86_399_999;
const BUCKET_MS = 300_000;
const STALE = 'stale';

type Sample = readonly [atMs: number, value: number | typeof STALE];

function rowsOf(samples: readonly Sample[]): Record<string, unknown>[] {
  const values = Float64Array.from(samples, ([, value]) => (value === STALE ? 0 : value));
  samples.forEach(([, value], i) => value === STALE && putStale(values, i));
  const rows = new BucketRows(BUCKET_MS, DAY_END_MS);
  rows.take(
    Float64Array.from(samples, ([atMs]) => atMs),
    values,
  );
  return Array.from(rows.timesMs, (atMs, i) => {
    const told = STATISTICS.map((statistic) => {
      const column = rows.valuesOf(statistic);
      return [statistic, isStale(column, i) ? STALE : column[i]];
    });
    return { atMs, ...Object.fromEntries(told) };
  });
}

const marker = Object.fromEntries(STATISTICS.map((statistic) => [statistic, STALE]));

test.each<[string, Sample[], unknown[]]>([
  [
    'is open on its left, and told at its end',
    [
      [300_000, 1],
      [300_001, 4],
      [450_000, 3],
      [600_000, 5],
      [600_001, 7],
    ],
    [
      { atMs: 300_000, first: 1, min: 1, max: 1, last: 1, sum: 1, count: 1 },
      { atMs: 600_000, first: 4, min: 3, max: 5, last: 5, sum: 12, count: 3 },
      { atMs: 900_000, first: 7, min: 7, max: 7, last: 7, sum: 7, count: 1 },
    ],
  ],
  [
    'that ends with a marker has it at its end, and what it has before it',
    [
      [300_001, 2],
      [500_000, STALE],
      [700_000, STALE],
      [1_000_000, STALE],
      [1_100_000, 6],
    ],
    [
      { atMs: 599_999, first: 2, min: 2, max: 2, last: 2, sum: 2, count: 1 },
      { atMs: 600_000, ...marker },
      { atMs: 900_000, ...marker },
      { atMs: 1_200_000, first: 6, min: 6, max: 6, last: 6, sum: 6, count: 1 },
    ],
  ],
  [
    'at the borders of the day stays in the day',
    [
      [0, 1],
      [86_100_001, 2],
      [86_399_999, STALE],
    ],
    [
      { atMs: 0, first: 1, min: 1, max: 1, last: 1, sum: 1, count: 1 },
      { atMs: 86_399_998, first: 2, min: 2, max: 2, last: 2, sum: 2, count: 1 },
      { atMs: 86_399_999, ...marker },
    ],
  ],
  [
    'has a NaN as its least and greatest only when it has nothing else',
    [
      [1, NaN],
      [2, 3],
      [3, NaN],
      [300_001, NaN],
    ],
    [
      { atMs: 300_000, first: NaN, min: 3, max: 3, last: NaN, sum: NaN, count: 3 },
      { atMs: 600_000, first: NaN, min: NaN, max: NaN, last: NaN, sum: NaN, count: 1 },
    ],
  ],
  [
    'sums infinities, and small numbers beside large ones',
    [
      [1, Infinity],
      [2, 1],
      [300_001, 1e16],
      [300_002, 1],
      [300_003, 1],
    ],
    [
      { atMs: 300_000, first: Infinity, min: 1, max: Infinity, last: 1, sum: Infinity, count: 2 },
      { atMs: 600_000, first: 1e16, min: 1, max: 1e16, last: 1, sum: 1e16 + 2, count: 3 },
    ],
  ],
])('a bucket %s', (_name, samples, rows) => {
  expect(rowsOf(samples)).toEqual(rows);
});

test('every sample counts once, in the bucket that it is in', () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: DAY_END_MS }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(times, fc.infiniteStream(fc.integer({ min: -9, max: 9 })), (unsorted, some) => {
      const samples = unsorted
        .sort((a, b) => a - b)
        .map((atMs): Sample => [atMs, some.next().value as number]);
      const rows = rowsOf(samples) as { atMs: number; sum: number; count: number }[];
      const bucketOf = (atMs: number): number => Math.ceil(atMs / BUCKET_MS);
      for (const { atMs, sum, count } of rows) {
        const within = samples.filter(([at]) => bucketOf(at) === bucketOf(atMs));
        expect(count).toBe(within.length);
        expect(sum).toBe(within.reduce((total, [, value]) => total + Number(value), 0));
      }
      expect(rows.reduce((total, { count }) => total + count, 0)).toBe(samples.length);
    }),
  );
});
