import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { Fault } from './fault.ts';

test('numbers and texts come back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.maxSafeNat(), { maxLength: 50 }),
      fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })),
      fc.string({ unit: 'binary' }),
      (naturals, integers, text) => {
        const out = new ByteWriter();
        for (const value of naturals) out.uvarint(value);
        for (const value of integers) out.varint(value);
        out.text(text);
        out.f64(0.1);
        const reader = new ByteReader(out.bytes());
        for (const value of naturals) expect(reader.uvarint()).toBe(value);
        for (const value of integers) expect(reader.varint()).toBe(value);
        expect(reader.text()).toBe(text);
        expect(reader.f64()).toBe(0.1);
        reader.end();
      },
    ),
  );
});

test.each([
  [
    'a number that never ends',
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    (r: ByteReader) => r.uvarint(),
  ],
  ['a number past 2^53', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], (r: ByteReader) => r.uvarint()],
  ['a count of more than there is', [100, 1, 2], (r: ByteReader) => r.count()],
  ['text that is not UTF-8', [2, 0xc3, 0x28], (r: ByteReader) => r.text()],
  ['too few bytes', [1, 2, 3], (r: ByteReader) => r.u32()],
])('%s is a fault', (_what, bytes, read) => {
  expect(() => read(new ByteReader(Uint8Array.from(bytes)))).toThrow(Fault);
});
