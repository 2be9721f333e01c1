import type { FastifyInstance, FastifyReply } from 'fastify';

import { ByteWriter } from '../../lib/byte-writer.ts';
import type { AggregatorMetrics } from '../event.ts';
import type { IngestReply } from '../ingest/ingester.ts';
import { KIND_OTLP_JSON, KIND_OTLP_PROTOBUF } from '../ingest/push.ts';
import type { Writer } from '../ingest/writer.ts';
import { refuseEncoding } from './body-encoding.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const RETRY_AFTER_SECONDS = 5;
/** Codes of google.rpc, `google/rpc/code.proto`, by HTTP status. */
const RPC_CODES: Readonly<Record<number, number>> = { 500: 13, 503: 14 };
const INVALID_ARGUMENT = 3;

/** OTLP/HTTP metrics. Answers are in the encoding of the request (opentelemetry-proto `docs/specification.md`). */
export function addOtlpRoutes(server: FastifyInstance, writer: Writer, metrics: AggregatorMetrics): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    // Also what the server itself refuses, such as a body that is too large.
    scope.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) =>
      sendStatus(reply, isJson(request.headers['content-type']), error.statusCode ?? 500, error.message),
    );
    scope.post('/v1/metrics', async ({ headers, body }, reply) => {
      const type = headers['content-type'] ?? '';
      const json = isJson(type);
      if (!json && mediaType(type) !== PROTOBUF)
        return sendStatus(
          reply,
          json,
          415,
          `the content type ${JSON.stringify(type)} is neither ${PROTOBUF} nor ${JSON_TYPE}`,
        );
      const refusal = refuseEncoding(headers);
      if (refusal !== undefined) return sendStatus(reply, json, 415, refusal);
      const bytes = body instanceof Uint8Array ? body : new Uint8Array(0);
      const result = await writer.take(json ? KIND_OTLP_JSON : KIND_OTLP_PROTOBUF, bytes);
      metrics.ingested('otlp', result);
      return answer(reply, json, result);
    });
  });
}

async function answer(reply: FastifyReply, json: boolean, result: IngestReply): Promise<FastifyReply> {
  if (result.ok) return send(reply, json, 200, {}, new Uint8Array(0));
  const { code, message, retry, samples, refused = 0 } = result;
  if (samples !== undefined) {
    const partialSuccess = { rejectedDataPoints: String(refused), errorMessage: message };
    return send(reply, json, 200, { partialSuccess }, partialSuccessMessage(refused, message));
  }
  const status = retry ? 503 : code === 'too_large' ? 413 : code === 'internal' ? 500 : 400;
  if (retry) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  return sendStatus(reply, json, status, message);
}

/** A google.rpc.Status: 1 code, 2 message. */
async function sendStatus(
  reply: FastifyReply,
  json: boolean,
  status: number,
  message: string,
): Promise<FastifyReply> {
  const code = RPC_CODES[status] ?? INVALID_ARGUMENT;
  return send(reply, json, status, { code, message }, numberAndText(code, message));
}

async function send(
  reply: FastifyReply,
  json: boolean,
  status: number,
  object: unknown,
  message: Uint8Array,
): Promise<FastifyReply> {
  void reply.code(status).type(json ? JSON_TYPE : PROTOBUF);
  return reply.send(json ? JSON.stringify(object) : Buffer.from(message));
}

/** ExportMetricsServiceResponse: 1 partial success: 1 rejected points, 2 message. */
function partialSuccessMessage(refused: number, message: string): Uint8Array {
  const out = new ByteWriter();
  out.u8((1 << 3) | 2);
  out.block(numberAndText(refused, message));
  return out.bytes();
}

/** A message whose field 1 is a number and field 2 a text. */
function numberAndText(number: number, text: string): Uint8Array {
  const out = new ByteWriter();
  if (number > 0) {
    out.u8((1 << 3) | 0);
    out.uvarint(number);
  }
  out.u8((2 << 3) | 2);
  out.text(text);
  return out.bytes();
}

function isJson(type = ''): boolean {
  return mediaType(type) === JSON_TYPE;
}

function mediaType(type: string): string {
  return (type.split(';')[0] as string).trim().toLowerCase();
}
