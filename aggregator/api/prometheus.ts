import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import { Fault } from '../../lib/fault.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { Question, Task, TaskLimits } from '../query/task.ts';
import { everything } from '../store/scope.ts';
import { unescapeName } from './escaped-name.ts';
import type { Parameters } from './parameters.ts';
import { sendAnswer } from './send-answer.ts';

export interface PrometheusApi {
  readonly readers: ReaderPool;
  readonly clock: Clock;
  readonly limits: TaskLimits;
  readonly version: string;
}

type Ask = (parameters: Parameters, request: FastifyRequest) => Question;

/** Grafana's health check asks at second 4; a metadata request without times means all time. */
const ALL_TIME = { startMs: -8.64e15, endMs: 8.64e15 };

/**
 * The queries of Prometheus's HTTP API under /api/v1 (prometheus/docs `querying/api.md`), by GET or as a
 * posted form.
 */
export function addPrometheusApi(server: FastifyInstance, api: PrometheusApi): void {
  const { clock } = api;
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );
  const route = (url: string, ask: Ask): void => {
    server.route({
      method: ['GET', 'POST'],
      url,
      handler: async (request, reply) =>
        sendAnswer(api.readers, request, reply, (parameters) =>
          taskOf(api, ask(parameters, request), parameters),
        ),
    });
  };
  const selection = (parameters: Parameters) => ({
    matches: parameters.list('match[]'),
    startMs: parameters.timeMs('start', ALL_TIME.startMs),
    endMs: parameters.timeMs('end', ALL_TIME.endMs),
    limit: parameters.count('limit', 0),
  });
  route('/api/v1/query', (parameters) => ({
    kind: 'instant',
    query: parameters.text('query'),
    timeMs: parameters.timeMs('time', clock.nowMs()),
    ...told(parameters),
  }));
  route('/api/v1/query_range', (parameters) => ({
    kind: 'range',
    query: parameters.text('query'),
    startMs: parameters.timeMs('start'),
    endMs: parameters.timeMs('end'),
    stepMs: parameters.durationMs('step'),
    ...told(parameters),
  }));
  route('/api/v1/series', (parameters) => {
    parameters.text('match[]');
    return { kind: 'series', ...selection(parameters) };
  });
  route('/api/v1/labels', (parameters) => ({ kind: 'labels', ...selection(parameters) }));
  route('/api/v1/label/:name/values', (parameters, request) => ({
    kind: 'label_values',
    name: unescapeName((request.params as { name: string }).name),
    ...selection(parameters),
  }));
  server.get('/api/v1/status/buildinfo', async () => ({
    status: 'success',
    data: {
      version: '3.5.0',
      revision: `binnacle-${api.version}`,
      branch: '',
      buildUser: '',
      buildDate: '',
      goVersion: '',
    },
  }));
}

function told(parameters: Parameters): { limit: number; stats: boolean } {
  return { limit: parameters.count('limit', 0), stats: parameters.optional('stats') !== '' };
}

/** As asked, but with the times that the asker wants, no longer than the settings allow. */
function taskOf(api: PrometheusApi, question: Question, parameters: Parameters): Task {
  const { limits } = api;
  const timeoutMs = Math.min(limits.timeoutMs, parameters.durationMs('timeout', limits.timeoutMs));
  const lookbackMs = parameters.durationMs('lookback_delta', limits.lookbackMs);
  if (!(lookbackMs > 0))
    throw new Fault('bad_data', 'invalid parameter "lookback_delta": it has to be more than 0');
  return { question, scope: everything, limits: { ...limits, timeoutMs, lookbackMs } };
}
