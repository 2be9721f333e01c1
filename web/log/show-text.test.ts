import fc from 'fast-check';
import { expect, test } from 'vitest';

import { cutText, splitAtHits, visibleText } from './show-text.ts';

test.each([
  ['\u001b[1;31merror\u001b[0m here', false, 'error here'],
  ['\u001b[31mred\u001b[0m', true, '␛[31mred␛[0m'],
  ['\u001b]0;title\u0007', false, '␛]0;title␇'],
  ['a\u0000b\u007fc', false, 'a␀b␡c'],
  ['user\u202egnp.exe', false, 'user⟨U+202E⟩gnp.exe'],
  ['tab\tand\nline', false, 'tab\tand\nline'],
  ['שלום عالم 日本 🧭', false, 'שלום عالم 日本 🧭'],
])('%j is seen as %j', (text, exact, seen) => {
  expect(visibleText(text, exact)).toBe(seen);
});

test('a cut keeps whole characters', () => {
  expect(cutText('abc', 3)).toBe('abc');
  expect(cutText('abcd', 3)).toBe('abc');
  expect(cutText('ab🧭', 3)).toBe('ab');
  expect(cutText('x'.repeat(1e6))).toHaveLength(4096);
});

test('pieces make up the text, and those that hit are the needle', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'B', 'b', 'İ', ' ') }),
      fc.string({ unit: fc.constantFrom('a', 'B', 'b'), maxLength: 3 }),
      fc.boolean(),
      (text, needle, ignoreCase) => {
        const pieces = splitAtHits(text, needle, ignoreCase);
        expect(pieces.map((piece) => piece.text).join('')).toBe(text);
        for (const piece of pieces.filter(({ hit }) => hit)) {
          expect(piece.text.toLowerCase()).toBe(needle.toLowerCase());
          if (!ignoreCase) expect(piece.text).toBe(needle);
        }
      },
    ),
  );
  expect(splitAtHits('An ERROR, an error', 'error', true).filter(({ hit }) => hit)).toHaveLength(2);
});
