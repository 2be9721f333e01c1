import fc from 'fast-check';
import { expect, test } from 'vitest';

import { complete, offer, wordAt } from './completion.ts';

test.each([
  ['node_', 'node_'],
  ['rate(node_cpu', 'node_cpu'],
  ['sum by (mode) (ra', 'ra'],
  ['up{job="a"} / no', 'no'],
  ['job:rate5m', 'job:rate5m'],
])('the word in %j is %j', (text, word) => {
  expect(wordAt(text, text.length)?.text).toBe(word);
});

test.each(['', 'up ', 'up{jo', 'up{job="no', "up{job='it", 'up[5m', '5m', '1e', 'up{a="}" , b'])(
  'none in %j',
  (text) => {
    expect(wordAt(text, text.length)).toBe(null);
  },
);

test('beginnings come before the rest, functions before metrics', () => {
  const metrics = ['node_load1', 'my_rate', 'rate_limit'];
  expect(offer('rate', metrics)).toEqual(['rate', 'rate_limit', 'irate', 'my_rate']);
  expect(offer('node_load1', metrics)).toEqual([]);
  expect(offer('zzz', metrics)).toEqual([]);
});

test('a name takes the place of the word, the rest stays', () => {
  const text = 'sum(node_lo) + 1';
  const word = wordAt(text, 11);
  expect(word && complete(text, word, 'node_load1')).toEqual({ text: 'sum(node_load1) + 1', caret: 14 });
});

test('any text is answered, and completing touches only the word', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(40), (text, at) => {
      const caret = Math.min(at, text.length);
      const word = wordAt(text, caret);
      if (!word) return;
      const done = complete(text, word, 'x');
      expect(done.text).toBe(`${text.slice(0, word.start)}x${text.slice(caret)}`);
      expect(offer(word.text, ['a', 'b']).length).toBeLessThanOrEqual(12);
    }),
  );
});

test('a thousand long names cost no time that is felt', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `some_rather_long_metric_name_with_number_${i}`);
  const start = performance.now();
  for (let i = 0; i < 100; i++) offer('number', names);
  expect(performance.now() - start).toBeLessThan(500);
});
