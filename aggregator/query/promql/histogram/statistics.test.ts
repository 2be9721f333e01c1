import { describe, expect, test } from 'vitest';

import { readHistogram as read } from '../fakes/histograms.ts';
import { exponentialBound } from './buckets.ts';
import { fractionOf, quantileOf, variance } from './statistics.ts';

const POSITIVE = 'count:12 sum:100 z_bucket:2 z_bucket_w:0.5 offset:1 buckets:[2 4 4]';

function expectClose(got: number, want: number): void {
  if (Number.isFinite(want)) expect(got).toBeCloseTo(want, 12);
  else expect(got).toBe(want);
}

describe('quantiles', () => {
  test.each([
    ['in the zero bucket of positives', POSITIVE, 1 / 12, 0.25],
    ['on a logarithmic scale', POSITIVE, 0.5, 2 ** 1.5],
    ['the end', POSITIVE, 1, 8],
    ['below', POSITIVE, -0.1, -Infinity],
    ['above', POSITIVE, 1.1, Infinity],
    ['of no observations', 'count:0', 0.5, NaN],
    ['in negatives', 'count:4 sum:-5 offset:1 n_buckets:[0 4]', 0.5, -(2 ** 0.5)],
    [
      'in a zero bucket between both',
      'count:6 z_bucket:4 z_bucket_w:1 offset:1 buckets:[1] n_offset:1 n_buckets:[1]',
      0.5,
      0,
    ],
    ['in custom buckets', 'schema:-53 count:4 sum:5 custom_values:[2 4] buckets:[2 2]', 0.75, 3],
    ['in the first custom bucket', 'schema:-53 count:4 custom_values:[2 4] buckets:[4]', 0.5, 1],
    ['in a first custom bucket below zero', 'schema:-53 count:4 custom_values:[-2 4] buckets:[4]', 0.5, -2],
    ['in the last custom bucket', 'schema:-53 count:4 custom_values:[2 4] buckets:[0 0 4]', 0.5, 4],
  ])('%s', (_, text, q, want) => {
    expectClose(quantileOf(q, read(text)).value, want);
  });

  test.each([
    [0.5, { value: 2, remark: 'skewed' }],
    [0.9, { value: NaN, remark: 'none' }],
  ])('%s of observations that are NaN in part', (q, want) => {
    expect(quantileOf(q, read('count:4 sum:NaN offset:1 buckets:[2]'))).toEqual(want);
  });
});

describe('fractions', () => {
  test.each([
    [POSITIVE, 0, 8, 1],
    [POSITIVE, 1, 2, 2 / 12],
    [POSITIVE, 2, 2 ** 1.5, 2 / 12],
    [POSITIVE, 2, 2, 0],
    [POSITIVE, -Infinity, Infinity, 1],
    [POSITIVE, NaN, 1, NaN],
    ['count:0', 0, 1, NaN],
    ['schema:-53 count:4 custom_values:[2 4] buckets:[2 2]', 1, 3, 0.5],
    ['schema:-53 count:4 custom_values:[2 4] buckets:[0 2 2]', 3, Infinity, 0.75],
  ])('%s from %s to %s: %s', (text, lower, upper, want) => {
    expectClose(fractionOf(lower, upper, read(text)).value, want);
  });

  test('NaN lies nowhere', () => {
    const got = fractionOf(-Infinity, Infinity, read('count:4 sum:NaN buckets:[2]'));
    expect(got).toEqual({ value: 0.5, remark: 'excluded' });
  });
});

test.each([
  ['count:2 sum:6 offset:1 buckets:[1 0 1]', ((2 ** 0.5 - 3) ** 2 + (2 ** 2.5 - 3) ** 2) / 2],
  ['count:2 sum:0 z_bucket:2 z_bucket_w:1', 0],
  ['schema:-53 count:2 sum:4 custom_values:[0 2 4] buckets:[0 1 1]', 1],
])('variance of %s', (text, want) => {
  expect(variance(read(text))).toBeCloseTo(want, 12);
});

test.each([
  [0, 0, 1],
  [1, 1, 2 ** 0.5],
  [-4, 3, 2 ** -0.5],
  [64, -4, Number.MAX_VALUE],
  [1024, 0, Number.MAX_VALUE],
  [1025, 0, Infinity],
  [-1074, 0, 5e-324],
])('bound %s of schema %s', (index, schema, want) => {
  expect(exponentialBound(index, schema)).toBe(want);
});
