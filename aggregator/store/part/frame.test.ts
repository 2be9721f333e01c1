import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../../lib/fault.ts';
import { FrameEncoder } from './frame-encoder.ts';
import { FrameReader } from './frame-reader.ts';

function encode(...columns: readonly Float64Array[]): Uint8Array {
  const encoder = new FrameEncoder();
  for (const column of columns) encoder.add(column);
  return encoder.finish();
}

function decode(frame: FrameReader, column: number): Float64Array {
  // At an odd place of a larger buffer, as callers have it.
  const into = new Float64Array(frame.rows(column) + 3).fill(7).subarray(1, -2);
  frame.decode(column, into);
  return into;
}

function hex(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

function column(rows: number, valueOf: (row: number) => number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => valueOf(row));
}

/** Numbers below 1 that a seed alone decides. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Prometheus's staleness marker, a NaN with a payload. */
const STALE = new Float64Array(new BigUint64Array([0x7ff0_0000_0000_0002n]).buffer);

function withMarkers(values: Float64Array, rows: readonly number[]): Float64Array {
  const marked = new BigUint64Array(values.slice().buffer);
  const [marker] = new BigUint64Array(STALE.buffer);
  for (const row of rows) if (row < marked.length) marked[row] = marker as bigint;
  return new Float64Array(marked.buffer);
}

/** Columns of any values, and of those that the encoder has a way for. */
function columnsOf(rows: number): fc.Arbitrary<Float64Array> {
  const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(of, { minLength: rows, maxLength: rows });
  const anyBits = list(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(
    (words) => new Float64Array(new BigUint64Array(words).buffer),
  );
  const decimals = list(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 }))).map((pairs) =>
    Float64Array.from(pairs, ([integer, places]) => integer / 10 ** places),
  );
  const multiplied = fc
    .tuple(list(fc.integer({ min: -1000, max: 1e9 })), fc.constantFrom(1e-2, 1e-3, 1e-6, 1e-9))
    .map(([integers, unit]) => Float64Array.from(integers, (integer) => integer * unit));
  const twice = list(fc.integer({ min: 0, max: 1e12 })).map((list_) =>
    Float64Array.from(list_, (integer) => integer / 1000 / 1000),
  );
  const counter = fc
    .tuple(
      fc.integer({ min: 0, max: 2 ** 45 }),
      list(fc.nat(5)),
      fc.integer({ min: 1, max: 2 ** 30 }),
      fc.nat(rows),
    )
    .map(([first, steps, unit, reset]) => {
      let value = first;
      return Float64Array.from(steps, (step, row) => (value = row === reset ? 0 : value + step * unit));
    });
  const fewValues = list(fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e300, 5e-324, 0.1, 2 ** 53)).map(
    (few) => Float64Array.from(few),
  );
  const largest = list(fc.constantFrom(2 ** 51 - 1, 1 - 2 ** 51, 2 ** 51, 0, 2 ** 52 + 1)).map((few) =>
    Float64Array.from(few),
  );
  const floats = list(fc.float({ noNaN: true })).map((few) => Float64Array.from(few));
  const sums = list(fc.double({ min: 0, max: 1, noNaN: true })).map((few) => {
    let sum = 0;
    return Float64Array.from(few, (one) => (sum += one));
  });
  const kinds = fc.oneof(anyBits, decimals, multiplied, twice, counter, fewValues, largest, floats, sums);
  return fc
    .tuple(kinds, fc.array(fc.nat(rows)))
    .map(([values, rows_]) => (rows_.length > 3 ? withMarkers(values, rows_) : values));
}

const frames = fc
  .integer({ min: 1, max: 60 })
  .chain((rows) =>
    fc.array(fc.oneof(columnsOf(rows), columnsOf(rows), columnsOf(1)), { minLength: 1, maxLength: 8 }),
  );

