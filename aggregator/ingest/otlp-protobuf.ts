import { Fault } from '../../lib/fault.ts';
import { FIXED64, ProtobufReader, zigzag } from '../../lib/protobuf-reader.ts';
import {
  attribute,
  MAX_DEPTH,
  MAX_EXPONENTIAL_COUNTS,
  NO_RECORDED_VALUE,
  printDouble,
  printMap,
  quoted,
  type Attribute,
  type ExponentialBuckets,
  type ExponentialPoint,
  type OtlpKind,
  type OtlpPoint,
  type OtlpSink,
} from './otlp-metric.ts';

/**
 * Walks an `ExportMetricsServiceRequest` in protobuf. Field numbers: opentelemetry-proto v1.10. Fields may stand
 * in any order, so what names the others is read first. Throws a `Fault` `malformed`.
 */
export function readOtlpProtobuf(bytes: Uint8Array, sink: OtlpSink): void {
  const known: KnownPairs = new Map();
  for (const resourceMetrics of fields(new ProtobufReader(bytes), 1)) {
    const { 1: resources = [], 2: scopes = [] } = gather(resourceMetrics, [1, 2]);
    sink.resource(
      resources.flatMap((resource) => fields(resource, 1).map((pair) => readKeyValue(pair, known))),
    );
    for (const scopeMetrics of scopes) readScope(scopeMetrics, sink, known);
    sink.end();
  }
}

function readScope(scopeMetrics: ProtobufReader, sink: OtlpSink, known: KnownPairs): void {
  let name = '';
  let version = '';
  let schemaUrl = '';
  const attributes: Attribute[] = [];
  const metrics: ProtobufReader[] = [];
  while (scopeMetrics.next()) {
    if (scopeMetrics.field === 1) {
      const scope = scopeMetrics.message();
      while (scope.next()) {
        if (scope.field === 1) name = scope.text();
        else if (scope.field === 2) version = scope.text();
        else if (scope.field === 3) attributes.push(readKeyValue(scope.message(), known));
        else scope.skip();
      }
    } else if (scopeMetrics.field === 2) metrics.push(scopeMetrics.message());
    else if (scopeMetrics.field === 3) schemaUrl = scopeMetrics.text();
    else scopeMetrics.skip();
  }
  sink.scope(name, version, schemaUrl, attributes);
  for (const metric of metrics) readMetric(metric, sink, known);
}

const KINDS: Readonly<Record<number, OtlpKind>> = {
  5: 'gauge',
  7: 'sum',
  9: 'histogram',
  10: 'exponential histogram',
  11: 'summary',
};

function readMetric(metric: ProtobufReader, sink: OtlpSink, known: KnownPairs): void {
  let name = '';
  let description = '';
  let unit = '';
  let kind: OtlpKind = 'unknown';
  let temporality = 0;
  let monotonic = false;
  const points: ProtobufReader[] = [];
  while (metric.next()) {
    const told = KINDS[metric.field];
    if (metric.field === 1) name = metric.text();
    else if (metric.field === 2) description = metric.textOrUndefined() ?? '';
    else if (metric.field === 3) unit = metric.text();
    else if (told === undefined) metric.skip();
    else {
      kind = told;
      const data = metric.message();
      while (data.next()) {
        if (data.field === 1) points.push(data.message());
        else if (data.field === 2) temporality = Number(data.bigInt64());
        else if (data.field === 3) monotonic = data.bigInt64() !== 0n;
        else data.skip();
      }
    }
  }
  sink.metric({
    name,
    description,
    unit,
    kind,
    temporality,
    monotonic,
    pointCount: points.length,
    points: points.values().map((point) => readPoint(point, kind, known)),
  });
}

const NANOS_PER_MS = 1_000_000n;

