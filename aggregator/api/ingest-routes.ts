import type { IncomingHttpHeaders } from 'node:http';

import type { FastifyInstance, FastifyReply } from 'fastify';

import { KIND_BATCH, KIND_REMOTE_WRITE, KIND_SCHEMAS, type IngestReply } from '../ingest/ingester.ts';
import type { Writer } from '../ingest/writer.ts';
import type { AggregatorMetrics } from '../event.ts';

const STATUS_OF: Readonly<Record<string, number>> = { too_large: 413, unknown_schema: 409, internal: 500 };
const RETRY_AFTER_SECONDS = 5;
const TYPES = ['application/octet-stream', 'application/x-protobuf'];
const REMOTE_WRITE_1 = 'prometheus.WriteRequest';

/** Where samples come in: the agents' own batches and Prometheus's remote write 1.0. */
export function addIngestRoutes(server: FastifyInstance, writer: Writer, metrics: AggregatorMetrics): void {
  // Bodies stay bytes: the writer thread reads them.
  server.addContentTypeParser(TYPES, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const post = (url: string, source: string, kind: number, done: number): void => {
    server.post(url, async (request, reply) => {
      const error = refuseForm(request.headers, request.body);
      if (error !== undefined) return reply.code(415).send({ status: 'error', errorType: 'bad_data', error });
      const result = await writer.take(kind, request.body as Uint8Array);
      metrics.ingested(source, result);
      return answer(reply, result, done);
    });
  };
  post('/api/v1/agent/batches', 'agent', KIND_BATCH, 200);
  post('/api/v1/agent/schemas', 'agent', KIND_SCHEMAS, 200);
  post('/api/v1/write', 'remote_write', KIND_REMOTE_WRITE, 204);
}

/**
 * Why a body is not read at all. Remote write 2.0 is another message in the same bytes' clothes: read as 1.0 it
 * holds no series, and a 204 for it would lose them.
 */
function refuseForm(headers: IncomingHttpHeaders, body: unknown): string | undefined {
  const { 'content-type': type = '', 'content-encoding': encoding = 'snappy' } = headers;
  if (!(body instanceof Uint8Array))
    return `the content type ${JSON.stringify(type)} is not one of ${TYPES.join(', ')}`;
  const message = /;\s*proto\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? REMOTE_WRITE_1;
  if (message !== REMOTE_WRITE_1)
    return `the message ${message} is not taken, only remote write 1.0, ${REMOTE_WRITE_1}`;
  return encoding === 'snappy' ? undefined : `the content encoding ${JSON.stringify(encoding)} is not snappy`;
}

async function answer(reply: FastifyReply, result: IngestReply, done: number): Promise<FastifyReply> {
  if (result.ok)
    return reply.code(done).send(done === 204 ? undefined : { status: 'ok', repeated: result.repeated });
  const status = result.retry ? 503 : (STATUS_OF[result.code] ?? 400);
  if (result.retry) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  const { code, message: error, schemas } = result;
  return reply
    .code(status)
    .send({ status: 'error', errorType: code, code, error, ...(schemas && { schemas }) });
}
