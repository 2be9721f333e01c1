import { Fault, reasonOf } from '../../lib/fault.ts';
import type { TimeWindow } from '../time/range.ts';
import { decodeQueryResult, decodeStrings } from './answer.ts';
import type { QueryResult } from './answer.ts';

/** The questions that the page asks; each can be called off by its signal and then rejects with AbortError. */
export interface Api {
  /** Evaluates at one moment. */
  query(expression: string, atSeconds: number, signal?: AbortSignal): Promise<QueryResult>;
  /** Evaluates at each step of the window. */
  queryRange(expression: string, window: TimeWindow, signal?: AbortSignal): Promise<QueryResult>;
  /** Values of a label among the series that match, at most `limit`. */
  labelValues(label: string, question: LabelQuestion, signal?: AbortSignal): Promise<readonly string[]>;
}

export interface LabelQuestion {
  readonly match?: string;
  readonly limit: number;
  readonly startSeconds?: number;
  readonly endSeconds?: number;
}

/** What of `fetch` is needed. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Longer questions go in a body: proxies cut addresses somewhere above this. */
const MAX_ADDRESS_CHARS = 1500;

/**
 * Asks for a path below the page and gives the JSON of the answer. A Fault is `unreachable`, `unreadable`, or
 * `absent` when the server has no such part.
 */
export type Ask = (
  path: string,
  params: URLSearchParams,
  signal?: AbortSignal,
  /** The server also takes the question in a body, where it may be long. */
  mayPost?: boolean,
) => Promise<unknown>;

/** Addresses are relative to `baseUri`, so that the page may lie under any path. */
export function createAsk(fetch: Fetch, baseUri: string): Ask {
  return async (path, params, signal, mayPost = false) => {
    const address = new URL(path, baseUri).href;
    const search = params.toString();
    const posted = mayPost && search.length > MAX_ADDRESS_CHARS;
    const init: RequestInit = posted ? { method: 'POST', body: params } : {};
    if (signal) init.signal = signal;
    try {
      return await bodyOf(
        await fetch(posted || search === '' ? address : `${address}?${search}`, init),
        path,
      );
    } catch (thrown) {
      if (thrown instanceof Fault || signal?.aborted) throw thrown;
      throw new Fault('unreachable', `The server does not answer (${reasonOf(thrown)})`, { retry: true });
    }
  };
}

/** The queries of Prometheus's API. */
export function createApi(askFor: Ask): Api {
  const ask: Ask = (path, params, signal) => askFor(`api/v1/${path}`, params, signal, true);
  return {
    query: async (query, atSeconds, signal) =>
      decodeQueryResult(await ask('query', new URLSearchParams({ query, time: String(atSeconds) }), signal)),
    queryRange: async (query, window, signal) => {
      const params = new URLSearchParams({
        query,
        start: String(window.startSeconds),
        end: String(window.endSeconds),
        step: String(window.stepSeconds),
      });
      return decodeQueryResult(await ask('query_range', params, signal));
    },
    labelValues: async (label, question, signal) => {
      const params = new URLSearchParams({ limit: String(question.limit) });
      if (question.match !== undefined) params.set('match[]', question.match);
      if (question.startSeconds !== undefined) params.set('start', String(question.startSeconds));
      if (question.endSeconds !== undefined) params.set('end', String(question.endSeconds));
      const values = decodeStrings(await ask(`label/${label}/values`, params, signal));
      return values.slice(0, question.limit);
    },
  };
}

/** Errors of the API are JSON as well; what is not comes from something in between. */
async function bodyOf(response: Response, path: string): Promise<unknown> {
  const text = await response.text();
  if (response.status === 404) throw new Fault('absent', `This server has no ${path}`);
  try {
    return JSON.parse(text);
  } catch {
    const kind = response.headers.get('content-type')?.split(';')[0] ?? 'no content type';
    throw new Fault('unreadable', `${path} answered ${response.status} with ${kind} instead of JSON`, {
      retry: response.status >= 500,
    });
  }
}
