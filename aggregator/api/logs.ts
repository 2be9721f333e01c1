import { Readable } from 'node:stream';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import { Fault } from '../../lib/fault.ts';
import { type LogQuestion, type LogSelection, parsePair } from '../query/log/question.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { Task, TaskLimits } from '../query/task.ts';
import type { LineCondition, TailPosition, TimeRangeNs } from '../store/log-store.ts';
import { everything } from '../store/scope.ts';
import { follow, LOOKS_A_SECOND } from './log-tail.ts';
import type { Parameters } from './parameters.ts';
import { parametersOf, sendAnswer, sendFault, whenGone } from './send-answer.ts';

export interface LogsApi {
  readonly readers: ReaderPool;
  readonly clock: Clock;
  readonly limits: LogsLimits;
}

/** All are settings: `query.max-log-lines`, `query.max-log-size`, `logs.max-tails`, `logs.max-tail-lines`. */
export interface LogsLimits extends TaskLimits {
  readonly maxLogLines: number;
  readonly maxLogBytes: number;
  readonly maxTails: number;
  /** A second. */
  readonly maxTailLines: number;
}

const DEFAULT_RANGE_NS = 3_600_000_000_000n;
const DEFAULT_LINES = 100;
const DEFAULT_BUCKETS = 60;
/** Lines of one nanosecond that a cursor may count; each page has to walk over them. */
const MAX_SKIP = 1_000_000;

/**
 * The log lines: `/api/logs`, `/api/logs/histogram`, `/api/logs/labels`, `/api/logs/label/:name/values` in
 * Prometheus's envelope, and `/api/logs/tail` as server-sent events. Streams by `selector`, text by `contains`
 * and `regex` (any number of each; all must hold) with `case=insensitive`.
 */
export function addLogsApi(server: FastifyInstance, api: LogsApi): void {
  const route = (
    url: string,
    ask: (parameters: Parameters, request: FastifyRequest) => LogQuestion,
  ): void => {
    server.get(url, async (request, reply) =>
      sendAnswer(api.readers, request, reply, (parameters) => taskOf(api, ask(parameters, request))),
    );
  };
  route('/api/logs', (parameters) => searchOf(api, parameters));
  route('/api/logs/histogram', (parameters) => histogramOf(api, parameters));
  route('/api/logs/labels', (parameters) => ({
    kind: 'labels',
    selector: parameters.optional('selector'),
    ...rangeOf(api, parameters),
  }));
  route('/api/logs/label/:name/values', (parameters, request) => ({
    kind: 'values',
    name: (request.params as { name: string }).name,
    selector: parameters.optional('selector'),
    ...rangeOf(api, parameters),
  }));
  let tails = 0;
  server.get('/api/logs/tail', async (request, reply) => {
    tails++;
    reply.raw.once('close', () => tails--);
    try {
      if (tails > api.limits.maxTails) {
        const message = `${tails - 1} tails run already (setting logs.max-tails)`;
        throw new Fault('unavailable', message, { retry: true });
      }
      return await sendTail(api, request, reply);
    } catch (thrown) {
      return sendFault(reply, thrown);
    }
  });
}

async function sendTail(api: LogsApi, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const gone = whenGone(reply);
  const parameters = parametersOf(request);
  const again = request.headers['last-event-id']?.toString();
  const selection = selectionOf(parameters);
  const maxLines = Math.ceil(api.limits.maxTailLines / LOOKS_A_SECOND);
  const ask = (position: TailPosition | undefined) =>
    api.readers.ask(taskOf(api, { kind: 'tail', ...selection, maxLines, position }), gone);
  const first = await ask(positionOf(again ?? parameters.optional('from')));
  // What is wrong with the question is told before the stream begins.
  if (first.status !== 200)
    return reply.type('application/json; charset=utf-8').code(first.status).send(first.body);
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(Readable.from(follow(first, ask, api.clock, gone)));
}

function searchOf({ clock, limits }: LogsApi, parameters: Parameters): LogQuestion {
  const direction = parameters.choice('direction', ['backward', 'forward']);
  const maxLines = parameters.count('limit', Math.min(DEFAULT_LINES, limits.maxLogLines));
  if (maxLines < 1 || maxLines > limits.maxLogLines) {
    throw new Fault(
      'bad_data',
      `invalid parameter "limit": ${maxLines} is not in 1 to ${limits.maxLogLines} (setting query.max-log-lines)`,
    );
  }
  const question = {
    kind: 'search',
    direction,
    maxLines,
    maxBytes: limits.maxLogBytes,
    ...selectionOf(parameters),
    ...rangeOf({ clock }, parameters),
  } as const;
  const text = parameters.optional('cursor');
  if (text === '') return { ...question, skip: 0 };
  const cursor = parsePair(text);
  if (cursor === undefined || cursor.second > MAX_SKIP)
    throw new Fault('bad_data', `invalid parameter "cursor": ${JSON.stringify(text)} is no "next" of a page`);
  const { first: timeNs, second: skip } = cursor;
  return direction === 'backward'
    ? { ...question, toNs: timeNs, skip }
    : { ...question, fromNs: timeNs, skip };
}

function histogramOf(api: LogsApi, parameters: Parameters): LogQuestion {
  const range = rangeOf(api, parameters);
  const buckets = Math.max(1, parameters.count('buckets', DEFAULT_BUCKETS));
  const spanMs = Number((range.toNs - range.fromNs) / 1_000_000n) + 1;
  const stepMs = Math.round(parameters.durationMs('step', Math.ceil(spanMs / buckets)));
  if (stepMs < 1) throw new Fault('bad_data', `invalid parameter "step": it is shorter than a millisecond`);
  return { kind: 'histogram', ...selectionOf(parameters), ...range, stepMs };
}

function rangeOf({ clock }: Pick<LogsApi, 'clock'>, parameters: Parameters): TimeRangeNs {
  const toNs = parameters.timeNs('end', BigInt(Math.floor(clock.nowMs())) * 1_000_000n);
  const fromNs = parameters.timeNs('start', toNs - DEFAULT_RANGE_NS);
  if (fromNs > toNs) throw new Fault('bad_data', 'invalid parameter "end": it is before "start"');
  return { fromNs, toNs };
}

function selectionOf(parameters: Parameters): LogSelection {
  const ignoreCase = parameters.choice('case', ['sensitive', 'insensitive']) === 'insensitive';
  const conditions = (['contains', 'regex'] as const).flatMap((kind) =>
    parameters.list(kind).map((text): LineCondition => ({ kind, text, ignoreCase })),
  );
  return { selector: parameters.optional('selector'), conditions };
}

function positionOf(text: string): TailPosition | undefined {
  if (text === '') return undefined;
  const pair = parsePair(text);
  if (pair === undefined)
    throw new Fault('bad_data', `invalid parameter "from": ${JSON.stringify(text)} is no "tail" of a page`);
  return { head: Number(pair.first), run: pair.second };
}

function taskOf({ limits }: LogsApi, ask: LogQuestion): Task {
  const { maxSeries, maxSamples, maxSteps, timeoutMs, lookbackMs } = limits;
  return {
    question: { kind: 'logs', ask },
    scope: everything,
    limits: { maxSeries, maxSamples, maxSteps, timeoutMs, lookbackMs },
  };
}
