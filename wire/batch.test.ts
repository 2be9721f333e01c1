import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../lib/fault.ts';
import { labelsFrom } from './labels.ts';
import { decodeBatch, decodeSchemas, encodeBatch, encodeSchemas, readBatchId } from './batch.ts';
import { encodeSchema, schemaHash } from './schema.ts';
import { putStale } from './sample.ts';

const MIB = 1024 * 1024;
const HASH = 'a1b2c3d4e5f60718';

/** Doubles of every bit pattern, NaN payloads included. */
const bits = fc
  .array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 40 })
  .map((words) => new Float64Array(new BigUint64Array(words).buffer));
const decimals = fc
  .array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 6 })), { maxLength: 40 })
  .map((pairs) => Float64Array.from(pairs, ([mantissa, places]) => mantissa / 10 ** places));

function bytesOf(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('a batch', () => {
  test('comes back bit for bit, whatever the values', () => {
    const frame = fc.record({
      schema: fc.constant(HASH),
      atMs: fc.integer({ min: 0, max: 2 ** 45 }),
      values: fc.oneof(bits, decimals),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 5 }),
        fc.integer({ min: 1, max: 2 ** 40 }),
        (frames, sequence) => {
          const batch = { agent: 'f3d0', epoch: 1_700_000_000_000, sequence, frames, logs: [] };
          const back = decodeBatch(encodeBatch(batch), MIB);
          expect({ ...back, frames: [] }).toEqual({ ...batch, frames: [] });
          expect(back.frames.map((f) => [f.atMs, bytesOf(f.values)])).toEqual(
            frames.map((f) => [f.atMs, bytesOf(f.values)]),
          );
        },
      ),
    );
  });

  test('keeps the staleness marker', () => {
    const values = new Float64Array(2);
    putStale(values, 1);
    const batch = { agent: 'a', epoch: 1, sequence: 1, frames: [{ schema: HASH, atMs: 5, values }] };
    expect(bytesOf(decodeBatch(encodeBatch(batch), MIB).frames[0]!.values)).toBe(bytesOf(values));
  });

  test('every flipped bit and every cut is found', () => {
    const bytes = encodeBatch({
      agent: 'agent-1',
      epoch: 1,
      sequence: 7,
      frames: [{ schema: HASH, atMs: 5, values: Float64Array.of(1, 2.5, NaN) }],
    });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const broken = bytes.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      expect(['malformed', 'unsupported_version']).toContain(faultOf(() => decodeBatch(broken, MIB)).code);
      expect(['malformed', 'unsupported_version']).toContain(faultOf(() => readBatchId(broken)).code);
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(faultOf(() => decodeBatch(bytes.subarray(0, length), MIB)).code).toMatch(
        /malformed|unsupported/,
      );
    }
  });

  test('a body that unpacks to more than the limit is refused by its size', () => {
    const bytes = encodeBatch({
      agent: 'a',
      epoch: 1,
      sequence: 1,
      frames: [{ schema: HASH, atMs: 5, values: new Float64Array(100_000) }],
    });
    expect(bytes.length).toBeLessThan(1000);
    expect(faultOf(() => decodeBatch(bytes, 10_000))).toMatchObject({ code: 'too_large' });
  });

  test('random bytes throw a fault and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        faultOf(() => decodeBatch(bytes, MIB));
        faultOf(() => decodeSchemas(bytes, MIB));
      }),
    );
  });

  test('a newer version names itself', () => {
    const bytes = encodeBatch({ agent: 'a', epoch: 1, sequence: 1, frames: [] });
    bytes[4] = 9;
    expect(faultOf(() => readBatchId(bytes)).message).toMatch(/version 9.*1 to 1.*upgrade/);
  });
});

describe('schemas', () => {
  const text = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' });
  const labels = fc.dictionary(text, text, { minKeys: 1, maxKeys: 6 }).map(labelsFrom);

  test('come back with the hash that names them', () => {
    fc.assert(
      fc.property(fc.array(fc.array(labels, { maxLength: 8 }), { maxLength: 4 }), (schemas) => {
        const back = decodeSchemas(encodeSchemas(schemas), MIB);
        expect(back.map((s) => s.series)).toEqual(schemas);
        expect(back.map((s) => s.hash)).toEqual(schemas.map((s) => schemaHash(encodeSchema(s))));
      }),
    );
  });

  test.each([
    ['unsorted names', ['b', '1', 'a', '2'], /"a" comes after "b"/],
    ['a name twice', ['a', '1', 'a', '2'], /"a" comes after "a"/],
    ['an empty value', ['a', ''], /"a" is empty/],
    ['no labels', [], /without labels/],
  ])('%s are refused', (_what, series, message) => {
    expect(faultOf(() => decodeSchemas(encodeSchemas([[series]]), MIB)).message).toMatch(message);
  });
});
