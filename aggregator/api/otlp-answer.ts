import type { FastifyReply } from 'fastify';

import { ByteWriter } from '../../lib/byte-writer.ts';
import type { IngestAnswer } from './ingest-answer.ts';
import { mediaType, JSON_TYPE, PROTOBUF } from './media-type.ts';

/** Codes of google.rpc, `google/rpc/code.proto`, by HTTP status. */
const RPC_CODES: Readonly<Record<number, number>> = { 500: 13, 503: 14 };
const INVALID_ARGUMENT = 3;

/**
 * Answers as OTLP/HTTP does, in the encoding of the request: an ExportMetricsServiceResponse, or a
 * google.rpc.Status when nothing was taken (opentelemetry-proto `docs/specification.md`).
 */
export const answerOtlp: IngestAnswer = (reply, result, contentType) => {
  const isJson = mediaType(contentType) === JSON_TYPE;
  const send = (object: unknown, message: Uint8Array): FastifyReply =>
    reply.type(isJson ? JSON_TYPE : PROTOBUF).send(isJson ? JSON.stringify(object) : Buffer.from(message));
  if (result.ok) return send({}, new Uint8Array(0));
  const { message, samples, refused = 0 } = result;
  if (samples === undefined) {
    const code = RPC_CODES[reply.statusCode] ?? INVALID_ARGUMENT;
    return send({ code, message }, numberAndText(code, message));
  }
  void reply.code(200);
  const partialSuccess = { rejectedDataPoints: String(refused), errorMessage: message };
  return send({ partialSuccess }, partialSuccessMessage(refused, message));
};

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
