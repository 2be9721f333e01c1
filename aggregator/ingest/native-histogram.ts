import { Fault } from '../../lib/fault.ts';
import { FIXED64, LENGTH, type ProtobufReader, zigzag } from '../../lib/protobuf-reader.ts';
import {
  CUSTOM_BOUNDS,
  HIGHEST_SCHEMA,
  LEAST_SCHEMA,
  RESET_GAUGE,
  type Buckets,
  type NativeHistogram,
} from '../store/native-histogram.ts';

/** A histogram as a sender writes it: populations as they are, or as differences from bucket to bucket. */
export interface ReadHistogram {
  readonly atMs: number;
  readonly histogram: NativeHistogram;
  /** The sum's bits, which may be a staleness marker. */
  readonly sum: Float64Array;
}

interface Side {
  /** Offset and length by turns. */
  readonly spans: number[];
  readonly deltas: number[];
  readonly counts: number[];
}

/** What is read of a message so far. */
class Draft {
  readonly sum = new Float64Array(1);
  readonly negative: Side = { spans: [], deltas: [], counts: [] };
  readonly positive: Side = { spans: [], deltas: [], counts: [] };
  readonly bounds: number[] = [];
  count = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  resetHint = 0;
  atMs = 0;
}

/** By the number of the field; a count is an integer or a float. */
const FIELDS: Readonly<Record<number, (message: ProtobufReader, draft: Draft, maxBuckets: number) => void>> =
  {
    1: (message, draft) => (draft.count = message.int64()),
    2: (message, draft) => (draft.count = message.double()),
    3: (message, draft) => message.doubleInto(draft.sum, 0),
    4: (message, draft) => (draft.schema = zigzag(message.int64())),
    5: (message, draft) => (draft.zeroThreshold = message.double()),
    6: (message, draft) => (draft.zeroCount = message.int64()),
    7: (message, draft) => (draft.zeroCount = message.double()),
    8: (message, { negative }, maxBuckets) => readSpan(message.message(), negative.spans, maxBuckets),
    9: (message, { negative }, maxBuckets) => readDeltas(message, negative.deltas, maxBuckets),
    10: (message, { negative }, maxBuckets) => readDoubles(message, negative.counts, maxBuckets),
    11: (message, { positive }, maxBuckets) => readSpan(message.message(), positive.spans, maxBuckets),
    12: (message, { positive }, maxBuckets) => readDeltas(message, positive.deltas, maxBuckets),
    13: (message, { positive }, maxBuckets) => readDoubles(message, positive.counts, maxBuckets),
    14: (message, draft) => (draft.resetHint = message.int64()),
    15: (message, draft) => (draft.atMs = message.int64()),
    16: (message, { bounds }, maxBuckets) => readDoubles(message, bounds, maxBuckets),
  };

/**
 * Reads a `Histogram` of remote write: 1.0 (prometheus `prompb/types.proto`) and 2.0 (`prompb/io/prometheus/write/v2/
 * types.proto`) number its fields alike. Throws a `Fault` `malformed` when it is none, or has more than `maxBuckets`.
 */
export function readHistogram(message: ProtobufReader, maxBuckets: number): ReadHistogram {
  const draft = new Draft();
  while (message.next()) {
    const read = FIELDS[message.field];
    if (read) read(message, draft, maxBuckets);
    else message.skip();
  }
  const { atMs, sum, negative, positive, ...rest } = draft;
  const histogram: NativeHistogram = {
    ...rest,
    sum: sum[0] as number,
    positive: bucketsOf(positive),
    negative: bucketsOf(negative),
  };
  check(histogram);
  return { atMs, histogram, sum };
}

function check({ schema, resetHint, bounds, positive, negative }: NativeHistogram): void {
  if (schema !== CUSTOM_BOUNDS && !(schema >= LEAST_SCHEMA && schema <= HIGHEST_SCHEMA))
    throw malformed(`schema ${schema}, known are ${LEAST_SCHEMA} to ${HIGHEST_SCHEMA} and ${CUSTOM_BOUNDS}`);
  if (!(resetHint >= 0 && resetHint <= RESET_GAUGE)) throw malformed(`reset hint ${resetHint}`);
  if (schema === CUSTOM_BOUNDS) {
    if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity))))
      throw malformed('custom bounds that do not rise');
    const last = positive.at(-1)?.[0] ?? 0;
    if (last > bounds.length || (positive[0]?.[0] ?? 0) < 0 || negative.length > 0)
      throw malformed(`buckets that ${bounds.length} custom bounds do not make`);
  } else if (bounds.length > 0) throw malformed(`custom bounds with schema ${schema}`);
  for (const [index, population] of [...positive, ...negative])
    if (!(population >= 0)) throw malformed(`a population of ${population} in bucket ${index}`);
}

function bucketsOf({ spans, deltas, counts }: Side): Buckets {
  const populations = counts.length > 0 ? counts : deltas;
  const buckets: [number, number][] = [];
  let index = 0;
  let population = 0;
  for (let span = 0; span < spans.length; span += 2) {
    index += spans[span] as number;
    for (let left = spans[span + 1] as number; left > 0; left--) {
      const next = populations[buckets.length];
      if (next === undefined) throw malformed(`spans of more than its ${populations.length} buckets`);
      population = counts.length > 0 ? next : population + next;
      buckets.push([index++, population]);
    }
  }
  if (buckets.length < populations.length)
    throw malformed(`spans of ${buckets.length} of its ${populations.length} buckets`);
  return buckets;
}

/** A `BucketSpan`: how many buckets are left out, and how many follow. */
function readSpan(span: ProtobufReader, spans: number[], maxBuckets: number): void {
  let offset = 0;
  let length = 0;
  while (span.next()) {
    if (span.field === 1) offset = zigzag(span.int64());
    else if (span.field === 2) length = span.int64();
    else span.skip();
  }
  if (spans.length >= 2 * maxBuckets || length > maxBuckets) throw tooMany(maxBuckets);
  spans.push(offset, length);
}

function readDeltas(message: ProtobufReader, into: number[], maxBuckets: number): void {
  const from = into.length;
  message.int64s(into, maxBuckets);
  for (let i = from; i < into.length; i++) into[i] = zigzag(into[i] as number);
}

/** Packed, or one by one. */
function readDoubles(message: ProtobufReader, into: number[], maxBuckets: number): void {
  if (message.wireType === FIXED64) into.push(message.double());
  else if (message.wireType === LENGTH) {
    const bytes = message.bytes();
    if (bytes.length % 8 !== 0) throw malformed(`${bytes.length} bytes of doubles`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (into.length + bytes.length / 8 > maxBuckets) throw tooMany(maxBuckets);
    for (let at = 0; at < bytes.length; at += 8) into.push(view.getFloat64(at, true));
  } else throw malformed(`doubles of wire type ${message.wireType}`);
  if (into.length > maxBuckets) throw tooMany(maxBuckets);
}

function tooMany(maxBuckets: number): Fault {
  return malformed(`more than ${maxBuckets} buckets (setting ingest.max-histogram-buckets)`);
}

function malformed(what: string): Fault {
  return new Fault('malformed', `a native histogram with ${what}`);
}
