import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import type { AggregatorMetrics } from '../event.ts';
import { packInflux } from '../ingest/influx-lines.ts';
import type { IngestReply } from '../ingest/ingester.ts';
import { KIND_INFLUX } from '../ingest/push.ts';
import type { Writer } from '../ingest/writer.ts';
import { refuseEncoding } from './body-encoding.ts';

/** The version whose write API this is; clients look at it before they write. */
const INFLUX_VERSION = '1.8.0';
const RETRY_AFTER_SECONDS = 5;
/** What clients say at their start to make a place for what they write; here there is always one. */
const PREPARING = /^\s*(create\s+(database|retention\s+policy)|alter\s+retention\s+policy)\s/i;

export interface InfluxRoutesParts {
  readonly writer: Writer;
  readonly metrics: AggregatorMetrics;
  readonly clock: Clock;
}

/** InfluxDB's write API of 1.x and 2.x, as Telegraf's and Heapster's sinks speak it. */
export function addInfluxRoutes(
  server: FastifyInstance,
  { writer, metrics, clock }: InfluxRoutesParts,
): void {
  void server.register(async (scope) => {
    // Clients name all sorts of types for their lines.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook('onSend', async (_request, reply) => {
      void reply.header('x-influxdb-version', INFLUX_VERSION).header('x-influxdb-build', 'OSS');
    });
    scope.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) =>
      sendError(reply, error.statusCode ?? 500, error.message),
    );
    const write = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const refusal = refuseEncoding(request.headers);
      if (refusal !== undefined) return sendError(reply, 415, refusal);
      const { db, precision } = parametersOf(request.url);
      const lines = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
      const body = packInflux({ db, precision, nowMs: clock.nowMs(), lines });
      const result = await writer.take(KIND_INFLUX, body);
      metrics.ingested('influx', result);
      return answer(reply, result);
    };
    scope.post('/write', write);
    scope.post('/api/v2/write', write);
    scope.get('/ping', async (_request, reply) => reply.code(204).send());
    scope.route({
      method: ['GET', 'POST'],
      url: '/query',
      handler: async (request, reply) => query(request, reply),
    });
  });
}

function parametersOf(url: string): { db: string; precision: string; q: string } {
  const at = url.indexOf('?');
  const parameters = new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
  const get = (name: string): string => parameters.get(name) ?? '';
  return { db: get('db'), precision: get('precision'), q: get('q') };
}

async function answer(reply: FastifyReply, result: IngestReply): Promise<FastifyReply> {
  if (result.ok) return reply.code(204).send();
  const { code, message, retry, samples, refused = 0 } = result;
  // Clients know by these words that the others are taken, and do not send all of them again.
  if (samples !== undefined) return sendError(reply, 400, `partial write: ${message} dropped=${refused}`);
  if (retry) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  const status = retry ? 503 : code === 'too_large' ? 413 : code === 'internal' ? 500 : 400;
  return sendError(reply, status, message);
}

const CODES: Readonly<Record<number, string>> = {
  413: 'request too large',
  500: 'internal error',
  503: 'unavailable',
};

/** `error` for clients of 1.x, `code` and `message` for those of 2.x. */
async function sendError(reply: FastifyReply, status: number, error: string): Promise<FastifyReply> {
  return reply.code(status).send({ error, code: CODES[status] ?? 'invalid', message: error });
}

/** Answers what a client says before it writes; what is stored is asked by PromQL. */
async function query(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const form = request.body instanceof Uint8Array ? Buffer.from(request.body).toString() : '';
  const q = parametersOf(request.url).q || (new URLSearchParams(form).get('q') ?? '');
  const statements = q.split(';').filter((statement) => statement.trim() !== '');
  if (statements.length === 0) return sendError(reply, 400, 'missing required parameter "q"');
  const other = statements.find((statement) => !PREPARING.test(statement));
  if (other !== undefined)
    return sendError(
      reply,
      400,
      `${JSON.stringify(other.trim().slice(0, 80))} is not answered here: what is stored is asked by PromQL, at /api/v1/query`,
    );
  return reply.send({ results: statements.map((_, id) => ({ statement_id: id })) });
}
