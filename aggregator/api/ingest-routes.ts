import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { ACCEPTED_ENCODINGS, contentEncoding } from '../../lib/content-encoding.ts';
import { Fault } from '../../lib/fault.ts';
import type { AggregatorMetrics } from '../event.ts';
import { CONTENT_TYPE } from '../ingest/exposition.ts';
import {
  KIND_BATCH,
  KIND_EXPOSITION,
  KIND_REMOTE_WRITE,
  KIND_REMOTE_WRITE_2,
  KIND_SCHEMAS,
  type IngestReply,
} from '../ingest/ingester.ts';
import type { Writer } from '../ingest/writer.ts';

const STATUS_OF: Readonly<Record<string, number>> = {
  too_large: 413,
  unknown_schema: 409,
  unsupported_type: 415,
  unsupported_encoding: 415,
  internal: 500,
};
const RETRY_AFTER_SECONDS = 5;

/** One way in. */
interface Route {
  readonly url: string;
  /** Names it in the metrics. */
  readonly source: string;
  /** What a body of this content type is. Throws a `Fault` `unsupported_type`. */
  readonly kindOf: (contentType: string) => number;
  /** The status when all was taken. */
  readonly done: 200 | 204;
  /** Headers of every answer, with what was taken of a request, if it came so far. */
  readonly headers?: (reply?: IngestReply) => Record<string, string>;
}

const ROUTES: readonly Route[] = [
  { url: '/api/v1/agent/batches', source: 'agent', kindOf: binary(KIND_BATCH), done: 200 },
  { url: '/api/v1/agent/schemas', source: 'agent', kindOf: binary(KIND_SCHEMAS), done: 200 },
  {
    url: '/api/v1/write',
    source: 'remote_write',
    kindOf: remoteWriteKind,
    done: 204,
    headers: writtenHeaders,
  },
  { url: '/api/v1/import/prometheus', source: 'exposition', kindOf: expositionKind, done: 204 },
];

/**
 * Where samples come in: the agents' own batches, Prometheus's remote write 1.0 and 2.0, and the text that
 * exporters expose.
 */
export function addIngestRoutes(server: FastifyInstance, writer: Writer, metrics: AggregatorMetrics): void {
  void server.register(async (scope) => {
    // Bodies of any type stay bytes: the writer thread reads them.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const route of ROUTES) {
      scope.route({
        method: 'POST',
        url: route.url,
        onRequest: async (_request, reply) => void reply.headers(route.headers?.() ?? {}),
        handler: async (request, reply) => {
          const result = await take(route, request, writer);
          metrics.ingested(route.source, result);
          return answer(reply.headers(route.headers?.(result) ?? {}), result, route.done);
        },
      });
    }
  });
}

async function take({ kindOf }: Route, request: FastifyRequest, writer: Writer): Promise<IngestReply> {
  const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
  try {
    const kind = kindOf(type);
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const query = new URL(request.url, 'http://localhost').searchParams;
    return await writer.take(kind, body, {
      ...(encoding !== undefined && { encoding: contentEncoding(encoding) }),
      parameters: [[CONTENT_TYPE, type], ...query],
    });
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    const { code, message, retry } = thrown;
    return { ok: false, code, message, retry };
  }
}

function binary(kind: number): Route['kindOf'] {
  return (type) => {
    expectType(type, ['application/octet-stream', 'application/x-protobuf']);
    return kind;
  };
}

/**
 * The versions are different messages: read as the other each holds no series, and a 204 for it would lose them
 * all.
 */
function remoteWriteKind(type: string): number {
  expectType(type, ['application/x-protobuf', 'application/octet-stream']);
  const message = /;\s*proto\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? 'prometheus.WriteRequest';
  if (message === 'prometheus.WriteRequest') return KIND_REMOTE_WRITE;
  if (message === 'io.prometheus.write.v2.Request') return KIND_REMOTE_WRITE_2;
  throw new Fault(
    'unsupported_type',
    `the message ${message.slice(0, 100)} is not taken, only prometheus.WriteRequest and io.prometheus.write.v2.Request`,
  );
}

/** Also what curl says of a body when it is not told, and nothing at all. */
function expositionKind(type: string): number {
  const types = ['text/plain', 'application/openmetrics-text'];
  if (type !== '')
    expectType(type, [...types, 'application/x-www-form-urlencoded', 'application/octet-stream']);
  return KIND_EXPOSITION;
}

function expectType(type: string, types: readonly string[]): void {
  const bare = type.split(';')[0]?.trim().toLowerCase() ?? '';
  if (types.includes(bare)) return;
  const name = JSON.stringify(type.slice(0, 100));
  throw new Fault('unsupported_type', `the content type ${name} is not one of ${types.join(', ')}`);
}

/** Remote write 2.0: a sender takes an answer without them for that of a receiver that knows 1.0 alone. */
function writtenHeaders(reply?: IngestReply): Record<string, string> {
  const written = 'x-prometheus-remote-write';
  return {
    [`${written}-samples-written`]: String(reply?.samples ?? 0),
    [`${written}-histograms-written`]: String(reply?.histograms ?? 0),
    [`${written}-exemplars-written`]: '0',
  };
}

async function answer(reply: FastifyReply, result: IngestReply, done: number): Promise<FastifyReply> {
  if (result.ok)
    return reply.code(done).send(done === 204 ? undefined : { status: 'ok', repeated: result.repeated });
  const status = result.retry ? 503 : (STATUS_OF[result.code] ?? 400);
  if (result.retry) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (status === 415) void reply.header('accept-encoding', ACCEPTED_ENCODINGS);
  const { code, message: error, schemas } = result;
  return reply
    .code(status)
    .send({ status: 'error', errorType: code, code, error, ...(schemas && { schemas }) });
}
