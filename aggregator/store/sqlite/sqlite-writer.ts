import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Clock } from '../../../lib/clock.ts';
import { makeDurableFolder } from '../../../lib/durable-file.ts';
import { Fault, reasonOf } from '../../../lib/fault.ts';
import type { BatchId } from '../../../wire/batch.ts';
import { Head } from '../head/head.ts';
import { linesByDay } from '../log/days.ts';
import { sortLines } from '../log/line-block.ts';
import type { Content, Row, StoreWriter, Write } from '../store.ts';
import { foldedThrough, isDamage, isSqliteError } from './database.ts';
import { DamagedDay, foldHead, type StoreFiles } from './fold.ts';
import { Journal, type StoredEntry } from './journal.ts';
import { LOG_PARTITION_VERSION } from './log-partition.ts';
import { PARTITION_VERSION } from './partition.ts';
import { type PartitionFile, PartitionFiles, dayOf } from './partition-files.ts';
import { KeptPartitions } from './kept-partitions.ts';
import { enforceRetention, freeSpace, type Retention } from './retention.ts';
import type { StoreView } from './view.ts';

export interface WriterOptions {
  /** Where the store lives; made when it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  /** Reads what a journalled body says, after a restart. Throws a `Fault` when it can't. */
  readonly decode: (
    entry: Pick<Write, 'kind' | 'newestMs' | 'body'>,
    findSchema: (hash: string) => Uint8Array | undefined,
  ) => Content;
  /** Called with all that readers need whenever it changes. */
  readonly onView: (view: StoreView) => void;
  readonly events: WriterEvents;
  /** Open data is folded when it is this large or this old; past twice the size nothing more is taken. */
  readonly openDataBytes: number;
  readonly foldAfterMs: number;
  readonly retention: Retention;
}

/** The journal entry up to which the partition of a day is complete. */
type FoldedThrough = (dayMs: number) => number;

/** What an operator should hear of. */
export interface WriterEvents {
  replayed(entries: number, skipped: number): void;
  folded(samples: number, lines: number, seconds: number): void;
  foldFailed(reason: string): void;
  entryDamaged(id: number, reason: string): void;
  partitionDamaged(file: string, aside: string, reason: string): void;
  partitionDropped(file: string, reason: string): void;
  retentionFailed(file: string, reason: string): void;
}

/** Entries are numbered from the time of the start on, with room for so many each millisecond. */
const IDS_A_MS = 1000;
/** After a fold that failed, the next try. */
const RETRY_FOLD_MS = 10_000;
const MAX_FAILED_COMMITS = 3;
/** Longer than a tail lets pass between two looks. */
const RETIRED_MS = 5000;

/**
 * The writing side: journal first, then the head, and from time to time the head as a whole into partitions.
 * Belongs to one thread.
 */
