import { expect, test } from 'vitest';

import { compareNaturally } from './natural-order.ts';

test.each([
  ['a2', 'a10', -1],
  ['a10', 'a2', 1],
  ['10', '9', 1],
  ['', 'a', -1],
  ['4m5', '4m1000', -1],
  ['4m600', '4m1000', -1],
  ['4.1', '4', 1],
  ['01', '1', 0],
  ['99999999999999999999', '100000000000000000000', -1],
  ['b', 'a10', 1],
])('%s and %s', (a, b, want) => {
  expect(Math.sign(compareNaturally(a, b))).toBe(want);
});
