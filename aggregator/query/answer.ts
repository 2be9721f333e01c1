import type { Clock } from '../../lib/clock.ts';
import { Fault, reasonOf } from '../../lib/fault.ts';
import { labelsToRecord, type Labels } from '../../wire/labels.ts';
import type { Matcher } from '../store/matcher.ts';
import type { LogReader } from '../store/log-store.ts';
import type { MetricReader, ReadLimits, TimeRange } from '../store/store.ts';
import { answerLogs } from './log/answer.ts';
import { deadline, type QueryLimits } from './promql/limits.ts';
import { toPrometheusJson } from './promql/json.ts';
import { queryInstant, queryRange, type QueryResult } from './promql/query.ts';
import { parseSelector } from './selector.ts';
import type { Answer, MetricQuestion, Task } from './task.ts';

export interface Readers {
  readonly metrics: MetricReader;
  readonly logs: LogReader;
}

export interface AnswerWorld {
  readonly clock: Clock;
  /** Has the asker gone? */
  readonly cancelled: () => boolean;
}

/**
 * Answers one task with the status and body that Prometheus's HTTP API gives (prometheus/docs
 * `querying/api.md`): 400 for what is no query, 422 for what can't be evaluated or costs too much, 503 when
 * time ran out. Never throws for what was asked.
 */
export function answer(readers: Readers, task: Task, { clock, cancelled }: AnswerWorld): Answer {
  const { timeoutMs, ...limits } = task.limits;
  const inTime = deadline(clock, timeoutMs);
  const queryLimits: QueryLimits = {
    ...limits,
    checkDeadline: () => {
      if (cancelled()) throw new Fault('canceled', 'the query was given up by whoever asked');
      inTime();
    },
  };
  try {
    const { question, scope } = task;
    if (question.kind === 'logs')
      return { status: 200, ...answerLogs(readers.logs, question.ask, scope, queryLimits) };
    return { status: 200, body: answerQuestion(readers.metrics, question, task, queryLimits, clock) };
  } catch (thrown) {
    return failure(thrown);
  }
}

function answerQuestion(
  reader: MetricReader,
  question: MetricQuestion,
  { scope, limits }: Task,
  queryLimits: QueryLimits,
  clock: Clock,
): Uint8Array {
  const { lookbackMs } = limits;
  const damage = new Set<string>();
  const readLimits: ReadLimits = { ...queryLimits, onDamage: (message) => void damage.add(message) };
  switch (question.kind) {
    case 'instant':
      return result(question, queryLimits, clock, (within) =>
        queryInstant(reader, scope, { ...question, lookbackMs, limits: within }),
      );
    case 'range':
      return result(question, queryLimits, clock, (within) =>
        queryRange(reader, scope, { ...question, lookbackMs, limits: within }),
      );
    case 'series': {
      const found = perSelector(question, (matchers, range) =>
        reader.series(scope, matchers, range, readLimits),
      );
      const unique = new Map<string, Labels>();
      for (const labels of found) unique.set(labels.join('\0'), labels);
      return list([...unique.values()].map(labelsToRecord), question.limit, damage);
    }
    case 'labels': {
      const found = perSelector(question, (matchers, range) =>
        reader.labelNames(scope, matchers, range, readLimits),
      );
      return list([...new Set(found)].sort(), question.limit, damage);
    }
    case 'label_values': {
      const found = perSelector(question, (matchers, range) =>
        reader.labelValues(scope, question.name, matchers, range, readLimits),
      );
      return list([...new Set(found)].sort(), question.limit, damage);
    }
  }
}

type QueryQuestion = Extract<MetricQuestion, { query: string }>;

function result(
  { limit = 0, stats = false }: QueryQuestion,
  limits: QueryLimits,
  clock: Clock,
  run: (limits: QueryLimits) => QueryResult,
): Uint8Array {
  const usage = { samples: 0, peakSamples: 0 };
  const startMs = clock.monotonicMs();
  const whole = run({ ...limits, usage });
  const seconds = (clock.monotonicMs() - startMs) / 1000;
  return toPrometheusJson(
    cut(whole, limit),
    stats
      ? {
          timings: { evalTotalTime: seconds, execTotalTime: seconds },
          samples: { totalQueryableSamples: usage.samples, peakSamples: usage.peakSamples },
        }
      : undefined,
  );
}

const TRUNCATED = 'results truncated due to limit';

/** The first series of a result; 0 is no limit. */
function cut(whole: QueryResult, limit: number): QueryResult {
  const warnings = [...whole.warnings, TRUNCATED];
  if (limit > 0 && whole.type === 'vector' && whole.samples.length > limit)
    return { ...whole, samples: whole.samples.slice(0, limit), warnings };
  if (limit > 0 && whole.type === 'matrix' && whole.series.length > limit)
    return { ...whole, series: whole.series.slice(0, limit), warnings };
  return whole;
}

/** What each of the selectors finds, one after the other; all series when there is no selector. */
function perSelector<T>(
  question: Extract<MetricQuestion, { matches: readonly string[] }>,
  find: (matchers: readonly Matcher[], range: TimeRange) => readonly T[],
): T[] {
  const range = { fromMs: question.startMs, toMs: question.endMs };
  if (question.matches.length === 0) return [...find([], range)];
  return question.matches.flatMap((text) => find(parseSelector(text, 'match[]'), range));
}

function list(found: readonly unknown[], limit: number, damage: Set<string>): Uint8Array {
  const isCut = limit > 0 && found.length > limit;
  const warnings = [...damage, ...(isCut ? [TRUNCATED] : [])];
  const data = isCut ? found.slice(0, limit) : found;
  return Buffer.from(JSON.stringify({ status: 'success', data, ...(warnings.length > 0 && { warnings }) }));
}

const STATUS_OF: Readonly<Record<string, number>> = {
  bad_data: 400,
  timeout: 503,
  canceled: 503,
  store: 500,
};

function failure(thrown: unknown): Answer {
  // A bug is told as one, to the asker of this query alone.
  const code = thrown instanceof Fault ? thrown.code : 'internal';
  const status = code === 'internal' ? 500 : (STATUS_OF[code] ?? 422);
  const errorType = status === 422 ? 'execution' : code;
  const body = JSON.stringify({ status: 'error', errorType, error: reasonOf(thrown) });
  return { status, body: Buffer.from(body) };
}
