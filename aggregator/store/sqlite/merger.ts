import type { Clock } from '../../../lib/clock.ts';
import { reasonOf } from '../../../lib/fault.ts';
import { mergePartition, type MergeOptions, type MergeResult } from './merge.ts';
import type { PartitionFile, PartitionFiles } from './partition-files.ts';
import { freeSpace } from './retention.ts';

/** After the end of a day late samples still come; then it is over. */
const LATE_MS = 3_600_000;

export interface MergerOptions {
  readonly files: PartitionFiles;
  /** Whose volume is asked for room. */
  readonly folder: string;
  readonly clock: Clock;
  /** A day that is over and still written to, as by a backfill, is let grow until so long after a fold. */
  readonly quietMs: number;
  /** The fold that runs, which is let by. */
  readonly folding: () => Promise<void> | undefined;
  readonly onMerged: (file: string, result: MergeResult, seconds: number) => void;
  readonly onFailed: (file: string, reason: string) => void;
}

/** A day that may have something to merge, now or later. */
interface WaitingDay {
  /** Undefined: before this start. */
  readonly foldedAtMs: number | undefined;
  /** Since it was folded into. */
  isLookedAt: boolean;
}

/**
 * Merges the parts of days, one day at a time, after folds and when a day is over; lets every fold by. A day
 * that can't be merged is left as it is until it is folded into again.
 */
export class Merger {
  readonly #options: MergerOptions;
  readonly #waiting = new Map<number, WaitingDay>();
  #running: Promise<void> | undefined;
  #isClosed = false;
  #spareBytes = 0;

  /** Days that are over are looked at once after a start: one may have ended while nothing ran. */
  constructor(options: MergerOptions) {
    this.#options = options;
    for (const { fromMs } of options.files.list()) {
      this.#waiting.set(fromMs, { foldedAtMs: undefined, isLookedAt: true });
    }
  }

  /** Bytes that the merge that runs takes until it is done, beside what it merges. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** To be called after each fold into a day. */
  folded(dayMs: number): void {
    this.#waiting.set(dayMs, { foldedAtMs: this.#options.clock.monotonicMs(), isLookedAt: false });
    this.#start();
  }

  /** Called now and then. */
  tick(): void {
    this.#start();
  }

  /** Merges each day into one part. */
  async mergeAll(): Promise<void> {
    while (this.#running) await this.#running;
    const run = async (): Promise<void> => {
      for (const day of this.#options.files.list()) await this.#merge(day, 'all');
    };
    await (this.#running = run().finally(() => (this.#running = undefined)));
  }

  /** Stops what runs, which the next start finishes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #start(): void {
    if (this.#running || this.#isClosed || this.#waiting.size === 0) return;
    this.#running = this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    const { clock, files, quietMs } = this.#options;
    // Not in the middle of what calls.
    await this.#options.folding();
    const days = new Map(files.list().map((day) => [day.fromMs, day]));
    for (const [dayMs, waiting] of this.#waiting) {
      const day = days.get(dayMs);
      const isOver = day !== undefined && clock.nowMs() > day.toMs + LATE_MS;
      const isQuiet = waiting.foldedAtMs === undefined || clock.monotonicMs() - waiting.foldedAtMs >= quietMs;
      const isLast = isOver && isQuiet;
      if (day === undefined || isLast) this.#waiting.delete(dayMs);
      // It is looked at again when it is over and quiet.
      if (day === undefined || (waiting.isLookedAt && !isLast)) continue;
      waiting.isLookedAt = true;
      await this.#merge(day, isLast ? 'due of a day that is over' : 'due of a day that grows');
      if (this.#isClosed) return;
    }
  }

  async #merge(day: PartitionFile, what: MergeOptions['what']): Promise<void> {
    const { clock, files, folder, onMerged, onFailed } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const bytes = files.bytesOf(day);
      // Made, and not written to yet.
      if (bytes === 0) return;
      const { freeBytes, leastBytes } = freeSpace(folder);
      if (freeBytes - leastBytes < bytes)
        throw new Error(`${bytes} bytes are needed for it, ${freeBytes} are free`);
      this.#spareBytes = bytes;
      const result = await mergePartition(day.file, { what, mayGoOn: () => this.#mayGoOn() });
      if (result) onMerged(day.file, result, (clock.monotonicMs() - startMs) / 1000);
    } catch (thrown) {
      onFailed(day.file, reasonOf(thrown));
    } finally {
      this.#spareBytes = 0;
    }
  }

  async #mayGoOn(): Promise<boolean> {
    for (let fold = this.#options.folding(); fold; fold = this.#options.folding()) await fold;
    return !this.#isClosed;
  }
}
