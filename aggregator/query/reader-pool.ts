import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';

import { Fault, reasonOf } from '../../lib/fault.ts';
import type { ReaderThreadOptions, ToReader } from './reader-thread.ts';
import type { Answer, Task } from './task.ts';

export interface ReaderPoolOptions {
  /** The program of a thread. */
  readonly thread: URL;
  readonly threads: number;
  /** Queries that may wait for a thread. */
  readonly maxQueued: number;
  /** Memory of one thread's JavaScript heap; a query that needs more ends and its thread is made anew. */
  readonly maxHeapBytes: number;
  /** Takes the end of a channel through which the writer is to send the views of the store. */
  readonly connect: (port: MessagePort) => void;
  /** A thread died in a query and was replaced. */
  readonly onDeath: (reason: string) => void;
}

/** Pause before a thread that could not start is tried again. */
const RESTART_MS = 2000;

interface Job {
  readonly task: Task;
  readonly signal: AbortSignal;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

interface Reader {
  readonly worker: Worker;
  readonly cancel: Int32Array<SharedArrayBuffer>;
  job: Job | undefined;
}

/**
 * The threads that answer queries, and those who wait for one. The main thread only hands over and sends
 * bytes.
 */
export class ReaderPool {
  readonly #options: ReaderPoolOptions;
  #readers: Reader[] = [];
  #queue: Job[] = [];
  #closed = false;
  #lastDeath = '';

  constructor(options: ReaderPoolOptions) {
    this.#options = options;
    this.#refill();
  }

  get busy(): number {
    return this.#readers.filter(({ job }) => job !== undefined).length;
  }

  /** Why nothing can be answered, undefined when it can. */
  get failure(): string | undefined {
    return this.#readers.length > 0 ? undefined : `no query thread runs: ${this.#lastDeath}`;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Answers a task; rejects with a `Fault` `unavailable` when too many wait. An abort ends it early. */
  ask(task: Task, signal: AbortSignal): Promise<Answer> {
    if (this.#queue.length >= this.#options.maxQueued) {
      const message = `${this.#queue.length} queries wait already (setting query.max-queued)`;
      return Promise.reject(new Fault('unavailable', message, { retry: true }));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, signal, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const gone = new Fault('unavailable', 'the aggregator is stopping', { retry: true });
    for (const job of this.#queue) job.reject(gone);
    this.#queue = [];
    await Promise.all(
      this.#readers.map(async (reader) => {
        Atomics.store(reader.cancel, 0, 1);
        reader.worker.postMessage({ type: 'close' } satisfies ToReader);
        await new Promise((resolve) => reader.worker.once('exit', resolve));
      }),
    );
  }

  #next(): void {
    this.#queue = this.#queue.filter(({ signal }) => !signal.aborted);
    for (const reader of this.#readers) {
      if (reader.job !== undefined) continue;
      const job = this.#queue.shift();
      if (job === undefined) return;
      reader.job = job;
      Atomics.store(reader.cancel, 0, 0);
      job.signal.addEventListener('abort', () => {
        if (reader.job === job) Atomics.store(reader.cancel, 0, 1);
      });
      reader.worker.postMessage({ type: 'task', task: job.task } satisfies ToReader);
    }
  }

  #start(): Reader {
    const { thread, maxHeapBytes, connect } = this.#options;
    const { port1, port2: views } = new MessageChannel();
    const cancel = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const worker = new Worker(thread, {
      workerData: { views, cancel } satisfies ReaderThreadOptions,
      transferList: [views],
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(maxHeapBytes / 1024 ** 2) },
    });
    connect(port1);
    const reader: Reader = { worker, cancel, job: undefined };
    worker.on('message', (answer: Answer) => {
      const { job } = reader;
      reader.job = undefined;
      job?.resolve(answer);
      this.#next();
    });
    worker.on('error', (error: Error) => this.#replace(reader, error));
    return reader;
  }

  #refill(): void {
    if (this.#closed) return;
    while (this.#readers.length < this.#options.threads) this.#readers.push(this.#start());
    this.#next();
  }

  /** A thread that ran out of memory, or into a bug, takes its own query with it and nothing else. */
  #replace(reader: Reader, error: Error): void {
    const reason = reasonOf(error);
    const outOfMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    const fault = outOfMemory
      ? new Fault(
          'limit',
          `the query needs more than ${this.#options.maxHeapBytes} bytes (setting query.max-memory): ask for less`,
        )
      : new Fault('internal', `the query ended its thread: ${reason}`);
    reader.job?.reject(fault);
    this.#lastDeath = reason;
    this.#options.onDeath(reason);
    this.#readers = this.#readers.filter((other) => other !== reader);
    // One that died at work is replaced at once; one that can't even start is tried again after a while.
    setTimeout(() => this.#refill(), reader.job ? 0 : RESTART_MS).unref();
  }
}
