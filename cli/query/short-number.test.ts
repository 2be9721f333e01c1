import { expect, test } from 'vitest';

import { shortNumber } from './short-number.ts';

test.each([
  [0, '0'],
  [1, '1'],
  [-1.23456, '-1.235'],
  [999.94, '999.9'],
  [999.99, '1k'],
  [1234.5, '1.234k'],
  [-15_000_000, '-15M'],
  [1e21, '1.00e+21'],
  [0.0123456, '0.01235'],
  [0.00000123, '1.23e-6'],
  [Infinity, '+Inf'],
  [NaN, 'NaN'],
])('%d is %s', (value, text) => {
  expect(shortNumber(value)).toBe(text);
});