interface MutablePoint {
  readonly known: KnownPairs;
  attributes: Attribute[];
  atMs: number;
  ended: boolean;
  value?: Float64Array;
  count: number;
  sum?: number;
  bounds: number[];
  bucketCounts: number[];
  quantiles: [number, number][];
  exponential?: MutableExponential;
}

type MutableExponential = { -readonly [Name in keyof ExponentialPoint]: ExponentialPoint[Name] };

function readPoint(point: ProtobufReader, kind: OtlpKind, known: KnownPairs): OtlpPoint {
  const read: MutablePoint = {
    known,
    attributes: [],
    atMs: 0,
    ended: false,
    count: 0,
    bounds: [],
    bucketCounts: [],
    quantiles: [],
  };
  const readField = FIELD_READERS[kind] ?? numberField;
  while (point.next()) {
    if (point.field === 3) read.atMs = Number(point.fixed64() / NANOS_PER_MS);
    else readField(point, read);
  }
  return read;
}

const FIELD_READERS: Readonly<Partial<Record<OtlpKind, typeof numberField>>> = {
  histogram: histogramField,
  summary: summaryField,
  'exponential histogram': exponentialField,
};

function numberField(point: ProtobufReader, read: MutablePoint): void {
  if (point.field === 7) read.attributes.push(readKeyValue(point.message(), read.known));
  else if (point.field === 8) read.ended = hasEnded(point);
  else if (point.field === 4 && point.wireType === FIXED64)
    point.doubleInto((read.value = new Float64Array(1)), 0);
  else if (point.field === 6) read.value = Float64Array.of(Number(BigInt.asIntN(64, point.fixed64())));
  else point.skip();
}

function histogramField(point: ProtobufReader, read: MutablePoint): void {
  if (point.field === 9) read.attributes.push(readKeyValue(point.message(), read.known));
  else if (point.field === 10) read.ended = hasEnded(point);
  else if (point.field === 4) read.count = Number(point.fixed64());
  else if (point.field === 5) read.sum = point.double();
  else if (point.field === 6)
    readPacked(point, (view, at) => read.bucketCounts.push(Number(view.getBigUint64(at, true))));
  else if (point.field === 7) readPacked(point, (view, at) => read.bounds.push(view.getFloat64(at, true)));
  else point.skip();
}

function exponentialField(point: ProtobufReader, read: MutablePoint): void {
  const exponential = (read.exponential ??= {
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset: 0, counts: [] },
    negative: { offset: 0, counts: [] },
  });
  if (point.field === 1) read.attributes.push(readKeyValue(point.message(), read.known));
  else if (point.field === 10) read.ended = hasEnded(point);
  else if (point.field === 4) read.count = Number(point.fixed64());
  else if (point.field === 5) read.sum = point.double();
  else if (point.field === 6) exponential.scale = zigzag(point.int64());
  else if (point.field === 7) exponential.zeroCount = Number(point.fixed64());
  else if (point.field === 8) exponential.positive = readBuckets(point.message());
  else if (point.field === 9) exponential.negative = readBuckets(point.message());
  else if (point.field === 14) exponential.zeroThreshold = point.double();
  else point.skip();
}

function readBuckets(buckets: ProtobufReader): ExponentialBuckets {
  let offset = 0;
  const counts: number[] = [];
  while (buckets.next()) {
    if (buckets.field === 1) offset = zigzag(buckets.int64());
    else if (buckets.field === 2) buckets.int64s(counts, MAX_EXPONENTIAL_COUNTS);
    else buckets.skip();
  }
  return { offset, counts };
}

function summaryField(point: ProtobufReader, read: MutablePoint): void {
  if (point.field === 7) read.attributes.push(readKeyValue(point.message(), read.known));
  else if (point.field === 8) read.ended = hasEnded(point);
  else if (point.field === 4) read.count = Number(point.fixed64());
  else if (point.field === 5) read.sum = point.double();
  else if (point.field === 6) {
    const quantile: [number, number] = [0, 0];
    const pair = point.message();
    while (pair.next()) {
      if (pair.field === 1 || pair.field === 2) quantile[pair.field - 1] = pair.double();
      else pair.skip();
    }
    read.quantiles.push(quantile);
  } else point.skip();
}

