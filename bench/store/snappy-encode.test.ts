import fc from 'fast-check';
import { expect, test } from 'vitest';

import { snappyDecode } from '../../lib/snappy.ts';
import { SnappyEncoder } from './snappy-encode.ts';

const encoder = new SnappyEncoder();

function there(bytes: Uint8Array): Uint8Array {
  return snappyDecode(encoder.encode(bytes).slice(), 1 << 24);
}

test('any bytes come back', () => {
  const noise = fc.uint8Array({ maxLength: 500 });
  const few = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2000 }).map((list) => Uint8Array.from(list));
  fc.assert(
    fc.property(fc.oneof(noise, few), (bytes) => {
      expect(there(bytes)).toEqual(bytes);
    }),
  );
});

test.each([0, 1, 3, 4, 60, 61, 256, 257, 65_535, 65_536, 65_537, 200_000])(
  '%d bytes, alike and unlike',
  (length) => {
    const alike = new Uint8Array(length).fill(7);
    expect(there(alike)).toEqual(alike);
    let state = 1;
    const unlike = Uint8Array.from({ length }, () => (state = Math.imul(state, 48_271) >>> 0) >>> 24);
    expect(there(unlike)).toEqual(unlike);
  },
);

test('what repeats becomes small', () => {
  const text = Buffer.from('pod="checkout-5f7d", namespace="shop"\n'.repeat(1000));
  expect(encoder.encode(text).length).toBeLessThan(text.length / 10);
});
