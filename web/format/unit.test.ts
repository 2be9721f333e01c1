import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatSeconds, formatValue } from './unit.ts';
import type { Unit } from './unit.ts';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('formatValue', () => {
  test.each<[number | null, Unit, string]>([
    [0.1234, 'ratio', '12.3 %'],
    [1, 'ratio', '100 %'],
    [0.00042, 'ratio', '0.04 %'],
    [0, 'bytes', '0 B'],
    [1023, 'bytes', '1023 B'],
    [1000, 'bytes', '1000 B'],
    [1536, 'bytes', '1.5 KiB'],
    [24 * 1024 ** 3, 'bytes', '24 GiB'],
    [1024 ** 2 - 1, 'bytes', '1 MiB'],
    [-2048, 'bytes-per-second', '−2 KiB/s'],
    [1.5, 'cores', '1.5'],
    [1234, 'number', '1.23 k'],
    [0.0032, 'number', '0.0032'],
    [0.000_008_21, 'number', '8.2e-6'],
    [12, 'per-second', '12/s'],
    [0.0005, 'seconds', '500 µs'],
    [250, 'seconds', '4 min 10 s'],
    [null, 'bytes', '–'],
    [Number.NaN, 'number', '–'],
    [Number.POSITIVE_INFINITY, 'number', '∞'],
    [Number.NEGATIVE_INFINITY, 'ratio', '−∞'],
  ])('%s as %s is %s', (value, unit, text) => {
    expect(plain(formatValue(value, unit))).toBe(text);
  });

  test('is short and never says NaN for any number', () => {
    const units: Unit[] = ['ratio', 'bytes', 'bytes-per-second', 'seconds', 'cores', 'per-second', 'number'];
    fc.assert(
      fc.property(fc.double(), fc.constantFrom(...units), (value, unit) => {
        const text = formatValue(value, unit);
        expect(text).not.toMatch(/NaN|undefined|Infinity/);
        if (Math.abs(value) < 1e12) expect(text.length).toBeLessThanOrEqual(16);
      }),
    );
  });
});

test.each([
  [0, '0 s'],
  [1e-9, '1 ns'],
  [59.94, '59.9 s'],
  [60, '1 min'],
  [3600, '1 h'],
  [3661, '1 h 1 min'],
  [100_000, '1 d 3 h'],
])('formatSeconds(%s) is %s', (seconds, text) => {
  expect(plain(formatSeconds(seconds))).toBe(text);
});