export class SqliteWriter implements StoreWriter {
  readonly #options: WriterOptions;
  #journal: Journal;
  readonly #files: StoreFiles;
  readonly #kept = {
    metrics: new KeptPartitions(PARTITION_VERSION),
    logs: new KeptPartitions(LOG_PARTITION_VERSION),
  };
  /** Series that are measured together -> their group in the open head. */
  readonly #groups = new Map<string, number>();
  #head: Head;
  #headSinceMs: number;
  #sealed: Head | undefined;
  /** Heads that are folded; a tail that has not seen their last lines finds them here. */
  #retired: { readonly head: Head; readonly untilMs: number }[] = [];
  /** The last journal entry of the sealed head. */
  #sealedThrough = 0;
  /** Commits in a row that the disk failed. */
  #failedCommits = 0;
  #folding: Promise<void> | undefined;
  #unpublished: string | undefined;
  #foldFailure: { reason: string; retryAtMs: number } | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    makeDurableFolder(options.folder);
    this.#files = {
      metrics: new PartitionFiles(join(options.folder, 'metrics')),
      logs: new PartitionFiles(join(options.folder, 'logs')),
    };
    this.#journal = this.#openJournal(options.clock.nowMs() * IDS_A_MS);
    this.#headSinceMs = options.clock.monotonicMs();
    // Unlike any of the run before, so that the position of a tail is not taken for one of this run.
    this.#head = new Head(options.clock.nowMs());
    this.#replay();
    this.#publish();
  }

  has(batch: BatchId): boolean {
    return this.#ask(() => this.#journal.has(batch));
  }

  lastSequence(agent: string, epoch: number): number {
    return this.#ask(() => this.#journal.lastSequence(agent, epoch));
  }

  putSchemas(schemas: readonly { readonly hash: string; readonly body: Uint8Array }[]): void {
    this.#ask(() => this.#journal.putSchemas(schemas));
  }

  schema(hash: string): Uint8Array | undefined {
    return this.#ask(() => this.#journal.schema(hash));
  }

  /** What is thrown and no `Fault` means that memory and journal differ: the process must end, and read it anew. */
  write(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    this.#ask(() => this.#commit(writes));
    for (const { rows, logs } of writes) {
      for (const row of rows) this.#append(row);
      for (const stream of logs) this.#head.logs.append(stream);
    }
    this.tick();
  }

  refusal(): string | undefined {
    const { freeBytes, leastBytes } = freeSpace(this.#options.folder);
    if (freeBytes < leastBytes) {
      return `the volume of ${this.#options.folder} has ${freeBytes} bytes free, ${leastBytes} are kept for folding: make room on it`;
    }
    const { byteLength } = this.#head;
    if (byteLength <= 2 * this.#options.openDataBytes) return undefined;
    const failure = this.#foldFailure ? ` because folding fails: ${this.#foldFailure.reason}` : '';
    return `${byteLength} bytes of open data (setting store.open-data-size) wait to be folded${failure}`;
  }

  /** Why the last fold failed, if it did; for readiness. */
  get failure(): string | undefined {
    return this.#foldFailure?.reason ?? this.#unpublished;
  }

  /** Figures for the aggregator's own metrics. */
  stats(): { series: number; openBytes: number; storedBytes: number; partitions: number } {
    const { metrics, logs } = this.#files;
    const bytesOf = (files: PartitionFiles): number =>
      files.list().reduce((sum, file) => sum + files.bytesOf(file), 0);
    return {
      series: this.#head.seriesCount,
      openBytes: this.#head.byteLength + (this.#sealed?.byteLength ?? 0),
      storedBytes: bytesOf(metrics) + bytesOf(logs),
      partitions: metrics.list().length + logs.list().length,
    };
  }

  /** All that a reader needs to answer. */
  view(): StoreView {
    const heads = this.#sealed ? [this.#sealed, this.#head] : [this.#head];
    return {
      heads: heads.map((head) => head.buffers),
      retired: this.#retired.map(({ head }) => head.buffers),
      partitions: this.#files.metrics.list(),
      logPartitions: this.#files.logs.list(),
    };
  }

  /** Folds when it is time; called at each write and now and then. */
  tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#forgetRetired(nowMs);
    if (this.#unpublished !== undefined) this.#publish();
    if (this.#folding || (this.#head.isEmpty && this.#sealed === undefined)) return;
    if (this.#foldFailure && nowMs < this.#foldFailure.retryAtMs) return;
    const due =
      this.#sealed !== undefined ||
      this.#head.byteLength >= this.#options.openDataBytes ||
      nowMs - this.#headSinceMs >= this.#options.foldAfterMs;
    if (due) void this.fold();
  }

  /** Moves all open data into partitions. One at a time; resolves also when it failed (see `failure`). */
  async fold(): Promise<void> {
    this.#folding ??= this.#fold().finally(() => (this.#folding = undefined));
    await this.#folding;
  }

  async close(): Promise<void> {
    await this.#folding;
    this.#kept.metrics.close();
    this.#kept.logs.close();
    this.#journal.close();
  }

  async #fold(): Promise<void> {
    const { clock, events } = this.#options;
    const startMs = clock.monotonicMs();
    // A head whose fold failed is tried again as it is; what came since waits in the open one.
    const through = this.#sealed ? this.#sealedThrough : this.#journal.lastId;
    const sealed = this.#sealed ?? this.#seal(through);
    try {
      await foldHead(sealed, this.#files, through);
      // The entries are not needed from here on; the schemas of the open head are.
      this.#journal.dropThrough(through, new Set(this.#groups.keys()));
    } catch (thrown) {
      if (thrown instanceof DamagedDay) this.#setAside(thrown.files, thrown.partition, thrown);
      this.#foldFailure = { reason: reasonOf(thrown), retryAtMs: clock.monotonicMs() + RETRY_FOLD_MS };
      events.foldFailed(this.#foldFailure.reason);
      // May be what makes room.
      this.#enforceRetention();
      this.#publish();
      return;
    }
    this.#sealed = undefined;
    this.#retired.push({ head: sealed, untilMs: clock.monotonicMs() + RETIRED_MS });
    this.#foldFailure = undefined;
    this.#enforceRetention();
    this.#publish();
    events.folded(sealed.sampleCount, sealed.logs.lineCount, (clock.monotonicMs() - startMs) / 1000);
  }

  #seal(through: number): Head {
    const sealed = this.#head;
    sealed.seal(through);
    this.#sealed = sealed;
    this.#sealedThrough = through;
    this.#head = new Head(sealed.id + 1);
    this.#headSinceMs = this.#options.clock.monotonicMs();
    this.#groups.clear();
    this.#publish();
    return sealed;
  }

  #enforceRetention(): void {
    const { clock, events, retention } = this.#options;
    const kinds = [this.#files.metrics, this.#files.logs];
    for (const { file, reason, failure } of enforceRetention(kinds, retention, clock.nowMs())) {
      if (failure === undefined) events.partitionDropped(file, reason);
      else events.retentionFailed(file, failure);
    }
  }

  #setAside(files: PartitionFiles, partition: PartitionFile, thrown: unknown): void {
    const aside = files.setAside(partition);
    this.#options.events.partitionDamaged(partition.file, aside, reasonOf(thrown));
  }

  /**
   * After a failed fsync the kernel may have dropped what was written, and say that all is well the next time. So
   * the handle is not used again, and a disk that fails again and again ends the process.
   */
  #commit(writes: readonly Write[]): void {
    try {
      this.#journal.commit(writes);
      this.#failedCommits = 0;
    } catch (thrown) {
      if (!isSqliteError(thrown) || !thrown.code.startsWith('SQLITE_IOERR')) throw thrown;
      if (++this.#failedCommits >= MAX_FAILED_COMMITS) {
        const reason = `${thrown.message} (${thrown.code}), ${this.#failedCommits} times in a row`;
        throw new Error(`nothing can be written to ${this.#options.folder}: ${reason}`, { cause: thrown });
      }
      this.#reopenJournal();
      throw thrown;
    }
  }

  #reopenJournal(): void {
    const failed = this.#journal;
    try {
      this.#journal = this.#openJournal(failed.lastId);
    } catch {
      // The disk still fails; the next commit counts it.
      return;
    }
    failed.close();
  }

  #openJournal(leastId: number): Journal {
    return new Journal(join(this.#options.folder, 'journal.db'), leastId);
  }

  /** What the journal can't do now, e.g. on a full disk, may be tried again. */
  #ask<T>(run: () => T): T {
    try {
      return run();
    } catch (thrown) {
      if (!isSqliteError(thrown)) throw thrown;
      throw new Fault('unavailable', `the journal can't be used: ${thrown.message} (${thrown.code})`, {
        retry: true,
        cause: thrown,
      });
    }
  }

  #append(row: Row): void {
    let group = this.#groups.get(row.key);
    if (group === undefined) this.#groups.set(row.key, (group = this.#head.addGroup(row.series())));
    this.#head.append(group, row.atMs, row.values);
  }

  #forgetRetired(nowMs: number): void {
    if (this.#retired.every(({ untilMs }) => untilMs > nowMs)) return;
    this.#retired = this.#retired.filter(({ untilMs }) => untilMs > nowMs);
    this.#publish();
  }

  /** Readers keep the view before when this one can't be made; tried again at each tick. */
  #publish(): void {
    try {
      const view = this.view();
      this.#kept.metrics.keep(view.partitions);
      this.#kept.logs.keep(view.logPartitions);
      this.#options.onView(view);
      this.#unpublished = undefined;
    } catch (thrown) {
      this.#unpublished = `the folders of the store can't be read: ${reasonOf(thrown)}`;
    }
  }

  /** Brings the journal back into the head, leaving out what a partition holds already. */
  #replay(): void {
    const { metrics, logs } = this.#files;
    const samplesThrough = this.#foldedThrough(metrics, PARTITION_VERSION);
    const linesThrough = this.#foldedThrough(logs, LOG_PARTITION_VERSION);
    let entries = 0;
    let skipped = 0;
    for (const entry of this.#journal.entries()) {
      entries++;
      try {
        skipped += this.#replayEntry(entry, samplesThrough, linesThrough);
      } catch (thrown) {
        if (thrown instanceof Fault && thrown.code === 'store') throw thrown;
        // One that ends the program would end it at each start.
        this.#options.events.entryDamaged(entry.id, reasonOf(thrown));
      }
    }
    this.#options.events.replayed(entries, skipped);
  }

  /** Returns how many rows and streams were there already. */
  #replayEntry(entry: StoredEntry, samplesThrough: FoldedThrough, linesThrough: FoldedThrough): number {
    if (!entry.intact) throw new Fault('damaged', 'its checksum is wrong');
    const { rows, logs } = this.#options.decode(entry, (hash) => this.#journal.schema(hash));
    let skipped = 0;
    for (const row of rows) {
      if (samplesThrough(dayOf(row.atMs)) >= entry.id) skipped++;
      else this.#append(row);
    }
    for (const stream of logs) {
      for (const [dayMs, lines] of linesByDay(sortLines(stream))) {
        if (linesThrough(dayMs) >= entry.id) skipped++;
        else this.#head.logs.append({ ...lines, labels: stream.labels });
      }
    }
    return skipped;
  }

  /**
   * Up to which journal entry a day is folded. A damaged file is set aside; one that can't be opened for another
   * reason (rights, a full disk, a newer version) keeps the store from starting, as it is whole.
   */
  #foldedThrough(files: PartitionFiles, version: number): FoldedThrough {
    const known = new Map<number, number>();
    const look = (dayMs: number): number => {
      const partition = files.of(dayMs);
      if (!existsSync(partition.file)) return 0;
      try {
        const through = foldedThrough(partition.file, version);
        if (through === undefined) files.remove(partition);
        return through ?? 0;
      } catch (thrown) {
        if (!isDamage(thrown)) throw thrown;
        this.#setAside(files, partition, thrown);
        return 0;
      }
    };
    return (dayMs) => {
      let through = known.get(dayMs);
      if (through === undefined) known.set(dayMs, (through = look(dayMs)));
      return through;
    };
  }
}
