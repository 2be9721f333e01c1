import { Fault } from '../../lib/fault.ts';

/**
 * The answers of Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/), decoded
 * with suspicion: whatever stands in the body, the outcome is a value of these types or a Fault.
 */
export type LabelRecord = Readonly<Record<string, string>>;

/** Unix seconds and value. */
export type Point = readonly [atSeconds: number, value: number];

/** Points ascending in time; an instant vector has one a series. */
export interface ResultSeries {
  readonly labels: LabelRecord;
  readonly points: readonly Point[];
}

export type ResultType = 'matrix' | 'vector' | 'scalar' | 'string';

export interface QueryResult {
  readonly type: ResultType;
  readonly series: readonly ResultSeries[];
  /** What the server wants to have said beside a good answer. */
  readonly warnings: readonly string[];
}

export type Json = Readonly<Record<string, unknown>>;

/** The `data` of a good answer and its warnings; the server's own words as a Fault otherwise. */
export function decodeEnvelope(body: unknown): { data: unknown; warnings: readonly string[] } {
  if (!isObject(body)) throw unreadable('the body is no JSON object');
  if (body['status'] === 'success') {
    const warnings = Array.isArray(body['warnings']) ? body['warnings'].map(String) : [];
    return { data: body['data'], warnings };
  }
  if (body['status'] !== 'error') throw unreadable('the body has no status');
  throw new Fault(text(body['errorType'], 'error'), text(body['error'], 'the server gave no reason'));
}

/** Decodes the body of `/api/v1/query` and `/api/v1/query_range`. */
export function decodeQueryResult(body: unknown): QueryResult {
  const { data, warnings } = decodeEnvelope(body);
  if (!isObject(data)) throw unreadable('data is no object');
  const result = data['result'];
  switch (data['resultType']) {
    case 'matrix':
      return { type: 'matrix', warnings, series: rows(result).map((row) => seriesOf(row, row['values'])) };
    case 'vector':
      return { type: 'vector', warnings, series: rows(result).map((row) => seriesOf(row, [row['value']])) };
    case 'scalar':
      return { type: 'scalar', warnings, series: [{ labels: {}, points: [pointOf(result)] }] };
    case 'string':
      throw new Fault('bad_data', 'the result is a string, which cannot be shown as numbers');
    default:
      throw unreadable(`resultType is ${String(data['resultType'])}`);
  }
}

/** Decodes the body of `/api/v1/label/<name>/values`. */
export function decodeStrings(body: unknown): readonly string[] {
  const { data } = decodeEnvelope(body);
  if (!Array.isArray(data)) throw unreadable('data is no list');
  return data.filter((item) => typeof item === 'string');
}

/** Numbers as Prometheus prints them, infinities with a sign. */
export function parseSample(value: unknown): number {
  if (value === '+Inf') return Number.POSITIVE_INFINITY;
  if (value === '-Inf') return Number.NEGATIVE_INFINITY;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function rows(result: unknown): readonly Json[] {
  if (!Array.isArray(result) || !result.every(isObject)) throw unreadable('result is no list of series');
  return result;
}

/** A series of native histograms has no `values`: it is there, without points. */
function seriesOf(row: Json, values: unknown): ResultSeries {
  const points = Array.isArray(values) ? values.filter((value) => value !== undefined).map(pointOf) : [];
  return { labels: labelsOf(row['metric']), points };
}

/** A label called `__proto__` is only a label. */
export function labelsOf(value: unknown): LabelRecord {
  const labels: Record<string, string> = Object.create(null);
  if (isObject(value)) {
    for (const [name, text] of Object.entries(value)) labels[name] = String(text);
  }
  return labels;
}

function pointOf(pair: unknown): Point {
  if (!Array.isArray(pair) || typeof pair[0] !== 'number') throw unreadable('a point is no [time, value]');
  return [pair[0], parseSample(pair[1])];
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}

export function unreadable(what: string): Fault {
  return new Fault('unreadable', `The server's answer cannot be read: ${what}`);
}
