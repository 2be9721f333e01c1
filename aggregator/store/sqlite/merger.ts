import type { Clock } from '../../../lib/clock.ts';
import { reasonOf } from '../../../lib/fault.ts';
import { mergePartition, type MergeOptions, type MergeResult } from './merge.ts';
import type { PartitionFile, PartitionFiles } from './partition-files.ts';
import { freeSpace } from './retention.ts';

/** After the end of a day late samples still come; then it is over. */
const LATE_MS = 3_600_000;
/** A day that is over and is still written to, as by a backfill, is let grow until so long after a fold. */
const QUIET_MS = 600_000;

export interface MergerOptions {
  readonly files: PartitionFiles;
  /** Whose volume is asked for room. */
  readonly folder: string;
  readonly clock: Clock;
  /** The fold that runs, which is let by. */
  readonly folding: () => Promise<void> | undefined;
  readonly onMerged: (file: string, result: MergeResult, seconds: number) => void;
  readonly onFailed: (file: string, reason: string) => void;
}

/**
 * Merges the parts of days, one day at a time, after folds and when a day is over; lets every fold by. A day
 * that can't be merged is left as it is until it is folded into again.
 */
export class Merger {
  readonly #options: MergerOptions;
  /** Days that may have something to merge, and when they were folded into; undefined: before this start. */
  readonly #waiting = new Map<number, number | undefined>();
  /** Which fold into a day was the last before the day was looked at. */
  readonly #looked = new Map<number, number>();
  #running: Promise<void> | undefined;
  #isClosed = false;
  #spareBytes = 0;

  /** Days that are over are looked at once after a start: one may have ended while nothing ran. */
  constructor(options: MergerOptions) {
    this.#options = options;
    for (const { fromMs } of options.files.list()) this.#waiting.set(fromMs, undefined);
  }

  /** Bytes that the merge that runs takes until it is done, beside what it merges. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** To be called after each fold into a day. */
  folded(dayMs: number): void {
    this.#waiting.set(dayMs, this.#options.clock.monotonicMs());
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
    const { clock, files } = this.#options;
    // Not in the middle of what calls.
    await this.#options.folding();
    const days = new Map(files.list().map((day) => [day.fromMs, day]));
    for (const [dayMs, foldedAtMs] of this.#waiting) {
      const day = days.get(dayMs);
      if (day === undefined) {
        this.#waiting.delete(dayMs);
        continue;
      }
      const isOver = clock.nowMs() > day.toMs + LATE_MS;
      const isQuiet = foldedAtMs === undefined || clock.monotonicMs() - foldedAtMs >= QUIET_MS;
      // It is looked at again when it is over, and when it is quiet.
      if (isOver && isQuiet) this.#waiting.delete(dayMs);
      else if (foldedAtMs === undefined || this.#isLooked(dayMs, foldedAtMs)) continue;
      await this.#merge(day, isOver && isQuiet ? 'due of a day that is over' : 'due of a day that grows');
      if (this.#isClosed) return;
    }
  }

  /** Was the day looked at since it was folded into? Notes that it is now. */
  #isLooked(dayMs: number, foldedAtMs: number): boolean {
    if (this.#looked.get(dayMs) === foldedAtMs) return true;
    this.#looked.set(dayMs, foldedAtMs);
    return false;
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
