import { filterParams } from '../log/filter.ts';
import type { LogFilter } from '../log/filter.ts';
import { decodeStrings } from './answer.ts';
import type { Ask } from './client.ts';
import { decodeHistogram, decodeLogPage, decodeTailEvent } from './log-answer.ts';
import type { LogHistogram, LogPage, TailedLines } from './log-answer.ts';

export interface LogSearch {
  readonly filter: LogFilter;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** `backward` begins with the newest line. */
  readonly direction: 'backward' | 'forward';
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor: string | null;
}

export interface HistogramQuestion {
  readonly filter: LogFilter;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

export interface TailEvents {
  /** `from` is where a tail goes on behind these lines. */
  lines(tailed: TailedLines, from: string): void;
  /** It runs; after a break it runs again, and lines may be missing. */
  open(): void;
  /** It broke off; `again`: the browser tries again by itself. */
  lost(again: boolean): void;
}

/** What the page asks of the logs. */
export interface LogApi {
  search(search: LogSearch, signal: AbortSignal): Promise<LogPage>;
  histogram(question: HistogramQuestion, signal: AbortSignal): Promise<LogHistogram>;
  /** Names of labels that streams in the range have. */
  labels(startSeconds: number, endSeconds: number, signal: AbortSignal): Promise<readonly string[]>;
  labelValues(
    label: string,
    startSeconds: number,
    endSeconds: number,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Follows lines that come in, from `tail` of a page on; the result ends it. */
  tail(filter: LogFilter, from: string | null, events: TailEvents): () => void;
}

/** The logs of the server below `baseUri`. */
export function createLogApi(ask: Ask, baseUri: string): LogApi {
  const span = (startSeconds: number, endSeconds: number): URLSearchParams =>
    new URLSearchParams({ start: String(startSeconds), end: String(endSeconds) });
  const searchParams = (filter: LogFilter, startSeconds: number, endSeconds: number): URLSearchParams =>
    new URLSearchParams([...filterParams(filter), ...span(startSeconds, endSeconds)]);
  return {
    search: async ({ filter, startSeconds, endSeconds, direction, limit, cursor }, signal) => {
      const params = searchParams(filter, startSeconds, endSeconds);
      params.set('direction', direction);
      params.set('limit', String(limit));
      if (cursor !== null) params.set('cursor', cursor);
      return decodeLogPage(await ask('api/logs', params, signal));
    },
    histogram: async ({ filter, startSeconds, endSeconds, stepSeconds }, signal) => {
      const params = searchParams(filter, startSeconds, endSeconds);
      params.set('step', `${stepSeconds}s`);
      return decodeHistogram(await ask('api/logs/histogram', params, signal));
    },
    labels: async (startSeconds, endSeconds, signal) =>
      decodeStrings(await ask('api/logs/labels', span(startSeconds, endSeconds), signal)),
    labelValues: async (label, startSeconds, endSeconds, signal) => {
      const path = `api/logs/label/${encodeURIComponent(label)}/values`;
      return decodeStrings(await ask(path, span(startSeconds, endSeconds), signal));
    },
    tail: (filter, from, events) => {
      const params = filterParams(filter);
      if (from !== null) params.set('from', from);
      const source = new EventSource(new URL(`api/logs/tail?${params}`, baseUri));
      source.addEventListener('open', () => events.open());
      source.addEventListener('message', (event: MessageEvent<string>) =>
        events.lines(decodeTailEvent(event.data), event.lastEventId),
      );
      source.addEventListener('error', () => events.lost(source.readyState !== EventSource.CLOSED));
      return () => source.close();
    },
  };
}
