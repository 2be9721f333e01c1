import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import { Fault } from '../../lib/fault.ts';
import type { Question, TaskLimits } from '../query/task.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import { everything } from '../store/scope.ts';
import { Parameters } from './parameters.ts';

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
      handler: async (request, reply) => answer(api, request, reply, ask),
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
  }));
  route('/api/v1/query_range', (parameters) => ({
    kind: 'range',
    query: parameters.text('query'),
    startMs: parameters.timeMs('start'),
    endMs: parameters.timeMs('end'),
    stepMs: parameters.durationMs('step'),
  }));
  route('/api/v1/series', (parameters) => {
    parameters.text('match[]');
    return { kind: 'series', ...selection(parameters) };
  });
  route('/api/v1/labels', (parameters) => ({ kind: 'labels', ...selection(parameters) }));
  route('/api/v1/label/:name/values', (parameters, request) => ({
    kind: 'label_values',
    name: (request.params as { name: string }).name,
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

async function answer(
  api: PrometheusApi,
  request: FastifyRequest,
  reply: FastifyReply,
  ask: Ask,
): Promise<FastifyReply> {
  // The asker may go while the query waits or runs; nobody else needs the answer.
  const gone = new AbortController();
  reply.raw.on('close', () => gone.abort());
  void reply.type('application/json; charset=utf-8');
  try {
    const parameters = new Parameters(request.url.split('?')[1] ?? '', request.body);
    const timeoutMs = Math.min(api.limits.timeoutMs, parameters.durationMs('timeout', api.limits.timeoutMs));
    const lookbackMs = parameters.durationMs('lookback_delta', api.limits.lookbackMs);
    const task = {
      question: ask(parameters, request),
      scope: everything,
      limits: { ...api.limits, timeoutMs, lookbackMs },
    };
    const { status, body } = await api.readers.ask(task, gone.signal);
    return await reply.code(status).send(body);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    const status =
      thrown.code === 'bad_data' ? 400 : thrown.code === 'limit' ? 422 : thrown.retry ? 503 : 500;
    const errorType = thrown.code === 'limit' ? 'execution' : thrown.code;
    return reply.code(status).send({ status: 'error', errorType, error: thrown.message });
  }
}
