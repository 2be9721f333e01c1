import type { Buckets, NativeHistogram } from '../../../store/native-histogram.ts';
import { customBound, exponentialBound, hasCustomBounds, lowerResolution } from './buckets.ts';
import { indexIn, RESET_NOT_SEEN, RESET_SEEN, sharedBounds, widened } from './histogram-sum.ts';

/** Equal in all but the reset hint; empty buckets do not count, and NaN equals NaN. */
export function equals(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    Object.is(a.zeroCount, b.zeroCount) &&
    a.zeroThreshold === b.zeroThreshold &&
    a.bounds.length === b.bounds.length &&
    a.bounds.every((bound, i) => bound === b.bounds[i]) &&
    sameBuckets(a.positive, b.positive) &&
    sameBuckets(a.negative, b.negative)
  );
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  const [left, right] = [a, b].map((buckets) => buckets.filter(([, count]) => count !== 0));
  return (
    left?.length === right?.length &&
    (left ?? []).every(([index, count], i) => index === right?.[i]?.[0] && Object.is(count, right[i][1]))
  );
}

/** Was the counter set back between two histograms? The hint is asked first; then no number of it may have fallen. */
export function isReset(current: NativeHistogram, previous: NativeHistogram): boolean {
  if (current.resetHint === RESET_SEEN) return true;
  if (current.resetHint === RESET_NOT_SEEN) return false;
  if (current.count < previous.count) return true;
  if (hasCustomBounds(current)) {
    if (!hasCustomBounds(previous)) return true;
    const shared = sharedBounds(current.bounds, previous.bounds);
    const [now, before] = [current, previous].map(({ positive, bounds }) =>
      regrouped(positive, (index) => indexIn(shared, customBound(index, bounds))),
    );
    return hasFallen(now as Populations, before as Populations);
  }
  // A finer resolution or a narrower zero bucket cannot come from adding.
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  const { schema, zeroThreshold } = current;
  if (widened(previous.schema, previous.positive, previous.negative, zeroThreshold) !== zeroThreshold) {
    return true;
  }
  let previousZeroCount = previous.zeroCount;
  const outside = (buckets: Buckets): Populations => {
    const kept = buckets.filter(([index, count]) => {
      const isZero = exponentialBound(index, previous.schema) <= zeroThreshold;
      if (isZero) previousZeroCount += count;
      return !isZero;
    });
    return regrouped(kept, (index) => lowerResolution(index, previous.schema, schema));
  };
  const [positive, negative] = [outside(previous.positive), outside(previous.negative)];
  return (
    current.zeroCount < previousZeroCount ||
    hasFallen(new Map(current.positive), positive) ||
    hasFallen(new Map(current.negative), negative)
  );
}

type Populations = ReadonlyMap<number, number>;

function regrouped(buckets: Buckets, indexOf: (index: number) => number): Populations {
  const sums = new Map<number, number>();
  for (const [index, count] of buckets) {
    const target = indexOf(index);
    sums.set(target, (sums.get(target) ?? 0) + count);
  }
  return sums;
}

function hasFallen(now: Populations, before: Populations): boolean {
  for (const [index, count] of before) if ((now.get(index) ?? 0) < count) return true;
  return false;
}
