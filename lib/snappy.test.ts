import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Fault } from './fault.ts';
import { snappyDecode } from './snappy.ts';

const MIB = 1024 * 1024;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Length, then each element; enough of an encoder to write any element by hand. */
function block(length: number, ...elements: (number[] | string)[]): Uint8Array {
  const parts = elements.map((element) =>
    typeof element === 'string' ? Buffer.from(element) : Buffer.from(element),
  );
  return Buffer.concat([
    Buffer.from(length < 128 ? [length] : [(length & 127) | 128, length >> 7]),
    ...parts,
  ]);
}

test.each([
  ['nothing', block(0), ''],
  ['a short literal', block(3, [2 << 2], 'abc'), 'abc'],
  ['a literal with its size in a byte', block(100, [60 << 2, 99], 'x'.repeat(100)), 'x'.repeat(100)],
  ['a literal with its size in two bytes', block(300, [61 << 2, 0x2b, 1], 'y'.repeat(300)), 'y'.repeat(300)],
  ['a copy with a one-byte offset', block(8, [3 << 2], 'abcd', [1, 4]), 'abcdabcd'],
  ['a copy with a two-byte offset', block(6, [2 << 2], 'abc', [(2 << 2) | 2, 3, 0]), 'abcabc'],
  ['a copy with a four-byte offset', block(6, [2 << 2], 'abc', [(2 << 2) | 3, 3, 0, 0, 0]), 'abcabc'],
  ['a copy that repeats what it writes', block(7, [1 << 2], 'ab', [1 | (1 << 2), 2]), 'abababa'],
])('%s', (_what, bytes, expected) => {
  expect(text(snappyDecode(bytes, MIB))).toBe(expected);
});

test.each([
  ['nothing at all', Uint8Array.of(), 'malformed'],
  ['a length that lies', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), 'too_large'],
  ['more than the input can hold', block(16_000, [0], 'a'), 'malformed'],
  ['a literal past the end', block(9, [8 << 2], 'abc'), 'malformed'],
  ['a copy from before the beginning', block(8, [3 << 2], 'abcd', [1, 5]), 'malformed'],
  ['a copy of offset zero', block(8, [3 << 2], 'abcd', [1, 0]), 'malformed'],
  ['too little', block(9, [2 << 2], 'abc'), 'malformed'],
])('%s is refused', (_what, bytes, code) => {
  expect(() => snappyDecode(bytes, MIB)).toThrow(expect.objectContaining({ code }));
});

test('random bytes throw a fault or decode, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        expect(snappyDecode(bytes, MIB).length).toBeLessThan(MIB);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }),
  );
});
