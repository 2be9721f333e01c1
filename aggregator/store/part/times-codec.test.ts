import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { zstdCompress } from '../../../lib/zstd.ts';
import { decodeTimes, encodeTimes } from './times-codec.ts';

const START_MS = 1_768_003_200_000;

function encode(times: Float64Array): Uint8Array {
  const out = new ByteWriter();
  encodeTimes(out, times);
  return out.bytes();
}

/** Numbers below 8 that look random. */
const jitter = (row: number): number => ((Math.imul(row, 2_654_435_761) >>> 16) * 7919) % 8;

describe('times', () => {
  test('come back', () => {
    const steps = fc.oneof(
      fc.array(fc.integer({ min: 1, max: 100 })),
      fc.array(fc.integer({ min: 14_990, max: 15_010 })),
      fc.array(fc.integer({ min: 1, max: 2 ** 40 })),
    );
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 44), max: 2 ** 44 }), steps, (first, list) => {
        let time = first;
        const times = Float64Array.from([0, ...list], (step) => (time += step));
        const into = new Float64Array(times.length + 2).subarray(1, -1);
        decodeTimes(encode(times), into);
        expect([...into]).toEqual([...times]);
      }),
    );
  });

  test.each([
    ['at an even pace', (row: number): number => 15_000 * row, 60],
    ['with a gap', (row: number): number => 15_000 * row + (row > 300 ? 600_000 : 0), 90],
    // 3 bits a row.
    ['that stray a little', (row: number): number => 15_000 * row + jitter(row), 60 + 0.55 * 960],
  ])('%s take few bytes', (_, offsetMs, bytes) => {
    const times = Float64Array.from({ length: 960 }, (__, row) => START_MS + offsetMs(row));
    expect(zstdCompress(encode(times)).length).toBeLessThan(bytes);
  });

  test('that do not rise, or are others, are damage', () => {
    const bytes = encode(Float64Array.of(10, 20, 20));
    expect(() => decodeTimes(bytes, new Float64Array(3))).toThrow('20 ms in row 2 comes 0 ms after');
    const two = encode(Float64Array.of(10, 20));
    expect(() => decodeTimes(two, new Float64Array(1))).toThrow('left over');
    expect(() => decodeTimes(two, new Float64Array(3))).toThrow('are needed');
  });

  test('in random bytes are a fault and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (bytes, rows) => {
        try {
          decodeTimes(bytes, new Float64Array(rows));
        } catch (thrown) {
          expect((thrown as Fault).code).toBe('damaged');
        }
      }),
    );
  });
});
