import { parsePromQL } from '../../lang/promql/parse.ts';
import { prettyPromQL } from '../../lang/promql/pretty.ts';
import { treeOf } from '../../lang/promql/tree.ts';
import type { Clock } from '../../lib/clock.ts';
import { Fault, reasonOf } from '../../lib/fault.ts';
import type { LogReader } from '../store/log-store.ts';
import type { MetricReader, ReadLimits } from '../store/store.ts';
import { answerList } from './answer-list.ts';
import { answerQuery } from './answer-query.ts';
import { cardinalityOf } from './cardinality.ts';
import { success } from './envelope.ts';
import { federate, FEDERATE_TYPE } from './federate.ts';
import { answerLogs } from './log/answer.ts';
import { deadline, type QueryLimits } from './promql/limits.ts';
import { queryInstant, queryRange, type QueryResult } from './promql/query.ts';
import { answerRemoteRead } from './remote-read.ts';
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
    return { status: 200, ...answerQuestion(readers.metrics, question, task, queryLimits, clock) };
  } catch (thrown) {
    return failure(thrown);
  }
}

/** Times of queries are taken by `clock`. */
function answerQuestion(
  reader: MetricReader,
  question: MetricQuestion,
  { scope, limits }: Task,
  queryLimits: QueryLimits,
  clock: Clock,
): Omit<Answer, 'status'> {
  const { lookbackMs } = limits;
  const damage = new Set<string>();
  const readLimits: ReadLimits = { ...queryLimits, onDamage: (message) => void damage.add(message) };
  switch (question.kind) {
    case 'instant': {
      const run = (within: QueryLimits): QueryResult =>
        queryInstant(reader, scope, { ...question, lookbackMs, limits: within });
      return { body: answerQuery(question, queryLimits, clock, run) };
    }
    case 'range': {
      const run = (within: QueryLimits): QueryResult =>
        queryRange(reader, scope, { ...question, lookbackMs, limits: within });
      return { body: answerQuery(question, queryLimits, clock, run) };
    }
    case 'series':
    case 'labels':
    case 'label_values':
      return { body: answerList(reader, scope, question, readLimits, damage) };
    case 'format':
      return { body: success(prettyPromQL(parsePromQL(question.query))) };
    case 'tree':
      return { body: success(treeOf(parsePromQL(question.query))) };
    case 'cardinality': {
      const range = { fromMs: question.startMs, toMs: question.endMs };
      const series = reader.series(scope, [], range, readLimits);
      return { body: success(cardinalityOf(series, range, question.most), [...damage]) };
    }
    case 'federate': {
      const selectors = question.matches.map((text) => parseSelector(text, 'match[]'));
      const moment = { atMs: question.timeMs, lookbackMs };
      return { type: FEDERATE_TYPE, body: federate(reader, scope, selectors, moment, readLimits) };
    }
    case 'remote_read': {
      const body = answerRemoteRead(reader, scope, question.body, readLimits);
      return { type: 'application/x-protobuf', encoding: 'snappy', body };
    }
  }
}

const STATUS_OF: Readonly<Record<string, number>> = {
  bad_data: 400,
  malformed: 400,
  too_large: 413,
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
