import fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseAuxv, readKernelUnits } from './auxv.ts';

test('pages and clock ticks out of the pairs', () => {
  const words = new BigUint64Array([6n, 65536n, 17n, 250n, 0n, 0n]);
  expect(parseAuxv(new Uint8Array(words.buffer))).toEqual({ pageBytes: 65536, ticksPerSecond: 250 });
});

test('this machine tells them', () => {
  const units = readKernelUnits('/proc');
  expect([4096, 16384, 65536]).toContain(units.pageBytes);
  expect(units.ticksPerSecond).toBe(100);
});

test('where nothing is to be read, the usual units hold', () => {
  expect(readKernelUnits('/nonexistent')).toEqual({ pageBytes: 4096, ticksPerSecond: 100 });
});

test('any bytes give units', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const units = parseAuxv(bytes);
      expect(units.pageBytes).toBeGreaterThanOrEqual(4096);
      expect(units.ticksPerSecond).toBeGreaterThanOrEqual(1);
    }),
  );
});
