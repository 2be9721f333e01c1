import { putStale } from '../../wire/sample.ts';
import { HIGHEST_SCHEMA, LEAST_SCHEMA, type Buckets } from '../store/native-histogram.ts';
import type { ReadHistogram } from './native-histogram.ts';
import type { ExponentialBuckets, OtlpPoint } from './otlp-metric.ts';

/**
 * A point of an exponential histogram as a native histogram, or why it is not taken. OpenTelemetry's bucket i lies
 * above base^i, Prometheus's at or below it, so its index is one more. Scales finer than Prometheus's finest schema
 * are made coarser, each step joining two buckets. (prometheus `storage/remote/otlptranslator`, `histograms.go`)
 */
export function exponentialHistogram(point: OtlpPoint, maxBuckets: number): ReadHistogram | string {
  const { atMs, ended, count, sum = 0, exponential } = point;
  if (exponential === undefined) return 'a point without a histogram';
  const { scale, zeroCount, zeroThreshold } = exponential;
  if (!(scale >= LEAST_SCHEMA)) return `scale ${scale}, the coarsest that is taken is ${LEAST_SCHEMA}`;
  const joined = Math.max(0, scale - HIGHEST_SCHEMA);
  const [positive, negative] = ended
    ? [[], []]
    : [bucketsOf(exponential.positive, joined), bucketsOf(exponential.negative, joined)];
  if (Math.max(positive.length, negative.length) > maxBuckets)
    return `a histogram of more than ${maxBuckets} buckets (setting ingest.max-histogram-buckets)`;
  const bits = Float64Array.of(sum);
  if (ended) putStale(bits, 0);
  const histogram = {
    schema: Math.min(scale, HIGHEST_SCHEMA),
    count,
    sum: bits[0] as number,
    zeroThreshold,
    zeroCount,
    resetHint: 0,
    positive,
    negative,
    bounds: [],
  };
  return { atMs, histogram, sum: bits };
}

/** Empty buckets are left out; 2^`joined` neighbours become one. */
function bucketsOf({ offset, counts }: ExponentialBuckets, joined: number): Buckets {
  const buckets: [number, number][] = [];
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const index = Math.floor((offset + i) / 2 ** joined) + 1;
    const last = buckets.at(-1);
    if (last?.[0] === index) last[1] += count;
    else buckets.push([index, count]);
  }
  return buckets;
}
