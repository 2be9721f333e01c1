import fc from 'fast-check';
import { expect, test } from 'vitest';

import { snappyEncode } from './snappy-encode.ts';
import { snappyDecode } from './snappy.ts';

const roundTrip = (bytes: Uint8Array): Buffer =>
  Buffer.from(snappyDecode(snappyEncode(bytes), bytes.length + 1));

test('what is packed is unpacked by the reader', () => {
  const repeating = fc
    .array(fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.nat({ max: 300 })), { maxLength: 30 })
    .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array<Uint8Array>(times).fill(part))));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 3000 }), repeating), (bytes) => {
      expect(roundTrip(bytes).equals(bytes)).toBe(true);
    }),
  );
});

test.each([0, 1, 3, 59, 60, 61, 255, 256, 257, 65_535, 65_536, 65_537, 200_000])('%i bytes', (length) => {
  const noise = Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 0xff);
  expect(roundTrip(noise).equals(noise)).toBe(true);
  const same = new Uint8Array(length).fill(7);
  expect(roundTrip(same).equals(same)).toBe(true);
  expect(snappyEncode(same).length).toBeLessThan(32 + length / 20);
});
