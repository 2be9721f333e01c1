import type { FastifyReply, FastifyRequest } from 'fastify';

import { Fault } from '../../lib/fault.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { Task } from '../query/task.ts';
import { Parameters } from './parameters.ts';

/** The parameters of a request, of its query string and of a posted form. */
export function parametersOf(request: FastifyRequest): Parameters {
  return new Parameters(request.url.split('?')[1] ?? '', request.body);
}

/** Aborts when the asker goes while the query waits or runs: nobody else needs the answer. */
export function whenGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.on('close', () => gone.abort());
  return gone.signal;
}

/** Lets a reader thread answer; a `Fault` of `makeTask` is the answer, too. */
export async function sendAnswer(
  readers: ReaderPool,
  request: FastifyRequest,
  reply: FastifyReply,
  makeTask: (parameters: Parameters) => Task,
): Promise<FastifyReply> {
  const gone = whenGone(reply);
  try {
    const task = makeTask(parametersOf(request));
    const { status, body, type = JSON_TYPE, encoding } = await readers.ask(task, gone);
    if (encoding !== undefined) void reply.header('content-encoding', encoding);
    return await reply.type(type).code(status).send(body);
  } catch (thrown) {
    return sendFault(reply, thrown);
  }
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Tells a `Fault` in Prometheus's envelope; throws all else. */
export async function sendFault(reply: FastifyReply, thrown: unknown): Promise<FastifyReply> {
  if (!(thrown instanceof Fault)) throw thrown;
  const status = STATUS_OF[thrown.code] ?? (thrown.retry ? 503 : 500);
  const errorType = thrown.code === 'limit' ? 'execution' : thrown.code;
  return reply.code(status).send({ status: 'error', errorType, error: thrown.message });
}

const STATUS_OF: Readonly<Record<string, number>> = {
  bad_data: 400,
  limit: 422,
  unsupported_type: 415,
  unsupported_encoding: 415,
};
