import { joinEqual } from './bucket-quantile.ts';

/**
 * The share of a classic histogram's observations between two values: bounds in rising order, with the cumulative
 * counts of their buckets. Inside of a bucket the observations are taken to lie evenly; of the buckets without end
 * none is taken in part. (Prometheus docs, `histogram_fraction()`.) Changes `bounds` and `counts`.
 */
export function bucketFraction(
  lower: number,
  upper: number,
  bounds: Float64Array,
  counts: Float64Array,
): number {
  if (bounds.at(-1) !== Infinity) return NaN;
  const size = joinEqual(bounds, counts);
  const total = counts[size - 1] as number;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  const below = (value: number): number => {
    let rank = 0;
    let start = (bounds[0] as number) <= 0 ? -Infinity : 0;
    for (let i = 0; i < size; i++) {
      const [end, count] = [bounds[i] as number, counts[i] as number];
      if (start >= value) return Math.min(rank, total);
      if (end > value) {
        if (start === -Infinity) return Math.min(count, total);
        return Math.min(rank + ((count - rank) * (value - start)) / (end - start), total);
      }
      [rank, start] = [count, end];
    }
    return total;
  };
  return (below(upper) - below(lower)) / total;
}
