import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { decodeChunk, encodeChunk, type Chunk } from './chunk-codec.ts';

function encode(chunk: Chunk): Uint8Array {
  const out = new ByteWriter();
  encodeChunk(out, new ByteWriter(), chunk);
  return out.bytes().slice();
}

function hex(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

function columnOf(rows: number): fc.Arbitrary<Float64Array> {
  const anyBits = fc
    .array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: rows, maxLength: rows })
    .map((words) => new Float64Array(new BigUint64Array(words).buffer));
  const decimals = fc
    .array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 })), { minLength: rows, maxLength: rows })
    .map((pairs) => Float64Array.from(pairs, ([m, places]) => m / 10 ** places));
  const counter = fc
    .tuple(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 0, max: 2 ** 30 }))
    .map(([first, step]) => Float64Array.from({ length: rows }, (_, i) => first + i * step));
  const odd = fc
    .array(fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e300, 5e-324, 0.1, 2 ** 53), {
      minLength: rows,
      maxLength: rows,
    })
    .map((list) => Float64Array.from(list));
  return fc.oneof(anyBits, decimals, counter, odd);
}

const chunks = fc.integer({ min: 1, max: 40 }).chain((rows) =>
  fc.record({
    timestampsMs: fc
      .array(fc.integer({ min: 0, max: 2 ** 44 }), { minLength: rows, maxLength: rows })
      .map((list) => Float64Array.from(list)),
    columns: fc.array(columnOf(rows), { minLength: 1, maxLength: 5 }),
  }),
);

describe('a chunk', () => {
  test('comes back bit for bit', () => {
    fc.assert(
      fc.property(chunks, (chunk) => {
        const back = decodeChunk(encode(chunk), [...chunk.columns.keys()]);
        expect(hex(back.timestampsMs)).toBe(hex(chunk.timestampsMs));
        expect(back.columns.map(hex)).toEqual(chunk.columns.map(hex));
      }),
    );
  });

  test('gives only the columns that are asked for', () => {
    const columns = [Float64Array.of(1, 2), Float64Array.of(3, 4), Float64Array.of(5, 6)];
    const bytes = encode({ timestampsMs: Float64Array.of(10, 20), columns });
    expect(decodeChunk(bytes, [2, 0]).columns.map((column) => [...column])).toEqual([
      [5, 6],
      [1, 2],
    ]);
  });

  test('takes a few bits a sample for steady counters at a steady pace', () => {
    const rows = 180;
    const timestampsMs = Float64Array.from({ length: rows }, (_, i) => 1_700_000_000_000 + i * 5000);
    const columns = [Float64Array.from({ length: rows }, (_, i) => 1e6 + i * 4096)];
    expect(encode({ timestampsMs, columns }).length).toBeLessThan(rows * 2 + 40);
  });

  test('random bytes throw a fault and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          decodeChunk(bytes, [0]);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
        }
      }),
    );
  });
});
