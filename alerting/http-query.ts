import { Fault, reasonOf } from '../lib/fault.ts';
import { labelsFrom } from '../wire/labels.ts';
import type { Query, QuerySample } from './query.ts';

export interface HttpQueryOptions {
  /** Of the aggregator, without a slash at the end. */
  readonly url: string;
  /** Read before each request, since a token may be replaced. */
  readonly token: () => string | undefined;
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
}

/** Answers that would only fill memory; 100,000 alerts fit. */
const MAX_ANSWER_CHARS = 64 * 1024 * 1024;

/** Evaluates by Prometheus's HTTP API (prometheus/docs `querying/api.md`). */
export function httpQuery({ url, token, timeoutMs, fetch }: HttpQueryOptions): Query {
  return async (expr, atMs) => {
    let response: Response;
    let text = '';
    try {
      const shown = token();
      response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: shown === undefined ? {} : { authorization: `Bearer ${shown}` },
        body: new URLSearchParams({ query: expr, time: String(atMs / 1000) }),
      });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if (text.length > MAX_ANSWER_CHARS) {
          throw new Fault('limit', `the answer has more than ${MAX_ANSWER_CHARS} characters`);
        }
      }
      text += decoder.decode();
    } catch (cause) {
      throw new Fault('unreachable', `the query got no answer from ${url}: ${reasonOf(cause)}`, {
        retry: true,
      });
    }
    return readQueryAnswer(response.status, text, url);
  };
}

interface Answer {
  readonly status?: unknown;
  readonly errorType?: unknown;
  readonly error?: unknown;
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown };
}

/** Reads what Prometheus's query API answers; `from` is told in faults. Throws as `Query` does. */
export function readQueryAnswer(status: number, text: string, from: string): QuerySample[] {
  const answer = parse(text);
  if (status !== 200 || answer?.status !== 'success') {
    const reason = typeof answer?.error === 'string' ? answer.error : text.slice(0, 200);
    const code = typeof answer?.errorType === 'string' ? answer.errorType : `http_${status}`;
    throw new Fault(code, `${from} answers ${status}: ${reason}`, { retry: status >= 500 });
  }
  const { resultType, result } = answer.data ?? {};
  try {
    if (resultType === 'scalar') return [{ labels: [], value: valueOf(result) }];
    if (resultType === 'vector') return (result as unknown[]).map(sampleOf);
  } catch (cause) {
    throw new Fault('bad_answer', `${from} gives an answer that can't be read: ${reasonOf(cause)}`);
  }
  throw new Fault('bad_data', `the query gives a ${String(resultType)}; a rule needs a vector or a scalar`);
}

function parse(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function sampleOf(sample: unknown): QuerySample {
  const { metric, value } = sample as { metric?: Record<string, unknown>; value?: unknown };
  const labels: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(metric ?? {})) labels[name] = String(text);
  return { labels: labelsFrom(labels), value: valueOf(value) };
}

function valueOf(pair: unknown): number {
  const text: unknown = (pair as readonly unknown[])[1];
  const named: Readonly<Record<string, number>> = { NaN: NaN, '+Inf': Infinity, '-Inf': -Infinity };
  const value = named[String(text)] ?? Number(text);
  if (typeof text !== 'string' || (Number.isNaN(value) && text !== 'NaN')) {
    throw new Error(`${JSON.stringify(text)} is no value`);
  }
  return value;
}
