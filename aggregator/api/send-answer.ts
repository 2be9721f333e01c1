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
    const { status, body } = await readers.ask(task, gone);
    return await reply.type('application/json; charset=utf-8').code(status).send(body);
  } catch (thrown) {
    return sendFault(reply, thrown);
  }
}

/** Tells a `Fault` in Prometheus's envelope; throws all else. */
export async function sendFault(reply: FastifyReply, thrown: unknown): Promise<FastifyReply> {
  if (!(thrown instanceof Fault)) throw thrown;
  const status = thrown.code === 'bad_data' ? 400 : thrown.code === 'limit' ? 422 : thrown.retry ? 503 : 500;
  const errorType = thrown.code === 'limit' ? 'execution' : thrown.code;
  return reply.code(status).send({ status: 'error', errorType, error: thrown.message });
}
