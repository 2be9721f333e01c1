import { describe, expect, test } from 'vitest';

import { readHistogram as read } from '../fakes/histograms.ts';
import { equals, isReset } from './compare.ts';

describe('was the counter set back', () => {
  test.each([
    ['nothing changed', 'count:3 buckets:[1 2]', 'count:3 buckets:[1 2]', false],
    ['all grew', 'count:3 buckets:[1 2]', 'count:5 buckets:[2 3]', false],
    ['the count fell', 'count:3', 'count:2', true],
    ['one bucket fell', 'count:3 buckets:[1 2]', 'count:4 buckets:[3 1]', true],
    ['one bucket vanished', 'count:3 buckets:[1 2]', 'count:4 buckets:[4]', true],
    ['a negative bucket fell', 'count:3 n_buckets:[1 2]', 'count:4 n_buckets:[0 4]', true],
    ['the zero bucket fell', 'count:3 z_bucket:3', 'count:4 z_bucket:2 buckets:[2]', true],
    ['a finer resolution', 'count:3 buckets:[3]', 'schema:1 count:3 buckets:[3]', true],
    ['a lower resolution', 'schema:1 count:3 buckets:[1 1 1]', 'count:3 buckets:[1 2]', false],
    ['a lower resolution, and it fell', 'schema:1 count:3 buckets:[0 1 2]', 'count:3 buckets:[1 2]', true],
    ['a wider zero bucket', 'count:3 buckets:[3] z_bucket_w:0.5', 'count:3 z_bucket:3 z_bucket_w:1', false],
    [
      'a zero bucket that cuts one',
      'count:3 buckets:[3] z_bucket_w:0.5',
      'count:3 z_bucket:3 z_bucket_w:0.7',
      true,
    ],
    ['a narrower zero bucket', 'count:3 z_bucket_w:1', 'count:3 z_bucket_w:0.5', true],
    ['the hint says so', 'count:3', 'count:5 counter_reset_hint:reset', true],
    ['the hint says no', 'count:3', 'count:2 counter_reset_hint:not_reset', false],
    ['custom buckets now', 'count:3', 'schema:-53 count:5 custom_values:[1]', true],
    [
      'other custom bounds',
      'schema:-53 count:5 custom_values:[1 2] buckets:[2 2 1]',
      'schema:-53 count:6 custom_values:[2 3] buckets:[4 1 1]',
      false,
    ],
    [
      'other custom bounds, and it fell',
      'schema:-53 count:5 custom_values:[1 2] buckets:[2 2 1]',
      'schema:-53 count:6 custom_values:[2 3] buckets:[3 2 1]',
      true,
    ],
  ])('%s', (_, before, now, want) => {
    expect(isReset(read(now), read(before))).toBe(want);
  });
});

test.each([
  ['count:3 buckets:[1 2]', 'count:3 buckets:[1 2 0]', true],
  ['count:3 sum:NaN', 'count:3 sum:NaN', true],
  ['count:3 counter_reset_hint:gauge', 'count:3', true],
  ['count:3 buckets:[1 2]', 'count:3 buckets:[2 1]', false],
  ['count:3', 'count:3 z_bucket_w:1', false],
  ['schema:-53 custom_values:[1]', 'schema:-53 custom_values:[2]', false],
])('%s and %s are equal: %s', (a, b, want) => {
  expect(equals(read(a), read(b))).toBe(want);
});
