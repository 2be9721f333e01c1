import fc from 'fast-check';
import { expect, test } from 'vitest';

import { busiest } from './busiest.ts';

type Item = { name: string; score: number };

function names(items: Iterable<Item>): string[] {
  return Array.from(items, (item) => item.name).sort();
}

test('the highest scores take the places', () => {
  const items = [5, 1, 9, 7, 3].map((score) => ({ name: String(score), score }));
  expect(names(busiest(items, 3, (item) => item.score, 0, new Set()))).toEqual(['5', '7', '9']);
});

test('a holder leaves only for one who is half again as busy', () => {
  const holder = { name: 'holder', score: 10 };
  const near = { name: 'near', score: 14 };
  const far = { name: 'far', score: 16 };
  const holders = new Set([holder]);
  expect(names(busiest([near, holder], 1, (item) => item.score, 0, holders))).toEqual(['holder']);
  expect(names(busiest([far, holder], 1, (item) => item.score, 0, holders))).toEqual(['far']);
});

test('a holder that rests keeps its place while it is free; who is gone does not', () => {
  const idle = { name: 'idle', score: 0 };
  const gone = { name: 'gone', score: 9 };
  const quiet = { name: 'quiet', score: 0.5 };
  expect(names(busiest([idle, quiet], 3, (item) => item.score, 1, new Set([idle, gone])))).toEqual(['idle']);
});

test('what has no score has no place', () => {
  const unknown = { name: 'unknown', score: NaN };
  expect(names(busiest([unknown], 3, (item) => item.score, 0, new Set([unknown])))).toEqual([]);
});

test('without holders they are the first of all sorted', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(5), (scores, places) => {
      const items = scores.map((score, i) => ({ name: String(i), score }));
      const found = [...busiest(items, places, (item) => item.score, 1, new Set())].map((item) => item.score);
      const sorted = scores.filter((score) => score >= 1).sort((a, b) => b - a);
      expect(found).toEqual(sorted.slice(0, places));
    }),
  );
});

test('members that differ by noise do not change places', () => {
  const items = Array.from({ length: 30 }, (_, i) => ({ name: String(i), score: 0 }));
  let holders: ReadonlySet<Item> = new Set();
  const seen = new Set<string>();
  for (let tick = 0; tick < 100; tick++) {
    items.forEach((item, i) => (item.score = 10 + ((i * 7 + tick * 13) % 4)));
    holders = busiest(items, 10, (item) => item.score, 0, holders);
    for (const item of holders) seen.add(item.name);
  }
  expect(seen.size).toBe(10);
});
