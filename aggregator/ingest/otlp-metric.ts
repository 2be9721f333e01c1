/**
 * OTLP metrics as both encodings give them to `OtlpRows`, which knows nothing of bytes or JSON. Source of the
 * model: opentelemetry-proto `opentelemetry/proto/metrics/v1/metrics.proto`.
 */
export interface OtlpMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: OtlpKind;
  /** 1 delta, 2 cumulative; 0 where a kind has none, or the sender told none. */
  readonly temporality: number;
  readonly monotonic: boolean;
  readonly pointCount: number;
  /** Read one by one, once: a request holds many. */
  readonly points: Iterable<OtlpPoint>;
}

export type OtlpKind = 'gauge' | 'sum' | 'histogram' | 'summary' | 'exponential histogram' | 'unknown';

export interface OtlpPoint {
  readonly attributes: Attributes;
  /** Milliseconds since the epoch, rounded down; 0: not told. */
  readonly atMs: number;
  /** The flag NoRecordedValue: the series has ended. */
  readonly ended: boolean;
  /** One value of a gauge or a sum as its bits, none when the sender told none. */
  readonly value?: Float64Array;
  /** Of a histogram or a summary. */
  readonly count: number;
  readonly sum?: number;
  /** Upper bounds of the buckets but the last, which has none. */
  readonly bounds: readonly number[];
  /** Not cumulated. */
  readonly bucketCounts: readonly number[];
  readonly quantiles: readonly (readonly [quantile: number, value: number])[];
  /** Of an exponential histogram. */
  readonly exponential?: ExponentialPoint;
}

export interface ExponentialPoint {
  /** Bucket i holds what is above base^i, up to base^(i + 1), with base = 2^(2^-scale). */
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

export interface ExponentialBuckets {
  /** Index of the first. */
  readonly offset: number;
  readonly counts: readonly number[];
}

/** More counts of one side are no honest histogram. */
export const MAX_EXPONENTIAL_COUNTS = 100_000;

/** In the order of the sender. */
export type Attributes = readonly Attribute[];

export interface Attribute {
  readonly key: string;
  /** As text, whatever its type. */
  readonly value: string;
  /** Both, so that equal lists of attributes give equal texts and others do not. */
  readonly mark: string;
}

export function attribute(key: string, value: string): Attribute {
  return { key, value, mark: `${key.length}:${key}${value.length}:${value}` };
}

/** Receives a request piece by piece: each metric belongs to the resource and scope told before it. */
export interface OtlpSink {
  resource(attributes: Attributes): void;
  scope(name: string, version: string, schemaUrl: string, attributes: Attributes): void;
  metric(metric: OtlpMetric): void;
  /** The resource has no more metrics. */
  end(): void;
}

export const TEMPORALITY_DELTA = 1;
export const TEMPORALITY_CUMULATIVE = 2;
/** Bit of a point's flags. */
export const NO_RECORDED_VALUE = 1;
/** Values within values; deeper is no honest attribute. */
export const MAX_DEPTH = 32;

/** A part of an attribute that is a list or a map, as JSON (the collector's `AsString`). */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A map as JSON with its keys in order. */
export function printMap(entries: readonly (readonly [key: string, json: string])[]): string {
  const sorted = [...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, json]) => `${quoted(key)}:${json}`).join(',')}}`;
}

export function printDouble(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
