import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { LineCondition } from '../log-store.ts';
import type { LineBlock } from './line-block.ts';
import { LineFilter } from './line-filter.ts';

function blockOf(lines: readonly string[]): LineBlock {
  const texts = lines.map((line) => Buffer.from(line));
  let end = 0;
  return {
    timesNs: BigInt64Array.from(lines, (_, i) => BigInt(i)),
    ends: Uint32Array.from(texts, ({ length }) => (end += length)),
    bytes: Buffer.concat(texts),
  };
}

function found(conditions: readonly LineCondition[], lines: readonly string[], from = 0): number[] {
  const filter = new LineFilter(conditions);
  const block = blockOf(lines);
  const hits: number[] = [];
  filter.each(block, from, lines.length, (line) => void hits.push(line));
  if (from === 0 && hits.length > 0) expect(filter.mayMatch(block.bytes)).toBe(true);
  return hits;
}

describe('a filter of lines', () => {
  test('finds needles wherever they lie, and none across the border of two lines', () => {
    const piece = fc.constantFrom('a', 'b', 'A', '\u00e4', '\u00c4', '\u{1f9ed}', '\u212a');
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    const ascii = /^[a-z]*$/i;
    // As the filter tells it: A to Z alone in a needle of ASCII, all of Unicode in others.
    const fold = (value: string, needle: string): string =>
      ascii.test(needle) ? value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : value.toLowerCase();
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 12 }),
        fc.array(fc.tuple(text, fc.boolean()), { minLength: 1, maxLength: 3 }),
        fc.nat(3),
        (lines, needles, skip) => {
          const from = Math.min(skip, lines.length);
          const conditions = needles.map(([needle, ignoreCase]) => ({
            kind: 'contains' as const,
            text: needle,
            ignoreCase,
          }));
          const expected = [...lines.keys()].filter(
            (i) =>
              i >= from &&
              needles.every(([needle, ignoreCase]) =>
                ignoreCase
                  ? fold(lines[i] as string, needle).includes(fold(needle, needle))
                  : lines[i]?.includes(needle),
              ),
          );
          expect(found(conditions, lines, from)).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a regular expression is not anchored, and a wrong one is named', () => {
    const regex = (text: string): LineCondition[] => [{ kind: 'regex', text, ignoreCase: false }];
    expect(found(regex('b.d|^$'), ['abcd', '', 'x', 'bd'])).toEqual([0, 1]);
    expect(() => new LineFilter(regex('a(?=b)'))).toThrow(/regular expression "a\(\?=b\)" is wrong/);
  });
});
