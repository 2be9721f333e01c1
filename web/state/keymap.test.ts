import { expect, test } from 'vitest';

import { createKeymap } from './keymap.ts';

const command = (keys: string) => ({ keys, words: keys, run() {} });
const COMMANDS = ['/', 'g o', 'g m', 'r', 'Escape', 'Space'].map(command);
const stroke = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test.each<[string, string[], (string | null)[]]>([
  ['one key', ['r'], ['r']],
  ['a key without a sign', [' '], ['Space']],
  ['a pair', ['g', 'o'], [null, 'g o']],
  ['a pair that is none, then a key', ['g', 'x', 'r'], [null, null, 'r']],
  ['the second half alone', ['o'], [null]],
  ['a first half twice', ['g', 'g', 'm'], [null, null, null]],
])('%s', (_, keys, found) => {
  const keymap = createKeymap(COMMANDS);
  expect(keys.map((key) => keymap(stroke(key), false)?.keys ?? null)).toEqual(found);
});

test('typing and modifiers are left alone, Escape is not', () => {
  const keymap = createKeymap(COMMANDS);
  expect(keymap(stroke('r'), true)).toBe(null);
  expect(keymap(stroke('r', { ctrlKey: true }), false)).toBe(null);
  expect(keymap(stroke('Escape'), true)?.keys).toBe('Escape');
});
