import fc from 'fast-check';
import { expect, test } from 'vitest';

import { MemoryBlocks } from './blocks.fake.ts';
import { SymbolTable, SymbolWriter } from './symbol-table.ts';

function tableOf(texts: readonly string[]): { table: SymbolTable; blocks: MemoryBlocks } {
  const blocks = new MemoryBlocks();
  const writer = new SymbolWriter(blocks);
  for (const text of texts) writer.add(text);
  return { table: new SymbolTable(writer.finish(), blocks), blocks };
}

test('texts are found by number and numbers by text', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\uffee', '\u{1f9ed}', 'pod-1', 'pod-10'),
  );
  fc.assert(
    fc.property(fc.uniqueArray(text, { maxLength: 60 }), fc.string(), (list, other) => {
      const sorted = list.filter((each) => each !== '' && each.isWellFormed()).sort();
      const { table } = tableOf(sorted);
      expect(table.count).toBe(sorted.length + 1);
      expect([...table.texts()]).toEqual(['', ...sorted]);
      for (const [i, each] of ['', ...sorted].entries()) {
        expect(table.text(i)).toBe(each);
        expect(table.find(each)).toBe(i);
      }
      expect(table.find(other) !== undefined).toBe(other === '' || sorted.includes(other));
    }),
  );
});

test('a text of many is looked up in one block', () => {
  const texts = Array.from({ length: 50_000 }, (_, i) => `some-pod-${(i * 7919) % 1e6}`).sort();
  const { table, blocks } = tableOf(texts);
  expect(blocks.blocks.length).toBeGreaterThan(4);
  expect(table.find(texts[33_333] as string)).toBe(33_334);
  expect(table.text(33_334)).toBe(texts[33_333]);
  expect(blocks.asked).toHaveLength(1);
});