/** Numbers of 8 bytes, packed as senders do or one a field as they may. */
function readPacked(message: ProtobufReader, read: (view: DataView, at: number) => void): void {
  if (message.wireType === FIXED64) {
    const one = new DataView(new ArrayBuffer(8));
    one.setBigUint64(0, message.fixed64(), true);
    read(one, 0);
    return;
  }
  const { buffer, byteOffset, byteLength } = message.bytes();
  if (byteLength % 8 !== 0)
    throw new Fault('malformed', `${byteLength} bytes are no numbers of 8 bytes each`);
  const view = new DataView(buffer, byteOffset, byteLength);
  for (let at = 0; at < byteLength; at += 8) read(view, at);
}

function hasEnded(point: ProtobufReader): boolean {
  return (Number(point.bigInt64()) & NO_RECORDED_VALUE) !== 0;
}

/**
 * Attributes by their bytes: most stand at many points, and to look one up is a fifth of reading its texts. No
 * more than these are kept.
 */
type KnownPairs = Map<string, Attribute>;
const MAX_KNOWN = 10_000;

function readKeyValue(pair: ProtobufReader, known: KnownPairs): Attribute {
  const bytes = pair.key();
  let read = known.get(bytes);
  if (read === undefined) {
    read = readNewKeyValue(pair);
    if (known.size < MAX_KNOWN) known.set(bytes, read);
  }
  return read;
}

function readNewKeyValue(pair: ProtobufReader): Attribute {
  let key = '';
  let value = '';
  while (pair.next()) {
    if (pair.field === 1) key = pair.text();
    else if (pair.field === 2) value = readValue(pair.message(), false, 0);
    else pair.skip();
  }
  return attribute(key, value);
}

/** An `AnyValue` as text; what lies within another is JSON. */
function readValue(value: ProtobufReader, nested: boolean, depth: number): string {
  if (depth > MAX_DEPTH)
    throw new Fault('malformed', `an attribute holds values more than ${MAX_DEPTH} deep`);
  let text = nested ? 'null' : '';
  while (value.next()) {
    switch (value.field) {
      case 1:
        text = nested ? quoted(value.text()) : value.text();
        break;
      case 2:
        text = String(value.bigInt64() !== 0n);
        break;
      case 3:
        text = String(value.bigInt64());
        break;
      case 4:
        text = printDouble(value.double());
        break;
      case 5:
        text = `[${fields(value.message(), 1)
          .map((item) => readValue(item, true, depth + 1))
          .join(',')}]`;
        break;
      case 6:
        text = printMap(fields(value.message(), 1).map((pair) => nestedPair(pair, depth)));
        break;
      case 7: {
        const base64 = Buffer.from(value.bytes()).toString('base64');
        text = nested ? quoted(base64) : base64;
        break;
      }
      default:
        value.skip();
    }
  }
  return text;
}

function nestedPair(pair: ProtobufReader, depth: number): [string, string] {
  let key = '';
  let json = 'null';
  while (pair.next()) {
    if (pair.field === 1) key = pair.text();
    else if (pair.field === 2) json = readValue(pair.message(), true, depth + 1);
    else pair.skip();
  }
  return [key, json];
}

/** All messages of one field. */
function fields(message: ProtobufReader, field: number): ProtobufReader[] {
  return gather(message, [field])[field] ?? [];
}

function gather(message: ProtobufReader, wanted: readonly number[]): Record<number, ProtobufReader[]> {
  const found: Record<number, ProtobufReader[]> = {};
  while (message.next()) {
    if (wanted.includes(message.field)) (found[message.field] ??= []).push(message.message());
    else message.skip();
  }
  return found;
}
