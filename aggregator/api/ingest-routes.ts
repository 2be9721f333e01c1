import type { FastifyInstance, FastifyReply } from 'fastify';

import { KIND_BATCH, KIND_REMOTE_WRITE, KIND_SCHEMAS, type IngestReply } from '../ingest/ingester.ts';
import type { Writer } from '../ingest/writer.ts';
import type { AggregatorMetrics } from '../event.ts';

const STATUS_OF: Readonly<Record<string, number>> = { too_large: 413, unknown_schema: 409, internal: 500 };
const RETRY_AFTER_SECONDS = 5;

/** Where samples come in: the agents' own batches and Prometheus's remote write 1.0. */
export function addIngestRoutes(server: FastifyInstance, writer: Writer, metrics: AggregatorMetrics): void {
  // Bodies stay bytes: the writer thread reads them.
  const types = ['application/octet-stream', 'application/x-protobuf'];
  server.addContentTypeParser(types, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const post = (url: string, source: string, kind: number, done: number): void => {
    server.post(url, async (request, reply) => {
      if (!(request.body instanceof Uint8Array)) {
        const error = `the content type ${JSON.stringify(request.headers['content-type'] ?? '')} is not one of ${types.join(', ')}`;
        return reply.code(415).send({ status: 'error', errorType: 'bad_data', error });
      }
      const result = await writer.take(kind, request.body);
      metrics.ingested(source, result);
      return answer(reply, result, done);
    });
  };
  post('/api/v1/agent/batches', 'agent', KIND_BATCH, 200);
  post('/api/v1/agent/schemas', 'agent', KIND_SCHEMAS, 200);
  post('/api/v1/write', 'remote_write', KIND_REMOTE_WRITE, 204);
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
