import { Fault, reasonOf } from '../../lib/fault.ts';
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
 * Walks an `ExportMetricsServiceRequest` in JSON: names in lowerCamelCase, 64-bit integers as text or number,
 * doubles as number or `"NaN"`, `"Infinity"` (protobuf's JSON mapping; opentelemetry-proto `docs/specification.md`).
 * Names that are not known are passed over. Throws a `Fault` `malformed`.
 */
export function readOtlpJson(bytes: Uint8Array, sink: OtlpSink): void {
  for (const resourceMetrics of list(parse(bytes), 'resourceMetrics')) {
    sink.resource(readAttributes(object(resourceMetrics, 'resource')));
    for (const scopeMetrics of list(resourceMetrics, 'scopeMetrics')) {
      const scope = object(scopeMetrics, 'scope');
      const schemaUrl = text(scopeMetrics, 'schemaUrl');
      sink.scope(text(scope, 'name'), text(scope, 'version'), schemaUrl, readAttributes(scope));
      for (const metric of list(scopeMetrics, 'metrics')) readMetric(metric, sink);
    }
    sink.end();
  }
}

type Json = Readonly<Record<string, unknown>>;

const KINDS: readonly (readonly [name: string, kind: OtlpKind])[] = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential histogram'],
  ['summary', 'summary'],
];

function parse(bytes: Uint8Array): Json {
  try {
    return expectObject(JSON.parse(decoder.decode(bytes)), 'the body');
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('malformed', `the body is not JSON: ${reasonOf(cause)}`, { cause });
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function readMetric(metric: Json, sink: OtlpSink): void {
  const [field, kind] = KINDS.find(([name]) => metric[name] != null) ?? ['', 'unknown' as const];
  const data = object(metric, field);
  const points = list(data, 'dataPoints');
  sink.metric({
    name: text(metric, 'name'),
    description: text(metric, 'description'),
    unit: text(metric, 'unit'),
    kind,
    temporality: readTemporality(data['aggregationTemporality']),
    monotonic: data['isMonotonic'] === true,
    pointCount: points.length,
    points: points.values().map((point) => readPoint(point, kind)),
  });
}

/** An enum is its number, or its name with some senders. */
function readTemporality(told: unknown): number {
  const names = [0, 'AGGREGATION_TEMPORALITY_DELTA', 'AGGREGATION_TEMPORALITY_CUMULATIVE'];
  return typeof told === 'string' ? Math.max(0, names.indexOf(told)) : Number(told ?? 0);
}

function readPoint(point: Json, kind: OtlpKind): OtlpPoint {
  const { asInt, asDouble, sum } = point;
  const value = asDouble ?? asInt;
  return {
    attributes: readAttributes(point),
    atMs: readNanos(point['timeUnixNano']),
    ended: (Number(point['flags'] ?? 0) & NO_RECORDED_VALUE) !== 0,
    ...(value != null && { value: Float64Array.of(number(value, asDouble == null ? 'asInt' : 'asDouble')) }),
    count: number(point['count'] ?? 0, 'count'),
    ...(sum != null && { sum: number(sum, 'sum') }),
    bounds: array(point, 'explicitBounds').map((bound) => number(bound, 'explicitBounds')),
    bucketCounts: array(point, 'bucketCounts').map((count) => number(count, 'bucketCounts')),
    quantiles: list(point, 'quantileValues').map((pair) => [
      number(pair['quantile'] ?? 0, 'quantile'),
      number(pair['value'] ?? 0, 'value'),
    ]),
    ...(kind === 'exponential histogram' && { exponential: readExponential(point) }),
  };
}

function readExponential(point: Json): ExponentialPoint {
  return {
    scale: number(point['scale'] ?? 0, 'scale'),
    zeroCount: number(point['zeroCount'] ?? 0, 'zeroCount'),
    zeroThreshold: number(point['zeroThreshold'] ?? 0, 'zeroThreshold'),
    positive: readBuckets(object(point, 'positive')),
    negative: readBuckets(object(point, 'negative')),
  };
}

function readBuckets(buckets: Json): ExponentialBuckets {
  const counts = array(buckets, 'bucketCounts');
  if (counts.length > MAX_EXPONENTIAL_COUNTS) throw new Fault('malformed', `${counts.length} bucketCounts`);
  return {
    offset: number(buckets['offset'] ?? 0, 'offset'),
    counts: counts.map((count) => number(count, 'bucketCounts')),
  };
}

/** Nanoseconds as text are exact; as a JSON number they were rounded when they were read. */
function readNanos(told: unknown): number {
  if (told == null) return 0;
  if (typeof told === 'string' && /^\d{1,20}$/.test(told)) return Number(told.slice(0, -6));
  const nanos = number(told, 'timeUnixNano');
  if (!(nanos >= 0)) throw new Fault('malformed', `timeUnixNano is ${print(told)}`);
  return Math.floor(nanos / 1e6);
}

function readAttributes(holder: Json): Attribute[] {
  return list(holder, 'attributes').map((pair) =>
    attribute(text(pair, 'key'), readValue(object(pair, 'value'), false, 0)),
  );
}

/** An `AnyValue` as text; what lies within another is JSON. */
function readValue(value: Json, nested: boolean, depth: number): string {
  if (depth > MAX_DEPTH)
    throw new Fault('malformed', `an attribute holds values more than ${MAX_DEPTH} deep`);
  const { boolValue, intValue, doubleValue, arrayValue, kvlistValue } = value;
  const name = value['stringValue'] == null ? 'bytesValue' : 'stringValue';
  if (value[name] != null) return nested ? quoted(text(value, name)) : text(value, name);
  if (boolValue != null) return String(boolValue === true);
  if (intValue != null) {
    const integer = typeof intValue === 'number' ? String(intValue) : text(value, 'intValue');
    if (!/^-?\d{1,20}$/.test(integer)) throw new Fault('malformed', `intValue is ${print(intValue)}`);
    return integer;
  }
  if (doubleValue != null) return printDouble(number(doubleValue, 'doubleValue'));
  if (arrayValue != null) {
    const items = list(object(value, 'arrayValue'), 'values');
    return `[${items.map((item) => readValue(item, true, depth + 1)).join(',')}]`;
  }
  if (kvlistValue == null) return nested ? 'null' : '';
  const pairs = list(object(value, 'kvlistValue'), 'values');
  return printMap(
    pairs.map((pair) => [text(pair, 'key'), readValue(object(pair, 'value'), true, depth + 1)]),
  );
}

function object(holder: Json, name: string): Json {
  return expectObject(holder[name] ?? {}, name);
}

function expectObject(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Fault('malformed', `${name} is ${print(value)}, not an object`);
}

function array(holder: Json, name: string): readonly unknown[] {
  const value = holder[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new Fault('malformed', `${name} is ${print(value)}, not an array`);
}

function list(holder: Json, name: string): Json[] {
  return array(holder, name).map((item) => expectObject(item, `an item of ${name}`));
}

function text(holder: Json, name: string): string {
  const value = holder[name] ?? '';
  if (typeof value !== 'string') throw new Fault('malformed', `${name} is ${print(value)}, not a text`);
  return value.toWellFormed();
}

const WORDS: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };

/** Empty text is no number, though JavaScript takes it for 0. */
function number(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') {
    if (Object.hasOwn(WORDS, value)) return WORDS[value] as number;
    if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return Number(value);
  }
  throw new Fault('malformed', `${name} is ${print(value)}, not a number`);
}

function print(value: unknown): string {
  if (typeof value === 'object')
    return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
  return JSON.stringify(value)?.slice(0, 80) ?? 'missing';
}
