import type { Buckets, NativeHistogram } from '../../../store/native-histogram.ts';
import { CUSTOM_BOUNDS } from '../../../store/native-histogram.ts';

/** One bucket with its bounds (prometheus/docs `specs/native_histograms.md`). */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
}

export function hasCustomBounds(histogram: NativeHistogram): boolean {
  return histogram.schema === CUSTOM_BOUNDS;
}

/** The upper bound of an exponential bucket, positive; the last finite one is the largest double. */
export function exponentialBound(index: number, schema: number): number {
  const exponent = index * 2 ** -schema;
  if (exponent === 1024) return Number.MAX_VALUE;
  // A whole power is exact, and the rest is at most 2.
  const whole = Math.floor(exponent);
  return 2 ** (exponent - whole) * 2 ** whole;
}

export function customBound(index: number, bounds: readonly number[]): number {
  if (index < 0) return -Infinity;
  return index < bounds.length ? (bounds[index] as number) : Infinity;
}

/** All buckets with something in them, from the lowest to the highest. */
export function bucketsOf(histogram: NativeHistogram): Bucket[] {
  const { schema, zeroThreshold, zeroCount, positive, negative, bounds } = histogram;
  if (schema === CUSTOM_BOUNDS) {
    return filled(positive).map(([index, count]) => ({
      lower: customBound(index - 1, bounds),
      upper: customBound(index, bounds),
      count,
      lowerInclusive: index === 0,
      upperInclusive: true,
    }));
  }
  const buckets = filled(negative).map(([index, count]): Bucket => {
    const [lower, upper] = [-exponentialBound(index, schema), -exponentialBound(index - 1, schema)];
    return { lower, upper, count, lowerInclusive: true, upperInclusive: false };
  });
  buckets.reverse();
  if (zeroCount !== 0) {
    const zero = { lower: -zeroThreshold, upper: zeroThreshold, count: zeroCount };
    buckets.push({ ...zero, lowerInclusive: true, upperInclusive: true });
  }
  for (const [index, count] of filled(positive)) {
    const [lower, upper] = [exponentialBound(index - 1, schema), exponentialBound(index, schema)];
    buckets.push({ lower, upper, count, lowerInclusive: false, upperInclusive: true });
  }
  return buckets;
}

function filled(buckets: Buckets): Buckets {
  return buckets.filter(([, count]) => count !== 0);
}

/** The index of the bucket that holds a bucket when the resolution is lowered. */
export function lowerResolution(index: number, schema: number, lowered: number): number {
  return Math.ceil(index / 2 ** (schema - lowered));
}
