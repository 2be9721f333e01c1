import type { Clock } from '../../../lib/clock.ts';
import { reasonOf } from '../../../lib/fault.ts';
import type { LogStream } from '../../../wire/log-stream.ts';
import type { FileLogs } from './file-logs.ts';
import type { JournalLogs } from './journal-logs.ts';
import type { LogBatch } from './log-batch.ts';
import type { LogEvents } from './log-events.ts';

/** What the shipper needs of the spool. */
export interface LogSpool {
  readonly waitingLogBytes: number;
  readonly positions: ReadonlyMap<string, unknown>;
  readonly isNew: boolean;
  begin(positions: ReadonlyMap<string, unknown>): void;
  appendLogs(logs: readonly LogStream[], checkpoint: ReadonlyMap<string, unknown>): unknown;
  savePositions(): Promise<void>;
}

export interface LogShipperOptions {
  readonly spool: LogSpool;
  readonly batch: LogBatch;
  readonly files: FileLogs;
  readonly journal: JournalLogs | undefined;
  readonly clock: Clock;
  /** Bytes that may wait in the spool; then reading stops, and the lines stay where they are. */
  readonly maxWaitingBytes: number;
  readonly events: LogEvents;
  /** There is something new in the spool. */
  readonly wake: () => void;
}

const POLL_MS = 200;
const DISCOVER_MS = 1000;
const SAVE_MS = 1000;
const RETRY_MS = 1000;
/** A batch goes when it is that large or that old. */
const BATCH_BYTES = 1024 * 1024;
const BATCH_MS = 500;

/**
 * Reads lines and writes them to the spool, in batches that carry how far was read. Stops reading while the
 * spool is full or can't be written; what was read already is kept.
 */
export class LogShipper {
  readonly #options: LogShipperOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  /** Positions that have moved with what is in the batch. */
  #moved = new Map<string, unknown>();
  #batchSinceMs: number | undefined;
  #discoveredMs = -Infinity;
  #savedMs = -Infinity;
  #isPaused = false;
  /** Why reading has ended; undefined while it goes on. */
  failure: string | undefined;

  constructor(options: LogShipperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run().catch((thrown: unknown) => {
      this.failure = `reading logs has ended: ${reasonOf(thrown)}`;
    });
  }

  /** Writes what was read, and lets go of all files. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { spool, files, journal, clock } = this.#options;
    const { signal } = this.#stop;
    if (spool.isNew) {
      const first = await files.firstPositions();
      while (!signal.aborted && !this.#tried(() => spool.begin(first))) await clock.sleep(RETRY_MS, signal);
    }
    await files.open(spool.positions);
    journal?.start(spool.positions);
    while (!signal.aborted) {
      const hasMore = await this.#round();
      // Lets others work between two buffers.
      if (hasMore) await new Promise((resolve) => setImmediate(resolve));
      // With nothing to follow there is only to look for new files.
      else await clock.sleep(files.files === 0 && journal === undefined ? DISCOVER_MS : POLL_MS, signal);
    }
    await journal?.close();
    this.#flush();
    files.close();
    await this.#savePositions();
  }

  async #savePositions(): Promise<void> {
    const { spool, events } = this.#options;
    try {
      await spool.savePositions();
    } catch (thrown) {
      events.unwritten(reasonOf(thrown));
    }
  }

  /** False when it could not be written. */
  #tried(write: () => void): boolean {
    const { events } = this.#options;
    try {
      write();
    } catch (thrown) {
      events.unwritten(reasonOf(thrown));
      return false;
    }
    events.written();
    return true;
  }

  /** Is there more to be read at once? */
  async #round(): Promise<boolean> {
    const { batch, files, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#discoveredMs >= DISCOVER_MS) {
      await files.discover();
      this.#discoveredMs = nowMs;
    }
    if (nowMs - this.#savedMs >= SAVE_MS) {
      this.#savedMs = nowMs;
      await this.#savePositions();
    }
    const isFull = (): boolean => batch.bytes >= BATCH_BYTES;
    if (isFull() && !this.#flush()) return false;
    const hasMore = this.#mayRead() && files.read(isFull);
    if (batch.lines === 0) this.#batchSinceMs = undefined;
    else this.#batchSinceMs ??= nowMs;
    const isOld = this.#batchSinceMs !== undefined && nowMs - this.#batchSinceMs >= BATCH_MS - POLL_MS;
    if (isFull() || isOld) return this.#flush() && hasMore;
    return hasMore;
  }

  #mayRead(): boolean {
    const { spool, maxWaitingBytes, journal, events } = this.#options;
    const isPaused = spool.waitingLogBytes >= maxWaitingBytes;
    journal?.pause(isPaused);
    if (isPaused !== this.#isPaused) events.paused(isPaused);
    this.#isPaused = isPaused;
    return !isPaused;
  }

  /** False when the spool can't be written; the batch is kept then. */
  #flush(): boolean {
    const { spool, batch, files, journal, wake } = this.#options;
    if (batch.lines === 0) return true;
    for (const [key, position] of [...files.positions(), ...(journal?.positions() ?? [])]) {
      this.#moved.set(key, position);
    }
    if (!this.#tried(() => spool.appendLogs(batch.streams(), this.#moved))) return false;
    batch.clear();
    this.#moved = new Map();
    this.#batchSinceMs = undefined;
    wake();
    return true;
  }
}
