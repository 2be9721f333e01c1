import { zstdDecompressSync } from 'node:zlib';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteReader } from '../../../lib/byte-reader.ts';
import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { zstdCompress } from '../../../lib/zstd.ts';
import { FrameEncoder } from './frame-encoder.ts';
import { FrameReader } from './frame-reader.ts';

const ROWS = 100;

/** One column of each kind: constant, raw, whole, references, bits with exceptions. */
function frame(): Uint8Array {
  const encoder = new FrameEncoder();
  const add = (valueOf: (row: number) => number): void =>
    encoder.add(Float64Array.from({ length: ROWS }, (_, row) => valueOf(row)));
  add(() => 0.25);
  add((row) => (-1) ** row * 10 ** (row * 3));
  for (const factor of [1, 2, 3]) add((row) => Math.round(1e6 * Math.sin(row)) + row * factor);
  add((row) => (row === 50 ? NaN : Math.sqrt(row + 1)));
  add((row) => 1e-3 * (1000 + row * row));
  return encoder.finish();
}

/** The frame with other bytes in its fields, which its checksum would else tell of. */
function withOtherFields(bytes: Uint8Array, changes: readonly [at: number, byte: number][]): Uint8Array {
  const reader = new ByteReader(bytes);
  const columns = reader.uvarint();
  const length = reader.uvarint();
  const fields = zstdDecompressSync(reader.block());
  for (const [at, byte] of changes) fields[at % length] = byte;
  const out = new ByteWriter();
  out.uvarint(columns);
  out.uvarint(length);
  out.block(zstdCompress(fields));
  out.raw(reader.raw(reader.remaining));
  return out.bytes();
}

test('fields that no encoder wrote are a fault or give other values', () => {
  const bytes = frame();
  const into = new Float64Array(ROWS);
  const outcomes = { faults: 0, values: 0 };
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }), (changes) => {
      try {
        const reader = new FrameReader(withOtherFields(bytes, changes));
        for (let column = 0; column < reader.columns; column++) reader.decode(column, into);
        outcomes.values++;
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
        expect((thrown as Fault).code).toBe('damaged');
        outcomes.faults++;
      }
    }),
    { numRuns: 2000 },
  );
  expect(outcomes.faults).toBeGreaterThan(100);
  expect(outcomes.values).toBeGreaterThan(20);
});
