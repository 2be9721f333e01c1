import { setImmediate } from 'node:timers/promises';

import type { Clock } from '../../../lib/clock.ts';
import { reasonOf } from '../../../lib/fault.ts';
import { type DueDay, isSameDue } from './due-by-name.ts';
import { type Dropped, dropByRules, mergePartition, type MergeOptions, type MergeResult } from './merge.ts';
import type { PartitionFile, PartitionFiles } from './partition-files.ts';
import { freeSpace } from './retention.ts';
import type { Tiers } from './tiers.ts';

/** After the end of a day late samples still come; then it is over. */
const LATE_MS = 3_600_000;

export interface MergerOptions {
  readonly files: PartitionFiles;
  readonly tiers: Tiers;
  /** Whose volume is asked for room. */
  readonly folder: string;
  readonly clock: Clock;
  /** A day that is over and still written to, as by a backfill, is let grow until so long after a fold. */
  readonly quietMs: number;
  /** The fold that runs, which is let by. */
  readonly folding: () => Promise<void> | undefined;
  readonly onMerged: (file: string, result: MergeResult, seconds: number) => void;
  readonly onFailed: (file: string, reason: string) => void;
  /** Rules are applied to a day, which gave so many bytes back; nothing may have been to drop. */
  readonly onDropped: (due: DueDay, dropped: Dropped, bytes: number, seconds: number) => void;
  readonly onDropFailed: (due: DueDay, reason: string) => void;
  /** The last of the days of `dropByName` was looked at. */
  readonly onAllDropped: () => void;
}

/** A day that may have something to merge, now or later. */
interface WaitingDay {
  /** Undefined: before this start. */
  readonly foldedAtMs: number | undefined;
  /** Since it was folded into. */
  isLookedAt: boolean;
}

/**
 * Merges the parts of days, one day at a time, after folds and when a day is over, makes the tiers then, and drops
 * metrics by name; lets every fold by. A day that can't be merged is left as it is until it is folded into again.
 */
export class Merger {
  readonly #options: MergerOptions;
  readonly #waiting = new Map<number, WaitingDay>();
  /** Days that lose metrics by name. */
  #dropping: DueDay[] = [];
  #droppingFrom: DueDay | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #spareBytes = 0;
  #busyWith: number | undefined;

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

  /** The day that is written anew: its file must not go meanwhile. */
  get busyWith(): number | undefined {
    return this.#busyWith;
  }

  /** To be called after each fold into a day. */
  folded(dayMs: number): void {
    this.#waiting.set(dayMs, { foldedAtMs: this.#options.clock.monotonicMs(), isLookedAt: false });
    this.#start();
  }

  /** To be called with all days that lose metrics by name; replaces those that wait. */
  dropByName(days: readonly DueDay[]): void {
    const now = this.#droppingFrom;
    this.#dropping = days.filter((due) => now === undefined || !isSameDue(due, now));
    this.#start();
  }

  /** Called now and then. */
  tick(): void {
    this.#start();
  }

