import { Worker, type MessagePort } from 'node:worker_threads';

import type { Clock } from '../../lib/clock.ts';
import { Fault } from '../../lib/fault.ts';
import { ownBytes } from '../../lib/own-bytes.ts';
import type { BodyKind, IngestReply, IngestRequest } from './ingester.ts';
import type { Metadata } from './metric-metadata.ts';
import type {
  FromWriter,
  NumberedRequest,
  ToWriter,
  WriterStats,
  WriterThreadOptions,
} from './writer-thread.ts';

export interface WriterOptions extends WriterThreadOptions {
  /** The program of the thread. */
  readonly thread: URL;
  readonly clock: Clock;
  /** Bytes of bodies that may wait for the thread; more are told to come again. */
  readonly maxQueuedBytes: number;
  readonly onEvent: (name: string, values: readonly (string | number)[]) => void;
  /** The thread died: nothing can be taken any more. */
  readonly onDeath: (reason: Error) => void;
}

/** A beat that is older than this means that the thread hangs. */
const BEAT_MS = 30_000;

/** The main thread's end of the writer thread. */
export class Writer {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #maxQueuedBytes: number;
  readonly #waiting = new Map<number, { bytes: number; resolve: (reply: IngestReply) => void }>();
  readonly #onEvent: WriterOptions['onEvent'];
  /** Requests for the next message. */
  #outgoing: NumberedRequest[] = [];
  #nextId = 1;
  #queuedBytes = 0;
  readonly #metadata = new Map<string, Metadata>();
  #stats: WriterStats | undefined;
  #beatMs: number;
  #settle: { ready?: () => void; closed?: () => void } = {};
  #dead = false;

  private constructor({ thread, clock, maxQueuedBytes, onEvent, onDeath, ...options }: WriterOptions) {
    this.#clock = clock;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#onEvent = onEvent;
    this.#beatMs = clock.monotonicMs();
    const { folder, openDataBytes, foldAfterMs, retention, limits } = options;
    const workerData: WriterThreadOptions = { folder, openDataBytes, foldAfterMs, retention, limits };
    this.#worker = new Worker(thread, { workerData });
    this.#worker.on('message', (message: FromWriter) => this.#hear(message));
    this.#worker.on('error', (error: Error) => {
      this.#dead = true;
      onDeath(error);
    });
  }

  /** Starts the thread; resolves when the journal is read and writes are taken, rejects when it can't open. */
  static async start(options: WriterOptions): Promise<Writer> {
    return new Promise((resolve, reject) => {
      let started = false;
      const onDeath = (error: Error): void => {
        if (started) options.onDeath(error);
        else reject(error);
      };
      const writer = new Writer({ ...options, onDeath });
      writer.#settle.ready = () => {
        started = true;
        resolve(writer);
      };
    });
  }

  /** What metrics are, by their families, as their senders told it since the start. */
  get metadata(): ReadonlyMap<string, Metadata> {
    return this.#metadata;
  }

  get stats(): WriterStats | undefined {
    return this.#stats;
  }

  /** Why the thread does not live, undefined when it does. */
  get hangs(): string | undefined {
    if (this.#dead) return 'the writer thread died';
    const silentMs = this.#clock.monotonicMs() - this.#beatMs;
    return silentMs > BEAT_MS
      ? `the writer thread is silent for ${Math.round(silentMs / 1000)} s`
      : undefined;
  }

  /** Hands a body over, which must not be used any more; the reply says what became of it. */
  take(
    kind: BodyKind,
    body: Uint8Array,
    form: Pick<IngestRequest, 'encoding' | 'parameters'> = {},
  ): Promise<IngestReply> {
    if (this.#dead || this.#queuedBytes + body.length > this.#maxQueuedBytes) {
      const why = this.#dead
        ? 'the writer thread died'
        : `${this.#queuedBytes} bytes wait (setting ingest.queue-size)`;
      const fault = new Fault('unavailable', `nothing can be taken now: ${why}`, { retry: true });
      return Promise.resolve({ ok: false, code: fault.code, message: fault.message, retry: true });
    }
    const own = ownBytes(body);
    const id = this.#nextId++;
    this.#queuedBytes += own.length;
    return new Promise((resolve) => {
      this.#waiting.set(id, { bytes: own.length, resolve });
      // Requests that came at the same time go in one message: each costs both threads a wake-up.
      if (this.#outgoing.push({ ...form, id, kind, body: own }) === 1) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    const requests = this.#outgoing;
    if (requests.length === 0) return;
    this.#outgoing = [];
    const message: ToWriter = { type: 'requests', requests };
    this.#worker.postMessage(
      message,
      requests.map(({ body }) => body.buffer),
    );
  }

  /** Sends the view of the store to a reader thread, now and at each change. */
  addReader(port: MessagePort): void {
    const message: ToWriter = { type: 'reader', port };
    this.#worker.postMessage(message, [port]);
  }

  /** Commits what waits, folds what is open, so that the next start has nothing to read, and ends the thread. */
  async close(): Promise<void> {
    if (this.#dead) return;
    this.#send();
    const closed = new Promise<void>((resolve) => (this.#settle.closed = resolve));
    const message: ToWriter = { type: 'close' };
    this.#worker.postMessage(message);
    await closed;
    await this.#worker.terminate();
  }

  #hear(message: FromWriter): void {
    this.#beatMs = this.#clock.monotonicMs();
    switch (message.type) {
      case 'replies':
        for (const [id, reply] of message.replies) this.#answer(id, reply);
        break;
      case 'stats':
        this.#stats = message.stats;
        break;
      case 'metadata':
        for (const [name, metadata] of message.changes) this.#metadata.set(name, metadata);
        break;
      case 'event':
        this.#onEvent(message.name, message.values);
        break;
      case 'ready':
        this.#settle.ready?.();
        break;
      case 'closed':
        this.#settle.closed?.();
        break;
    }
  }

  #answer(id: number, reply: IngestReply): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) throw new Error(`BUG: a reply to request ${id}, which nobody made`);
    this.#waiting.delete(id);
    this.#queuedBytes -= waiting.bytes;
    waiting.resolve(reply);
  }
}
