import { INCOMPATIBLE, total } from '../histogram/arithmetic.ts';
import { equals, isReset } from '../histogram/compare.ts';
import { conflictDuring, mixedSchemas, reconciledDuring } from '../histogram/remarks.ts';
import type { Sample } from '../value.ts';
import type { MixedFunction, Point } from './mixed-window.ts';
import { onlyNatives } from './mixed-window.ts';

/** `*_over_time`, `changes` and `resets` of ranges with native histograms. */
export const nativeSum = ofAll(false);
export const nativeMean = ofAll(true);

function ofAll(mean: boolean): MixedFunction {
  return onlyNatives(({ natives, metric, warn, info }) => {
    const sum = total(
      natives.map(({ sample }) => sample),
      mean,
    );
    if (sum === INCOMPATIBLE) {
      warn(mixedSchemas(metric));
      return undefined;
    }
    if (sum.reconciled) info(reconciledDuring('aggregation'));
    if (sum.conflicting) warn(conflictDuring('aggregation'));
    return sum.histogram;
  });
}

export const countAll: MixedFunction = ({ points }) => points.length;
export const presentAny: MixedFunction = () => 1;
export const lastOfAll: MixedFunction = ({ points }) => points.at(-1)?.sample;
export const firstOfAll: MixedFunction = ({ points }) => points[0]?.sample;
export const timeOfLast: MixedFunction = ({ points }) => (points.at(-1) as Point).ms / 1000;
export const timeOfFirst: MixedFunction = ({ points }) => (points[0] as Point).ms / 1000;

export const countChanges: MixedFunction = ({ points }) => countPairs(points, hasChanged);
export const countResets: MixedFunction = ({ points }) => countPairs(points, wasReset);

function countPairs(points: readonly Point[], isCounted: (before: Sample, after: Sample) => boolean): number {
  let count = 0;
  for (let i = 1; i < points.length; i++) {
    if (isCounted((points[i - 1] as Point).sample, (points[i] as Point).sample)) count++;
  }
  return count;
}

function hasChanged(before: Sample, after: Sample): boolean {
  if (typeof before === 'number' && typeof after === 'number') {
    return before !== after && !(Number.isNaN(before) && Number.isNaN(after));
  }
  return typeof before === 'number' || typeof after === 'number' || !equals(before, after);
}

/** From floats to histograms and back is a reset, too. */
function wasReset(before: Sample, after: Sample): boolean {
  if (typeof before === 'number' && typeof after === 'number') return after < before;
  return typeof before === 'number' || typeof after === 'number' || isReset(after, before);
}
