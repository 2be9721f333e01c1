import type { FastifyReply } from 'fastify';

import { ACCEPTED_ENCODINGS } from '../../lib/content-encoding.ts';
import type { IngestReply } from '../ingest/ingester.ts';

const STATUS_OF: Readonly<Record<string, number>> = {
  too_large: 413,
  unknown_schema: 409,
  unsupported_type: 415,
  unsupported_encoding: 415,
  internal: 500,
};
const RETRY_AFTER_SECONDS = 5;

/**
 * Tells a sender, in the words of its protocol, what became of its body. The status of a refusal, and the headers
 * that go with it, are set already.
 */
export type IngestAnswer = (reply: FastifyReply, result: IngestReply, contentType: string) => FastifyReply;

/** What all protocols say of a refusal in the same way: the status and its headers. */
export function setStatus(reply: FastifyReply, result: IngestReply): void {
  if (result.ok) return;
  const status = result.retry ? 503 : (STATUS_OF[result.code] ?? 400);
  void reply.code(status);
  if (result.retry) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (status === 415) void reply.header('accept-encoding', ACCEPTED_ENCODINGS);
}

/** An agent is told whether its batch was there already. */
export const answerAgent: IngestAnswer = (reply, result) =>
  result.ok ? reply.send({ status: 'ok', repeated: result.repeated }) : answerPlainly(reply, result, '');

/** Nothing when all was taken, or Prometheus's envelope of errors. */
export const answerPlainly: IngestAnswer = (reply, result) => {
  if (result.ok) return reply.code(204).send();
  const { code, message: error, schemas } = result;
  return reply.send({ status: 'error', errorType: code, code, error, ...(schemas && { schemas }) });
};
