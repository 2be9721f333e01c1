export interface BucketQuantile {
  readonly value: number;
  /** Counts fell from one bucket to the next and were raised. */
  readonly mended: boolean;
}

/** Counts nearer to each other than this, relatively, are taken as equal. */
const TOLERANCE = 1e-12;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/**
 * The quantile of a classic histogram: bounds in rising order, with the cumulative counts of their buckets.
 * Inside of a bucket the observations are taken to lie evenly; the lowest one begins at zero, unless its bound
 * is not above that; in the +Inf bucket the answer is the bound below. Changes `bounds` and `counts`.
 * (Prometheus docs, `histogram_quantile()`.)
 */
export function bucketQuantile(q: number, bounds: Float64Array, counts: Float64Array): BucketQuantile {
  if (Number.isNaN(q)) return { value: NaN, mended: false };
  if (q < 0 || q > 1) return { value: q < 0 ? -Infinity : Infinity, mended: false };
  if (bounds.at(-1) !== Infinity) return { value: NaN, mended: false };
  const size = joinEqual(bounds, counts);
  const mended = raise(counts, size);
  const total = counts[size - 1] as number;
  if (size < 2 || total === 0) return { value: NaN, mended: false };
  let rank = q * total;
  const bucket = firstAtLeast(counts, size - 1, rank);
  if (bucket === size - 1) return { value: bounds[size - 2] as number, mended };
  const end = bounds[bucket] as number;
  if (bucket === 0 && end <= 0) return { value: end, mended };
  let start = 0;
  let count = counts[bucket] as number;
  if (bucket > 0) {
    start = bounds[bucket - 1] as number;
    count -= counts[bucket - 1] as number;
    rank -= counts[bucket - 1] as number;
  }
  return { value: start + (end - start) * (rank / count), mended };
}

/** Buckets with equal bounds become one; the number that is left. */
export function joinEqual(bounds: Float64Array, counts: Float64Array): number {
  let last = 0;
  for (let i = 1; i < bounds.length; i++) {
    if (bounds[i] === bounds[last]) {
      counts[last] = (counts[last] as number) + (counts[i] as number);
      continue;
    }
    last++;
    bounds[last] = bounds[i] as number;
    counts[last] = counts[i] as number;
  }
  return last + 1;
}

/** Makes counts never fall; tells whether one did by more than rounding. */
function raise(counts: Float64Array, size: number): boolean {
  let mended = false;
  let highest = counts[0] as number;
  for (let i = 1; i < size; i++) {
    const count = counts[i] as number;
    if (count === highest) continue;
    const near = almostEqual(highest, count);
    if (near || count < highest) {
      counts[i] = highest;
      mended ||= !near;
    } else {
      highest = count;
    }
  }
  return mended;
}

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < TOLERANCE * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < TOLERANCE;
}

/** The first of `size` counts that is not below the rank, or `size`. */
function firstAtLeast(counts: Float64Array, size: number, rank: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts[middle] as number) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}
