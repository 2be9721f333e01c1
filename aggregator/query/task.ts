import type { TailPosition } from '../store/log-store.ts';
import type { Scope } from '../store/scope.ts';
import type { LogQuestion } from './log/question.ts';

/** What can be asked of a reader thread. Strings are as the asker wrote them. */
export type Question = MetricQuestion | { readonly kind: 'logs'; readonly ask: LogQuestion };

/** Times in ms. */
export type MetricQuestion =
  | QueryQuestion
  | ListQuestion
  /** A query as text for people, or as a tree; nothing is read. */
  | { readonly kind: 'format' | 'tree'; readonly query: string }
  /** What makes the series of some time many; `most` of each kind. */
  | {
      readonly kind: 'cardinality';
      readonly startMs: number;
      readonly endMs: number;
      readonly most: number;
    }
  | { readonly kind: 'federate'; readonly matches: readonly string[]; readonly timeMs: number }
  /** A `prometheus.ReadRequest`, packed by Snappy. */
  | { readonly kind: 'remote_read'; readonly body: Uint8Array };

export type QueryQuestion = Told &
  (
    | { readonly kind: 'instant'; readonly query: string; readonly timeMs: number }
    | {
        readonly kind: 'range';
        readonly query: string;
        readonly startMs: number;
        readonly endMs: number;
        readonly stepMs: number;
      }
  );

export type ListQuestion = Selection &
  ({ readonly kind: 'series' | 'labels' } | { readonly kind: 'label_values'; readonly name: string });

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

/** An HTTP answer, ready to be sent: Prometheus's JSON envelope unless `type` says that it is something else. */
export interface Answer {
  readonly status: number;
  readonly type?: string;
  /** How the body is packed. */
  readonly encoding?: 'snappy';
  readonly body: Uint8Array;
  /** Of a tail that succeeded: where the next look begins. */
  readonly position?: TailPosition;
}
