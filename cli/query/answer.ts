import { Fault, reasonOf } from '../../lib/fault.ts';

export type Metric = Readonly<Record<string, string>>;

/** A native histogram as Prometheus's API tells it. */
export interface HistogramValue {
  readonly count: string;
  readonly sum: string;
}

/** Seconds, and a number as text. */
export type Point = readonly [seconds: number, value: string];
export type HistogramPoint = readonly [seconds: number, histogram: HistogramValue];

export interface Series {
  readonly metric: Metric;
  readonly value?: Point;
  readonly values?: readonly Point[];
  readonly histogram?: HistogramPoint;
  readonly histograms?: readonly HistogramPoint[];
}

/** The `data` of Prometheus's query API. */
export type QueryData =
  | { readonly resultType: 'vector'; readonly result: readonly Series[] }
  | { readonly resultType: 'matrix'; readonly result: readonly Series[] }
  | { readonly resultType: 'scalar'; readonly result: Point }
  | { readonly resultType: 'string'; readonly result: Point };

export interface QueryAnswer {
  readonly data: QueryData;
  /** Warnings and infos. */
  readonly remarks: readonly string[];
}

export interface Asking {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly path: '/api/v1/query' | '/api/v1/query_range';
  readonly form: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
}

interface Envelope {
  readonly status?: unknown;
  readonly errorType?: unknown;
  readonly error?: unknown;
  readonly data?: QueryData;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** Longer than the server lets a query run. */
const TIMEOUT_MS = 600_000;

/**
 * Asks the server. Throws a Fault: `bad_query` when the query or a time of it is wrong, `unreachable`, `refused` when
 * the token is, `failed` for all else that is no result.
 */
export async function askServer({ url, token, path, form, fetch }: Asking): Promise<QueryAnswer> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    status = response.status;
    text = await response.text();
  } catch (cause) {
    throw new Fault('unreachable', `no answer from ${url} (option --url): ${reasonOf(cause)}`);
  }
  const envelope = parse(text);
  const reason = typeof envelope?.error === 'string' ? envelope.error : text.slice(0, 200).trim();
  if (status === 401) throw new Fault('refused', `${url} wants a token (option --token-file): ${reason}`);
  if (status === 400) throw new Fault('bad_query', reason);
  if (status !== 200 || envelope?.status !== 'success' || envelope.data === undefined)
    throw new Fault('failed', `${url} answers ${status}: ${reason}`);
  return { data: envelope.data, remarks: [...(envelope.warnings ?? []), ...(envelope.infos ?? [])] };
}

function parse(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `up{instance="a"}`; `{}` when nothing names the series. */
export function nameOf({ __name__: name = '', ...labels }: Metric): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length > 0 || name === '' ? `${name}{${pairs.join(', ')}}` : name;
}

/** All moments of a series with their values as text, in order of time. */
export function pointsOf({ value, values = [], histogram, histograms = [] }: Series): Point[] {
  const told = [...histograms, ...(histogram === undefined ? [] : [histogram])].map(
    ([seconds, { count, sum }]): Point => [seconds, `count ${count}, sum ${sum}`],
  );
  return [...values, ...(value === undefined ? [] : [value]), ...told].sort(([a], [b]) => a - b);
}

/** The number of a value's text, NaN when it is none. */
export function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
