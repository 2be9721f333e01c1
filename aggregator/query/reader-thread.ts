import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';

import { systemClock } from '../../lib/clock.ts';
import { ownBytes } from '../../lib/own-bytes.ts';
import { HeadMemory } from '../store/sqlite/head-memory.ts';
import { SqliteLogReader } from '../store/sqlite/sqlite-log-reader.ts';
import { SqliteReader } from '../store/sqlite/sqlite-reader.ts';
import type { StoreView } from '../store/sqlite/view.ts';
import { answer } from './answer.ts';
import type { Answer, Task } from './task.ts';

/** One of the threads that answer queries, one at a time, from read-only files and the shared head. */
export interface ReaderThreadOptions {
  /** Where the writer thread sends each new view of the store. */
  readonly views: MessagePort;
  /** Word 0 becomes 1 when the asker of the running task has gone. */
  readonly cancel: Int32Array<SharedArrayBuffer>;
}

export type ToReader = { readonly type: 'task'; readonly task: Task } | { readonly type: 'close' };

function run(port: MessagePort, { views, cancel }: ReaderThreadOptions): void {
  const metrics = new SqliteReader();
  const logs = new SqliteLogReader();
  const memory = new HeadMemory();
  const setView = (view: StoreView): void => {
    metrics.setView(view);
    logs.setView(view);
    memory.took(view);
  };
  // While idle, so that a dropped head does not stay in memory until the next query.
  views.on('message', setView);
  port.on('message', (message: ToReader) => {
    if (message.type === 'close') {
      metrics.close();
      logs.close();
      views.close();
      port.close();
      return;
    }
    // What the writer published before this task came counts for it.
    let waiting = receiveMessageOnPort(views);
    for (; waiting !== undefined; waiting = receiveMessageOnPort(views))
      setView(waiting.message as StoreView);
    const cancelled = (): boolean => Atomics.load(cancel, 0) === 1;
    const reply: Answer = answer({ metrics, logs }, message.task, { clock: systemClock, cancelled });
    metrics.trim();
    logs.trim();
    const body = ownBytes(reply.body);
    port.postMessage({ ...reply, body } satisfies Answer, [body.buffer]);
  });
}

if (parentPort) run(parentPort, workerData as ReaderThreadOptions);
