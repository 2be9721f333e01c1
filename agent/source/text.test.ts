import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { COLON, Text } from './text.ts';

function lineOf(content: string): Text {
  const text = new Text(Buffer.from(content));
  text.nextLine();
  return text;
}

describe('numbers', () => {
  test.each([
    ['12', 12],
    ['  -1\n', -1],
    ['0.53 0.19', 0.53],
    ['7.', 7],
    ['9007199254740993', 9007199254740992],
    ['12kB', NaN],
    ['1.2.3', NaN],
    ['max', NaN],
    ['-', NaN],
    ['.', NaN],
    ['', NaN],
    ['5:', 5],
  ])('%j is %d', (content, expected) => {
    expect(lineOf(content).number()).toBe(expected);
  });

  test.each([
    ['0x1003', 0x1003],
    ['0000001a', 26],
    ['0A ', 10],
    ['0x', NaN],
    ['xyz', NaN],
    ['', NaN],
  ])('hexadecimal %j is %d', (content, expected) => {
    expect(lineOf(content).hex()).toBe(expected);
  });

  test('what the kernel prints comes back as JavaScript reads it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 99 }), (whole, cents) => {
        const printed = `${whole}.${String(cents).padStart(2, '0')}`;
        expect(lineOf(printed).number()).toBe(Number(printed));
      }),
    );
  });
});

test('goes through lines and words', () => {
  const text = new Text(Buffer.from('eth0: 1 two\n\n  last\tline'));
  const words: string[][] = [];
  while (text.nextLine()) {
    const head = text.before(COLON);
    const found = [head];
    for (let word = text.word(); word !== ''; word = text.word()) found.push(word);
    words.push(found);
  }
  expect(words).toEqual([['eth0', '1', 'two'], [''], ['', 'last', 'line']]);
});

test('any bytes end, and no word is read twice', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = new Text(Buffer.from(bytes));
      let lines = 0;
      while (text.nextLine()) {
        lines++;
        const before = text.pos;
        text.number();
        text.hex();
        text.skipWords(1);
        text.word();
        text.before(COLON);
        text.rest();
        expect(text.pos).toBeGreaterThanOrEqual(before);
        expect(text.pos).toBeLessThanOrEqual(text.lineEnd);
      }
      expect(lines).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