describe('a frame of columns', () => {
  test('gives each column back bit for bit, in any order', () => {
    fc.assert(
      fc.property(frames, fc.infiniteStream(fc.nat(1000)), (columns, order) => {
        const frame = new FrameReader(encode(...columns));
        expect(frame.columns).toBe(columns.length);
        for (let reads = 0; reads < 2 * columns.length; reads++) {
          const number = reads < columns.length ? reads : (order.next().value as number) % columns.length;
          expect(hex(decode(frame, number))).toBe(hex(columns[number] as Float64Array));
        }
      }),
      { numRuns: 400 },
    );
  });

  test('gives long columns back, whatever lies between their segments', () => {
    const random = noise(1);
    const rows = 5760;
    let counter = 0;
    const columns = [
      column(rows, () => (counter += Math.floor(random() * 1e6))),
      column(rows, (row) => Math.floor(random() * 10 ** (row % 9)) / 1000),
      column(rows, () => random()),
      column(rows, (row) => (row % 1000 === 0 ? 1 : 0)),
      withMarkers(
        column(rows, (row) => row * 4096),
        [0, 17, 18, 511, 512, 513, rows - 1],
      ),
      withMarkers(
        column(rows, () => 1e-5 / random()),
        [0, 1, 900],
      ),
    ];
    const frame = new FrameReader(encode(...columns));
    for (const [number, values] of columns.entries()) expect(hex(decode(frame, number))).toBe(hex(values));
  });

  test('may be one of many that an encoder makes', () => {
    const encoder = new FrameEncoder();
    const columns = [
      column(300, (row) => row * row),
      column(300, (row) => row * row + 1),
      column(20, Math.sqrt),
    ];
    for (let round = 0; round < 3; round++) {
      for (const values of columns) encoder.add(values);
      expect([encoder.columns, encoder.values, encoder.isFull]).toEqual([3, 620, false]);
      const frame = new FrameReader(encoder.finish());
      for (const [number, values] of columns.entries()) expect(hex(decode(frame, number))).toBe(hex(values));
    }
    expect(new FrameReader(encoder.finish()).columns).toBe(0);
  });

  describe('takes few bytes', () => {
    const rows = 480;
    const random = noise(2);
    const small = (): number => Math.floor(random() * 8);
    const buckets = Array.from({ length: 12 }, () => new Float64Array(rows));
    for (let row = 1; row < rows; row++) {
      let below = 0;
      for (const [i, bucket] of buckets.entries()) {
        below += i === 3 ? Math.floor(random() * 1000) : i < 3 ? 0 : small() >> 2;
        bucket[row] = (bucket[row - 1] as number) + below;
      }
    }
    test.each([
      ['a steady counter', [column(rows, (row) => 1e9 + 4096 * row)], 90],
      ['a level', [column(rows, () => 0.25)], 80],
      // 3 bits a value, which is what 8 values have.
      ['pages', [column(rows, () => 1e9 + 4096 * small())], 90 + 200],
      ['pages as floats of 32 bits', [column(rows, () => 1e9 + 4096 * small() * 64)], 90 + 200],
      ['milliseconds told in seconds', [column(rows, (row) => (1e6 + 15 * row + small()) * 1e-3)], 90 + 200],
      [
        'microseconds told in seconds',
        [column(rows, (row) => (1e9 + 15 * row + small()) / 1e3 / 1e3)],
        90 + 200,
      ],
      // Each but the first has 1 bit a value or so, and no more the 10 that it has alone.
      ['buckets of one histogram', buckets, 90 + 600 + 11 * 80],
      // 29 of 52 bits are zero.
      ['floats of 32 bits', [column(rows, () => Math.fround(0.5 + random() / 2))], 90 + 3 * rows],
      ['an event now and then', [column(rows, (row) => Math.floor(row / 100))], 110],
    ])('%s', (_, columns, bytes) => {
      expect(encode(...columns).length).toBeLessThan(bytes);
    });

    test('no more than the values for what has no order', () => {
      const words = column(1000, () => 0);
      const bits = new Uint32Array(words.buffer);
      for (let i = 0; i < bits.length; i++) bits[i] = random() * 2 ** 32;
      expect(encode(words).length).toBeLessThan(8000 + 80);
    });
  });

  test('names a column that is not there or has other rows', () => {
    const frame = new FrameReader(encode(Float64Array.of(1, 2)));
    expect(() => frame.decode(1, new Float64Array(2))).toThrow('column 1 of a frame of 1');
    expect(() => frame.decode(0, new Float64Array(3))).toThrow('a column of 2 rows where 3 are due');
  });
});

describe('damage', () => {
  const readAll = (bytes: Uint8Array): void => {
    try {
      const frame = new FrameReader(bytes);
      for (let number = 0; number < frame.columns; number++) {
        if (frame.rows(number) < 1000) decode(frame, number);
      }
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(Fault);
      expect((thrown as Fault).code).toBe('damaged');
    }
  };

  test('in random bytes is a fault and nothing else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readAll));
  });

  test('in a frame is a fault or other values', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), (columns, changes) => {
        const bytes = encode(...columns).slice();
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        readAll(bytes);
      }),
      { numRuns: 400 },
    );
  });

  test('at the end is a fault', () => {
    const bytes = encode(column(300, Math.sqrt));
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => new FrameReader(bytes.subarray(0, length))).toThrow(Fault);
    }
    expect(() => new FrameReader(Uint8Array.of(...bytes, 0))).toThrow(Fault);
  });
});
