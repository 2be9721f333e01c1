import fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseDuration, printDuration } from './duration.ts';

test.each([
  ['15m', 900],
  ['1h30m', 5400],
  ['2w', 1_209_600],
  ['90s', 90],
  ['24h', 86_400],
])('%s is %i s', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '15', 'm', '0s', '-5m', '15m ', '1.5h', '5x', '<b>'])('%j is refused by name', (text) => {
  expect(() => parseDuration(text)).toThrow(`"${text}"`);
});

test('what is printed is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e8 }), (seconds) => {
      expect(parseDuration(printDuration(seconds))).toBe(seconds);
    }),
  );
});
