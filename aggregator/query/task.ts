import type { TailPosition } from '../store/log-store.ts';
import type { Scope } from '../store/scope.ts';
import type { LogQuestion } from './log/question.ts';

/** What can be asked of a reader thread. Strings are as the asker wrote them. */
export type Question = MetricQuestion | { readonly kind: 'logs'; readonly ask: LogQuestion };

/** Times in ms. */
export type MetricQuestion =
  | ({ readonly kind: 'instant'; readonly query: string; readonly timeMs: number } & Told)
  | ({
      readonly kind: 'range';
      readonly query: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly stepMs: number;
    } & Told)
  | ({ readonly kind: 'series' } & Selection)
  | ({ readonly kind: 'labels' } & Selection)
  | ({ readonly kind: 'label_values'; readonly name: string } & Selection);

/** How much of the result of a query is told; all and no more when left out. */
interface Told {
  /** At most so many series, 0 for all. */
  readonly limit?: number;
  /** What the query cost, too. */
  readonly stats?: boolean;
}

interface Selection {
  /** Series selectors; a series that one of them matches counts. None: all series. */
  readonly matches: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  /** At most so many answers, 0 for all. */
  readonly limit: number;
}

/** Limits of one query, all settings under `query`. */
export interface TaskLimits {
  readonly maxSeries: number;
  readonly maxSamples: number;
  readonly maxSteps: number;
  readonly timeoutMs: number;
  readonly lookbackMs: number;
}

export interface Task {
  readonly question: Question;
  readonly scope: Scope;
  readonly limits: TaskLimits;
}

/** An HTTP answer, ready to be sent: Prometheus's JSON envelope. */
export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
  /** Of a tail that succeeded: where the next look begins. */
  readonly position?: TailPosition;
}
