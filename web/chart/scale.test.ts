import fc from 'fast-check';
import { expect, test } from 'vitest';

import { incrementsOf, lonelyPoints, verticalRange } from './scale.ts';

test.each<[number | null, number | null, number | undefined, [number, number]]>([
  [null, null, undefined, [0, 1]],
  [0, 0, undefined, [0, 1]],
  [0.1, 0.5, 1, [0, 1]],
  [2, 100, undefined, [0, 106]],
  [-100, 100, undefined, [-112, 112]],
  [-100, -50, undefined, [-106, 0]],
])('values %s to %s with at least %s', (min, max, atLeast, range) => {
  expect(verticalRange(min, max, atLeast)).toEqual(range);
});

test('the range holds zero and all values, and is never empty', () => {
  const value = fc.double({ min: -1e12, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(
      value,
      value,
      fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
      (a, b, atLeast) => {
        const [low, high] = verticalRange(Math.min(a, b), Math.max(a, b), atLeast);
        expect(low).toBeLessThan(high);
        expect(low).toBeLessThanOrEqual(Math.min(0, a, b));
        expect(high).toBeGreaterThanOrEqual(Math.max(0, a, b, atLeast ?? 0));
      },
    ),
  );
});

test('increments ascend', () => {
  for (const unit of ['bytes', 'number'] as const) {
    const increments = incrementsOf(unit);
    expect(increments).toEqual([...increments].sort((a, b) => a - b));
  }
  expect(incrementsOf('bytes')).toContain(1024);
});

test('lonely points', () => {
  expect(lonelyPoints([1, null, 2, null, 3, 4, null])).toEqual([0, 2]);
  expect(lonelyPoints([1])).toEqual([0]);
  expect(lonelyPoints([])).toEqual([]);
});