  /** Merges each day into one part, and makes the tiers of those that are over. */
  async mergeAll(): Promise<void> {
    while (this.#running) await this.#running;
    const run = async (): Promise<void> => {
      for (const day of this.#options.files.list()) {
        await this.#merge(day, 'all');
        if (this.#isOver(day)) await this.#makeTiers(day);
      }
    };
    await (this.#running = run().finally(() => (this.#running = undefined)));
  }

  /** Stops what runs, which the next start finishes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #start(): void {
    if (this.#running || this.#isClosed) return;
    if (this.#waiting.size === 0 && this.#dropping.length === 0) return;
    this.#running = this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    // Not in the middle of what calls.
    await this.#options.folding();
    await this.#mergeDue();
    while (!this.#isClosed && this.#dropping.length > 0) {
      await this.#drop(this.#dropping.shift() as DueDay);
      if (this.#dropping.length === 0) this.#options.onAllDropped();
      // What grows does not wait for all of them.
      await this.#mergeDue();
    }
  }

  async #mergeDue(): Promise<void> {
    const { clock, files, quietMs } = this.#options;
    for (const [dayMs, waiting] of this.#waiting) {
      if (this.#isClosed) return;
      const day = files.get(dayMs);
      const isOver = day !== undefined && this.#isOver(day);
      const isQuiet = waiting.foldedAtMs === undefined || clock.monotonicMs() - waiting.foldedAtMs >= quietMs;
      const isLast = isOver && isQuiet;
      if (day === undefined || isLast) this.#waiting.delete(dayMs);
      // It is looked at again when it is over and quiet.
      if (day === undefined || (waiting.isLookedAt && !isLast)) continue;
      waiting.isLookedAt = true;
      await this.#merge(day, isLast ? 'due of a day that is over' : 'due of a day that grows');
      if (isLast) await this.#makeTiers(day);
      // A start looks at all days.
      await setImmediate();
    }
  }

  #isOver({ toMs }: PartitionFile): boolean {
    return this.#options.clock.nowMs() > toMs + LATE_MS;
  }

  async #merge(day: PartitionFile, what: MergeOptions['what']): Promise<void> {
    const { clock, onMerged, onFailed } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const result = await this.#rewrite(day, () =>
        mergePartition(day.file, { what, mayGoOn: () => this.#mayGoOn() }),
      );
      if (result) onMerged(day.file, result, (clock.monotonicMs() - startMs) / 1000);
    } catch (thrown) {
      onFailed(day.file, reasonOf(thrown));
    }
  }

  async #drop(due: DueDay): Promise<void> {
    const { clock, files, onDropped, onDropFailed } = this.#options;
    const { day, rules } = due;
    const startMs = clock.monotonicMs();
    this.#droppingFrom = due;
    try {
      if (!(await this.#mayGoOn()) || files.get(day.fromMs) === undefined) return;
      const before = files.bytesOf(day);
      const dropped = await this.#rewrite(day, () =>
        dropByRules(
          day.file,
          rules,
          () => this.#mayGoOn(),
          () => files.remove(day),
        ),
      );
      if (dropped === undefined) return;
      const bytes = before - (dropped.isAll ? 0 : files.bytesOf(day));
      onDropped(due, dropped, bytes, (clock.monotonicMs() - startMs) / 1000);
    } catch (thrown) {
      onDropFailed(due, reasonOf(thrown));
    } finally {
      this.#droppingFrom = undefined;
    }
  }

  /** Runs what writes a day anew when there is room for it; undefined when nothing is in the day. */
  async #rewrite<T>(day: PartitionFile, run: () => Promise<T | undefined>): Promise<T | undefined> {
    const { files } = this.#options;
    const bytes = files.bytesOf(day);
    // Made, and not written to yet.
    if (bytes === 0) return undefined;
    this.#requireRoom(bytes);
    this.#spareBytes = bytes;
    this.#busyWith = day.fromMs;
    try {
      return await run();
    } finally {
      this.#spareBytes = 0;
      this.#busyWith = undefined;
      files.changed(day);
    }
  }

  async #makeTiers(day: PartitionFile): Promise<void> {
    const { clock, files, onFailed, tiers } = this.#options;
    const tryAgain = (): void =>
      void this.#waiting.set(day.fromMs, { foldedAtMs: clock.monotonicMs(), isLookedAt: true });
    try {
      const bytes = files.bytesOf(day);
      // Dropped meanwhile.
      if (this.#isClosed || bytes === 0 || !tiers.isDue(day)) return;
      this.#requireRoom(bytes);
      if (await tiers.make(day, () => this.#mayGoOn())) tryAgain();
    } catch (thrown) {
      onFailed(day.file, reasonOf(thrown));
      tryAgain();
    }
  }

  /** A merge needs no more than what it merges, a tier less. */
  #requireRoom(bytes: number): void {
    const { freeBytes, leastBytes } = freeSpace(this.#options.folder);
    if (freeBytes - leastBytes < bytes)
      throw new Error(`${bytes} bytes are needed for it, ${freeBytes} are free`);
  }

  async #mayGoOn(): Promise<boolean> {
    for (let fold = this.#options.folding(); fold; fold = this.#options.folding()) await fold;
    return !this.#isClosed;
  }
}
