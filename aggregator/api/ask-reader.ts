import { Fault } from '../../lib/fault.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { Task } from '../query/task.ts';

interface Envelope {
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: unknown;
}

/** The `data` of what a reader thread answers, for an answer that is made of it. Throws a Fault when it refuses. */
export async function askReader(readers: ReaderPool, task: Task, gone: AbortSignal): Promise<unknown> {
  const { status, body } = await readers.ask(task, gone);
  const { data, errorType = 'internal', error = '' } = JSON.parse(Buffer.from(body).toString()) as Envelope;
  if (status === 200) return data;
  throw new Fault(status === 422 ? 'limit' : errorType, error, { retry: status === 503 });
}
