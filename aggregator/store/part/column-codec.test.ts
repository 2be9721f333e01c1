import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { decodeColumn, decodeTimes, encodeColumn, encodeTimes } from './column-codec.ts';

function hex(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

const anyBits = fc
  .array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 40 })
  .map((words) => new Float64Array(new BigUint64Array(words).buffer));
const decimals = fc
  .array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 40 })
  .map((pairs) => Float64Array.from(pairs, ([m, places]) => m / 10 ** places));
const counter = fc
  .tuple(
    fc.integer({ min: 0, max: 2 ** 45 }),
    fc.integer({ min: 0, max: 2 ** 30 }),
    fc.integer({ min: 1, max: 40 }),
  )
  .map(([first, step, rows]) => Float64Array.from({ length: rows }, (_, i) => first + i * step));
const odd = fc
  .array(fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e300, 5e-324, 0.1, 2 ** 53), {
    minLength: 1,
    maxLength: 40,
  })
  .map((list) => Float64Array.from(list));

test('a column comes back bit for bit', () => {
  fc.assert(
    fc.property(fc.oneof(anyBits, decimals, counter, odd), (values) => {
      const out = new ByteWriter();
      encodeColumn(out, values);
      // Into the middle of a buffer that has more room.
      const into = new Float64Array(values.length + 3).fill(7);
      decodeColumn(out.bytes(), values.length, into.subarray(2));
      expect(hex(into.subarray(2, -1))).toBe(hex(values));
      expect([into[0], into[1], into.at(-1)]).toEqual([7, 7, 7]);
    }),
  );
});

test('times come back', () => {
  const list = fc.array(fc.integer({ min: 0, max: 2 ** 44 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(list, (times) => {
      const out = new ByteWriter();
      encodeTimes(out, Float64Array.from(times));
      const into = new Float64Array(times.length);
      decodeTimes(out.bytes(), times.length, into);
      expect([...into]).toEqual(times);
    }),
  );
});

test('steady counters take two bytes a sample at most', () => {
  const out = new ByteWriter();
  encodeColumn(
    out,
    Float64Array.from({ length: 180 }, (_, i) => 1e6 + i * 4096),
  );
  expect(out.length).toBeLessThan(180 * 2 + 20);
});

test('random bytes throw a fault and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(40), (bytes, rows) => {
      try {
        decodeColumn(bytes, rows, new Float64Array(rows));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }),
  );
});
