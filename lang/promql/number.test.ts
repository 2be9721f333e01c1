import fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatDuration, formatFloat, parseDuration, parseNumber } from './number.ts';

test.each([
  ['1', 1],
  ['1_000.5', 1000.5],
  ['0x1F', 31],
  ['010', 8],
  ['09', 9],
  ['2.', 2],
  ['.5e1', 5],
  ['1h30m', 5400],
  ['250ms', 0.25],
  ['1y2w', 365 * 86400 + 14 * 86400],
  ['iNf', Infinity],
  ['NaN', NaN],
  ['0x', undefined],
  ['1m1h', undefined],
  ['', undefined],
])('parseNumber(%s)', (text, want) => {
  expect(parseNumber(text)).toBe(want);
});

test.each([
  [1e21, '1000000000000000000000'],
  [1.5e-7, '0.00000015'],
  [-1.25e22, '-12500000000000000000000'],
  [0.1, '0.1'],
  [-0, '-0'],
  [NaN, 'NaN'],
  [-Infinity, '-Inf'],
  [5e-324, `0.${'0'.repeat(323)}5`],
])('formatFloat(%s)', (value, want) => {
  expect(formatFloat(value)).toBe(want);
});

test('formatFloat reads back as the same number, without an exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(formatFloat(value)).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Number(formatFloat(value))).toBe(value);
    }),
  );
});

test('durations print and read the same', () => {
  fc.assert(
    fc.property(fc.nat(4e12 / 1000), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
  expect(formatDuration(86_400_000)).toBe('1d');
  expect(formatDuration(90_000_000)).toBe('25h');
});
