import type { NativeHistogram } from '../../../store/native-histogram.ts';
import { KahanSum } from '../../../../lib/kahan.ts';
import type { Bucket } from './buckets.ts';
import { bucketsOf, hasCustomBounds } from './buckets.ts';

/** A number of a histogram, with what is to be told of NaN among its observations. */
export interface Statistic {
  readonly value: number;
  readonly remark?: 'none' | 'skewed' | 'excluded';
}

/** The population variance: each bucket's observations are taken to lie at its middle. */
export function variance(histogram: NativeHistogram): number {
  const mean = histogram.sum / histogram.count;
  const squares = new KahanSum();
  for (const bucket of bucketsOf(histogram)) {
    const distance = middleOf(bucket, hasCustomBounds(histogram)) - mean;
    squares.add(bucket.count * distance * distance);
  }
  return squares.total() / histogram.count;
}

/** The arithmetic mean of custom bounds, the geometric one of exponential ones; the zero bucket is at zero. */
function middleOf({ lower, upper }: Bucket, custom: boolean): number {
  if (custom) return (lower + upper) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  return Math.sign(upper) * Math.sqrt(lower * upper);
}

/**
 * The quantile of a native histogram (Prometheus docs, `histogram_quantile()`): inside of exponential buckets the
 * observations are taken to lie evenly on a logarithmic scale, inside of others evenly. NaN observations count as
 * larger than all others.
 */
export function quantileOf(q: number, histogram: NativeHistogram): Statistic {
  if (q < 0 || q > 1) return { value: q < 0 ? -Infinity : Infinity };
  if (histogram.count === 0 || Number.isNaN(q)) return { value: NaN };
  const buckets = bucketsOf(histogram);
  const mayHoldNaN = Number.isNaN(histogram.sum);
  // Counted from the nearer end, unless NaN stands at one.
  const forwards = mayHoldNaN || q < 0.5;
  const rank = (forwards ? q : 1 - q) * histogram.count;
  if (!forwards) buckets.reverse();
  let seen = 0;
  let found: Bucket | undefined;
  let rest = 0;
  for (const bucket of buckets) {
    if (found !== undefined && seen >= rank) {
      rest += bucket.count;
      continue;
    }
    found = bucket;
    seen += bucket.count;
  }
  if (found === undefined) return mayHoldNaN ? { value: NaN, remark: 'none' } : { value: 0 };
  const custom = hasCustomBounds(histogram);
  const { lower, upper } = custom ? found : clippedAtZero(found, histogram);
  if (custom && lower === -Infinity && upper <= 0) return { value: upper };
  if (custom && lower !== -Infinity && upper === Infinity) return { value: lower };
  const from = custom && lower === -Infinity ? 0 : lower;
  const reached = Math.min(seen, histogram.count);
  if (reached < rank) return mayHoldNaN ? { value: NaN, remark: 'none' } : { value: upper };
  const inside = forwards ? rank - (reached - found.count) : reached - rank;
  const value = between(from, upper, inside / found.count, custom);
  if (mayHoldNaN && reached + rest < histogram.count) return { value, remark: 'skewed' };
  return { value };
}

/** A zero bucket reaches to one side only when all other buckets lie there. */
function clippedAtZero({ lower, upper }: Bucket, { positive, negative }: NativeHistogram): Bounds {
  if (lower > 0 || upper < 0) return { lower, upper };
  if (negative.length === 0 && positive.length > 0) return { lower: 0, upper };
  if (positive.length === 0 && negative.length > 0) return { lower, upper: 0 };
  return { lower, upper };
}

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** The point that a share of a bucket's observations lies below. */
function between(lower: number, upper: number, share: number, custom: boolean): number {
  if (custom || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * share;
  const [low, high] = [Math.log2(Math.abs(lower)), Math.log2(Math.abs(upper))];
  return lower > 0 ? 2 ** (low + (high - low) * share) : -(2 ** (high + (low - high) * (1 - share)));
}

/** The share of a bucket's observations below a point in it. */
export function shareBelow(value: number, { lower, upper }: Bounds, linear: boolean): number {
  if (linear) return (value - lower) / (upper - lower);
  const [low, high] = [Math.log2(Math.abs(lower)), Math.log2(Math.abs(upper))];
  const at = Math.log2(Math.abs(value));
  return lower >= 0 ? (at - low) / (high - low) : 1 - (at - high) / (low - high);
}

/** The share of observations between two values. NaN observations lie in no range. */
export function fractionOf(lower: number, upper: number, histogram: NativeHistogram): Statistic {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: NaN };
  if (lower >= upper) return { value: 0 };
  const custom = hasCustomBounds(histogram);
  const buckets = bucketsOf(histogram);
  const counted = buckets.reduce((sum, { count }) => sum + count, 0);
  const mayHoldNaN = Number.isNaN(histogram.sum);
  const total = mayHoldNaN ? counted : histogram.count;
  const below = (value: number): number => {
    let rank = 0;
    for (const bucket of buckets) {
      const isZero = bucket.lower <= 0 && bucket.upper >= 0;
      const bounds = isZero ? clippedAtZero(bucket, histogram) : bucket;
      if (bounds.lower >= value) return Math.min(rank, total);
      if (bounds.upper > value) {
        const share = bounds.lower === -Infinity ? 1 : shareBelow(value, bounds, custom || isZero);
        return Math.min(bounds.lower === -Infinity ? bucket.count : rank + bucket.count * share, total);
      }
      rank += bucket.count;
    }
    return total;
  };
  const value = (below(upper) - below(lower)) / histogram.count;
  return mayHoldNaN && counted < histogram.count ? { value, remark: 'excluded' } : { value };
}
