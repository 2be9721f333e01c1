import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { lastAtMost, readWords, sumUp, unzigzag, writeWords, zigzag } from './words.ts';

const word = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

test('words come back, and tell where they end', () => {
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const out = new ByteWriter();
      out.u8(7);
      writeWords(out, words);
      const end = out.length;
      out.u8(7);
      const into = new Uint32Array(words.length);
      expect(readWords(out.bytes(), 1, into)).toBe(end);
      expect([...into]).toEqual(words);
    }),
  );
});

test('bytes that are cut off, or any, throw a fault and nothing else', () => {
  expect(() => readWords(Uint8Array.of(1, 0x80), 0, new Uint32Array(2))).toThrow(Fault);
  expect(() => readWords(Uint8Array.of(1), 0, new Uint32Array(2))).toThrow(Fault);
  expect(() => readWords(new Uint8Array(9).fill(0xff), 0, new Uint32Array(1))).toThrow(Fault);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(10), (bytes, count) => {
      try {
        readWords(bytes, 0, new Uint32Array(count));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
      }
    }),
  );
});

test('differences of any two words add up again', () => {
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const differences = Uint32Array.from(words, (each, i) => zigzag(each - (words[i - 1] ?? 0)));
      sumUp(differences);
      expect([...differences]).toEqual(words);
    }),
  );
  expect([0, -1, 1, -2, 2].map(zigzag)).toEqual([0, 1, 2, 3, 4]);
  expect([0, 1, 2, 3, 4].map(unzigzag)).toEqual([0, -1, 1, -2, 2]);
});

test.each([
  [[], 3, -1],
  [[5], 3, -1],
  [[3], 3, 0],
  [[1, 3, 3, 5], 3, 2],
  [[1, 3, 5], 9, 2],
])('the last of %j that is at most %d', (sorted, wanted, expected) => {
  expect(lastAtMost(sorted, wanted)).toBe(expected);
});
