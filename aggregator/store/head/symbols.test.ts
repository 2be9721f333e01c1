import { expect, test } from 'vitest';

import { Symbols } from './symbols.ts';

test('a reader meets texts that are newer than its snapshot whole', () => {
  const writer = new Symbols();
  const reader = new Symbols(writer.buffers);
  const texts = Array.from({ length: 40 }, (_, i) => `${i}`.repeat(500));
  // Past the first 16 KiB of bytes, while their places are still in the first page of words.
  const symbols = texts.map((text) => writer.intern(text));
  expect(symbols.map((symbol) => reader.text(symbol))).toEqual(texts);
  expect(texts.map((text) => reader.find(text))).toEqual(symbols);
});
