import { expect, test } from 'vitest';

import { shownWords } from './list-words.ts';

test.each<[Parameters<typeof shownWords>, string]>([
  [[500, 12_345, 'newest', true], 'The newest 500 of 12,345 hits in this range'],
  [[500, 12_345, 'oldest', true], 'The oldest 500 of 12,345 hits in this range'],
  [[500, null, 'newest', true], 'The newest 500 hits; there are more'],
  [[500, 480, 'newest', true], 'The newest 500 hits; there are more'],
  [[312, 312, 'newest', false], 'All 312 hits in this range'],
  [[1, 1, 'newest', false], 'The one hit in this range'],
  [[0, 0, 'newest', false], ''],
])('%j: %s', (facts, words) => {
  expect(shownWords(...facts)).toBe(words);
});
