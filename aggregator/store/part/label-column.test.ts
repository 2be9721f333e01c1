import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { decodeLabelColumn, LabelColumnEncoder, rowsWhere, symbolAt } from './label-column.ts';

const columns = fc.oneof(
  fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }),
  fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 40 }).map((list) => list.sort((a, b) => a - b)),
);

function encode(encoder: LabelColumnEncoder, symbols: readonly number[]): Uint8Array {
  const out = new ByteWriter();
  encoder.encode(out, Uint32Array.from(symbols));
  return out.bytes();
}

test('columns come back, and the rows with a value are found', () => {
  const encoder = new LabelColumnEncoder(100);
  fc.assert(
    fc.property(columns, fc.nat(9), fc.func(fc.boolean()), (symbols, wanted, isAmong) => {
      const column = decodeLabelColumn(encode(encoder, symbols), symbols.length);
      expect(symbols.map((_, row) => symbolAt(column, row))).toEqual(symbols);
      expect([...column.dictionary]).toEqual([...new Set(symbols)].sort((a, b) => a - b));
      const accepts = (symbol: number): boolean => symbol <= wanted;
      const expected = symbols.flatMap((symbol, row) => (accepts(symbol) ? [row] : []));
      const all = symbols.map((_, row) => row);
      expect([...(rowsWhere(column, undefined, accepts) ?? all)]).toEqual(expected);
      const some = Uint32Array.from(all.filter(isAmong));
      expect([...(rowsWhere(column, some, accepts) ?? [])]).toEqual(
        expected.filter((row) => some.includes(row)),
      );
    }),
  );
});

test('a column of one value takes three bytes, whatever its length', () => {
  expect(
    encode(
      new LabelColumnEncoder(10),
      Array.from({ length: 500 }, () => 7),
    ),
  ).toHaveLength(3);
});

test('random bytes throw a fault and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), (bytes, rows) => {
      try {
        decodeLabelColumn(bytes, rows);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }),
  );
});
