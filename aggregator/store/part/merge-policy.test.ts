import { expect, test } from 'vitest';

import { partsToMerge } from './merge-policy.ts';

const sizes = (...samples: number[]) => samples.map((sampleCount) => ({ seriesCount: 0, sampleCount }));

test.each([
  ['nothing', [], false, 0],
  ['one part', [5e6], true, 0],
  ['seven of a size', Array.from({ length: 7 }, () => 5e6), false, 0],
  ['eight of a size', Array.from({ length: 8 }, () => 5e6), false, 8],
  ['eight of a size behind a large one', [1e9, ...Array.from({ length: 8 }, () => 5e6)], false, 8],
  ['smaller ones go with them', [1e9, ...Array.from({ length: 8 }, () => 5e6), 9, 9], false, 10],
  ['smaller ones do not count', [1e9, ...Array.from({ length: 7 }, () => 5e6), 9, 9], false, 0],
  ['small ones alone when they are eight', [1e9, 5e6, ...Array.from({ length: 8 }, () => 9)], false, 8],
  ['a day that is over', [5e6, 3e6], true, 2],
  ['a day that is over and got a little', [1e9, 3e6], true, 0],
  ['a day that is over and got a little often', [1e9, 3e6, 3e6, 3e6, 3e6], true, 5],
  ['a small day that is over and got a little', [1e5, 3], true, 2],
])('of %s', (_what, samples, isOver, expected) => {
  const merged = partsToMerge(sizes(...samples), isOver);
  expect(merged).toBe(expected);
});

test('a sample is written again a few times in a day of many folds', () => {
  const parts: { seriesCount: number; sampleCount: number }[] = [];
  let written = 0;
  const folds = 2000;
  for (let fold = 0; fold < folds; fold++) {
    parts.push({ seriesCount: 100, sampleCount: 1e6 });
    const count = partsToMerge(parts, false);
    if (count === 0) continue;
    const merged = parts.splice(-count).reduce((sum, { sampleCount }) => sum + sampleCount, 0);
    written += merged;
    parts.push({ seriesCount: 100, sampleCount: merged });
  }
  expect(written / (folds * 1e6)).toBeLessThan(Math.log(folds) / Math.log(8) + 1);
  expect(parts.length).toBeLessThan(8 * 4);
});
