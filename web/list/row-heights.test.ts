import fc from 'fast-check';
import { expect, test } from 'vitest';

import { RowHeights } from './row-heights.ts';

test('places agree with plain sums', () => {
  const change = fc.tuple(fc.nat(39), fc.integer({ min: 20, max: 400 }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(change, { maxLength: 30 }),
      fc.nat(20_000),
      (count, changes, distance) => {
        const heights = new RowHeights(count, 20);
        const plain = Array.from({ length: count }, () => 20);
        for (const [index, height] of changes.filter(([index]) => index < count)) {
          expect(heights.set(index, height)).toBe(height - (plain[index] as number));
          plain[index] = height;
        }
        const tops = plain.map((_, i) => plain.slice(0, i).reduce((a, b) => a + b, 0));
        expect(plain.map((_, i) => heights.top(i))).toEqual(tops);
        expect(heights.total).toBe(plain.reduce((a, b) => a + b, 0));
        expect(heights.at(distance)).toBe(tops.findLastIndex((top) => top <= distance));
      },
    ),
  );
});

test('extras are set at the beginning; an empty list has no height', () => {
  expect(new RowHeights(3, 20, [[1, 30]]).total).toBe(90);
  expect(new RowHeights(0, 20).total).toBe(0);
  expect(new RowHeights(0, 20).at(500)).toBe(0);
  expect(new RowHeights(5, 20).at(-10)).toBe(0);
});
