import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import { Fault } from '../../lib/fault.ts';
import type { Metadata } from '../ingest/metric-metadata.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { Question, Task, TaskLimits } from '../query/task.ts';
import { everything } from '../store/scope.ts';
import { unescapeName } from './escaped-name.ts';
import { addMetadata } from './metadata.ts';
import type { Parameters } from './parameters.ts';
import { addRemoteRead } from './remote-read.ts';
import { sendAnswer } from './send-answer.ts';
import { addTargets } from './targets.ts';

export interface PrometheusApi {
  readonly readers: ReaderPool;
  readonly clock: Clock;
  readonly limits: TaskLimits;
  /** What metrics are, by their families. */
  readonly metadata: () => ReadonlyMap<string, Metadata>;
}

interface Asked {
  readonly parameters: Parameters;
  readonly nowMs: number;
  readonly request: FastifyRequest;
}

/** Grafana's health check asks at second 4; a metadata request without times means all time. */
const ALL_TIME = { startMs: -8.64e15, endMs: 8.64e15 };

/** Prometheus looks at its head, the last two hours or so. */
const CARDINALITY_MS = 2 * 3_600_000;
const CARDINALITY_ENTRIES = 10;

/** What a reader thread answers, by GET or as a posted form. */
const ROUTES: Readonly<Record<string, (asked: Asked) => Question>> = {
  '/api/v1/query': ({ parameters, nowMs }) => ({
    kind: 'instant',
    query: parameters.text('query'),
    timeMs: parameters.timeMs('time', nowMs),
    ...told(parameters),
  }),
  '/api/v1/query_range': ({ parameters }) => ({
    kind: 'range',
    query: parameters.text('query'),
    startMs: parameters.timeMs('start'),
    endMs: parameters.timeMs('end'),
    stepMs: parameters.durationMs('step'),
    ...told(parameters),
  }),
  '/api/v1/series': ({ parameters }) => {
    parameters.text('match[]');
    return { kind: 'series', ...selection(parameters) };
  },
  '/api/v1/labels': ({ parameters }) => ({ kind: 'labels', ...selection(parameters) }),
  '/api/v1/label/:name/values': ({ parameters, request }) => ({
    kind: 'label_values',
    name: unescapeName((request.params as { name: string }).name),
    ...selection(parameters),
  }),
  '/api/v1/format_query': ({ parameters }) => ({ kind: 'format', query: parameters.text('query') }),
  '/api/v1/parse_query': ({ parameters }) => ({ kind: 'tree', query: parameters.text('query') }),
  '/api/v1/status/tsdb': ({ parameters, nowMs: endMs }) => {
    const most = parameters.count('limit', CARDINALITY_ENTRIES);
    if (most === 0) throw new Fault('bad_data', 'invalid parameter "limit": it has to be more than 0');
    return { kind: 'cardinality', startMs: endMs - CARDINALITY_MS, endMs, most };
  },
  '/federate': ({ parameters, nowMs: timeMs }) => {
    parameters.text('match[]');
    return { kind: 'federate', matches: parameters.list('match[]'), timeMs };
  },
};

/**
 * What Prometheus's HTTP API (prometheus/docs `querying/api.md`) answers of samples, by GET or as a posted form
 * under /api/v1; `/federate`; and remote read.
 */
export function addPrometheusApi(server: FastifyInstance, api: PrometheusApi): void {
  const method = ['GET', 'POST'];
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );
  for (const [url, ask] of Object.entries(ROUTES)) {
    server.route({
      method,
      url,
      handler: async (request, reply) =>
        sendAnswer(api.readers, request, reply, (parameters) => {
          const question = ask({ parameters, request, nowMs: api.clock.nowMs() });
          return taskOf(api, question, parameters);
        }),
    });
  }
  // Exemplars are not kept; Grafana asks once, and takes an error for an old server.
  server.route({
    method,
    url: '/api/v1/query_exemplars',
    handler: async () => ({ status: 'success', data: [] }),
  });
  addMetadata(server, api);
  addTargets(server, api);
  addRemoteRead(server, api);
}

function selection(parameters: Parameters) {
  return {
    matches: parameters.list('match[]'),
    startMs: parameters.timeMs('start', ALL_TIME.startMs),
    endMs: parameters.timeMs('end', ALL_TIME.endMs),
    limit: parameters.count('limit', 0),
  };
}

function told(parameters: Parameters): { limit: number; stats: boolean } {
  return { limit: parameters.count('limit', 0), stats: parameters.optional('stats') !== '' };
}

/** As asked, but with the times that the asker wants, no longer than the settings allow. */
function taskOf({ limits }: PrometheusApi, question: Question, parameters: Parameters): Task {
  const timeoutMs = Math.min(limits.timeoutMs, parameters.durationMs('timeout', limits.timeoutMs));
  const lookbackMs = parameters.durationMs('lookback_delta', limits.lookbackMs);
  if (!(lookbackMs > 0))
    throw new Fault('bad_data', 'invalid parameter "lookback_delta": it has to be more than 0');
  return { question, scope: everything, limits: { ...limits, timeoutMs, lookbackMs } };
}
