import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { type Buckets, CUSTOM_BOUNDS, type NativeHistogram } from '../store/native-histogram.ts';

/** The fields of `Histogram` in prometheus `prompb/types.proto`; of counts the ones of floats, which hold all. */
const COUNT = 2;
const SUM = 3;
const SCHEMA = 4;
const ZERO_THRESHOLD = 5;
const ZERO_COUNT = 7;
const NEGATIVE = { spans: 8, counts: 10 };
const POSITIVE = { spans: 11, counts: 13 };
const RESET_HINT = 14;
const TIMESTAMP = 15;
const CUSTOM_VALUES = 16;

/** Writes the fields of a native histogram. */
export function writeHistogram(out: ProtobufWriter, histogram: NativeHistogram, atMs: number): void {
  const { schema, count, sum, zeroThreshold, zeroCount, resetHint, bounds } = histogram;
  out.double(COUNT, count);
  // The marker that a series has ended is a NaN, whose bits count.
  out.doubleAt(SUM, Float64Array.of(sum), 0);
  out.sint(SCHEMA, schema);
  out.double(ZERO_THRESHOLD, zeroThreshold);
  out.double(ZERO_COUNT, zeroCount);
  writeBuckets(out, histogram.negative, NEGATIVE);
  writeBuckets(out, histogram.positive, POSITIVE);
  out.uint(RESET_HINT, resetHint);
  out.uint(TIMESTAMP, atMs);
  if (schema === CUSTOM_BOUNDS) out.doubles(CUSTOM_VALUES, bounds);
}

/** Runs of neighbours as spans, each with its distance from the end of the one before, the first from 0. */
function writeBuckets(out: ProtobufWriter, buckets: Buckets, fields: typeof POSITIVE): void {
  if (buckets.length === 0) return;
  const span = new ProtobufWriter();
  let end = 0;
  for (let from = 0; from < buckets.length;) {
    const first = indexOf(buckets, from);
    let to = from + 1;
    while (to < buckets.length && indexOf(buckets, to) === first + to - from) to++;
    span.sint(1, first - end);
    span.uint(2, to - from);
    out.block(fields.spans, span.bytes());
    span.clear();
    end = first + to - from;
    from = to;
  }
  out.doubles(
    fields.counts,
    buckets.map(([, population]) => population),
  );
}

function indexOf(buckets: Buckets, at: number): number {
  return (buckets[at] as Buckets[number])[0];
}
