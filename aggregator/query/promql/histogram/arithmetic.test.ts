import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { NativeHistogram } from '../../../store/native-histogram.ts';
import { readHistogram as read } from '../fakes/histograms.ts';
import { add, divide, INCOMPATIBLE, multiply, subtract, total } from './arithmetic.ts';
import { exponentialBound } from './buckets.ts';
import { equals } from './compare.ts';
import { printHistogram } from './print.ts';

describe('sums', () => {
  test.each([
    [
      'equal layouts',
      'count:3 sum:4 buckets:[1 2]',
      'count:1 sum:2 buckets:[0 1]',
      'count:4 sum:6 buckets:[1 3]',
    ],
    [
      'the lower resolution',
      'schema:1 count:10 buckets:[1 2 3 4]',
      'count:3 buckets:[1 2]',
      'count:13 buckets:[2 7 4]',
    ],
    [
      'the wider zero bucket takes in what it covers',
      'count:7 z_bucket:1 z_bucket_w:0.5 buckets:[2 4]',
      'count:3 z_bucket:1 z_bucket_w:1 buckets:[0 2]',
      'count:10 z_bucket:4 z_bucket_w:1 buckets:[0 6]',
    ],
    [
      'a bucket that would be cut is taken in whole',
      'count:6 z_bucket:1 z_bucket_w:0.5 buckets:[2 3]',
      'count:1 z_bucket:1 z_bucket_w:1.5',
      'count:7 z_bucket:7 z_bucket_w:2',
    ],
    [
      'negative buckets cut widen it, too',
      'count:6 z_bucket:1 z_bucket_w:0.5 n_buckets:[2 3]',
      'count:2 z_bucket:1 z_bucket_w:1.5 buckets:[0 1]',
      'count:8 z_bucket:8 z_bucket_w:2',
    ],
    [
      'custom bounds that both have',
      'schema:-53 count:6 custom_values:[1 2 3] buckets:[1 2 2 1]',
      'schema:-53 count:5 custom_values:[1 3 4] buckets:[1 1 1 2]',
      'schema:-53 count:11 custom_values:[1 3] buckets:[2 5 4]',
    ],
    ['a gauge stays one', 'count:1 counter_reset_hint:gauge', 'count:1', 'count:2 counter_reset_hint:gauge'],
  ])('%s', (_, left, right, want) => {
    expect(add(read(left), read(right))?.histogram).toEqual(read(want));
    expect(add(read(right), read(left))?.histogram).toEqual(read(want));
  });

  test('of exponential and custom buckets there is none', () => {
    const [custom, exponential] = [read('schema:-53 count:1 custom_values:[1] buckets:[1]'), read('count:1')];
    expect(add(custom, exponential)).toBeUndefined();
    expect(total([exponential, custom], false)).toBe(INCOMPATIBLE);
  });

  test('bounds that had to be reconciled and hints that contradict each other are told', () => {
    const [a, b] = ['[1 2]', '[1 3]'].map((bounds) => read(`schema:-53 custom_values:${bounds}`));
    expect(add(a as NativeHistogram, b as NativeHistogram)).toMatchObject({ reconciled: true });
    expect(add(a as NativeHistogram, a as NativeHistogram)).toMatchObject({ reconciled: false });
    const [reset, not] = ['reset', 'not_reset'].map((hint) => read(`counter_reset_hint:${hint}`));
    expect(add(reset as NativeHistogram, not as NativeHistogram)).toMatchObject({ conflicting: true });
    expect(add(not as NativeHistogram, read(''))).toMatchObject({ conflicting: false });
  });

  test('rounding errors are carried along, and the mean of huge sums is none too large', () => {
    const sums = ['1e100', '1', '-1e100'].map((sum) => read(`sum:${sum} count:1`));
    expect(total(sums, false)).toMatchObject({ histogram: { sum: 1, count: 3 } });
    const huge = [read('sum:1.5e308 count:1'), read('sum:1.5e308 count:1')];
    expect(total(huge, true)).toMatchObject({ histogram: { sum: 1.5e308, count: 1 } });
  });

  const histogram = fc
    .record({
      schema: fc.integer({ min: -4, max: 8 }),
      width: fc.constantFrom(0, 0.001, 1, 3),
      zero: fc.nat(9),
      offset: fc.integer({ min: -20, max: 20 }),
      counts: fc.array(fc.nat(9), { maxLength: 20 }),
      negative: fc.array(fc.nat(9), { maxLength: 20 }),
    })
    .map(({ schema, width, zero, offset, ...all }) => {
      // What lies inside of the zero bucket is counted there.
      const outside = (one: number, i: number): number =>
        exponentialBound(offset + i, schema) <= width ? 0 : one;
      const [counts, negative] = [all.counts.map(outside), all.negative.map(outside)];
      const count = zero + [...counts, ...negative].reduce((sum, one) => sum + one, 0);
      const buckets = `offset:${offset} buckets:[${counts.join(' ')}] n_offset:${offset} n_buckets:[${negative.join(' ')}]`;
      return read(
        `schema:${schema} count:${count} sum:${count} z_bucket:${zero} z_bucket_w:${width} ${buckets}`,
      );
    });
  const populationOf = ({ zeroCount, positive, negative }: NativeHistogram): number =>
    [...positive, ...negative].reduce((sum, [, count]) => sum + count, zeroCount);

  test('no observation is lost, the order does not matter, and what was added can be taken off', () => {
    fc.assert(
      fc.property(histogram, histogram, (a, b) => {
        const [ab, ba] = [add(a, b)?.histogram, add(b, a)?.histogram] as [NativeHistogram, NativeHistogram];
        expect(populationOf(ab)).toBe(a.count + b.count);
        expect(equals(ab, ba)).toBe(true);
        const left = subtract(ab, b)?.histogram as NativeHistogram;
        expect(populationOf(left)).toBe(a.count);
        expect(subtract(a, a)?.histogram).toMatchObject({
          count: 0,
          zeroCount: 0,
          positive: [],
          negative: [],
        });
      }),
    );
  });
});

test('multiples and parts', () => {
  const histogram = read('count:3 sum:4 z_bucket:1 buckets:[1 1]');
  expect(multiply(histogram, 2)).toEqual(read('count:6 sum:8 z_bucket:2 buckets:[2 2]'));
  expect(multiply(histogram, -1)).toMatchObject({ count: -3, resetHint: 3 });
  expect(divide(histogram, 2)).toEqual(read('count:1.5 sum:2 z_bucket:0.5 buckets:[0.5 0.5]'));
  expect(divide(histogram, 0)).toMatchObject({ count: Infinity, positive: [] });
});

test('as text', () => {
  const text =
    'schema:0 count:20 sum:10 z_bucket:2 z_bucket_w:0.001 buckets:[1 2] n_buckets:[1 2] n_offset:0';
  expect(printHistogram(read(text))).toBe(
    '{count:20, sum:10, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:2, (0.5,1]:1, (1,2]:2}',
  );
  const custom = 'schema:-53 count:1e+06 sum:0.5 custom_values:[1e-05 2] buckets:[1 2 1234567]';
  expect(printHistogram(read(custom))).toBe(
    '{count:1e+06, sum:0.5, [-Inf,1e-05]:1, (1e-05,2]:2, (2,+Inf]:1.234567e+06}',
  );
});
