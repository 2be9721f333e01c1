import { join } from 'node:path';

import type { Clock } from '../../../lib/clock.ts';
import { makeDurableFolder } from '../../../lib/durable-file.ts';
import { Fault, reasonOf } from '../../../lib/fault.ts';
import type { BatchId } from '../../../wire/batch.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { PackedLogStream } from '../../../wire/log-section.ts';
import { Catalog } from '../head/catalog.ts';
import { Head } from '../head/head.ts';
import { linesByDay } from '../log/days.ts';
import { sortLines } from '../log/line-block.ts';
import { RowBuffer } from '../row-buffer.ts';
import type { KeptBatch, StoreWriter, Write } from '../store.ts';
import { DamagedDay, foldHead, type StoreFiles } from './fold.ts';
import { FoldedDays } from './folded-days.ts';
import { JournalHandle } from './journal-handle.ts';
import {
  ENTRY_BATCH,
  ENTRY_BATCH_IN_PART,
  ENTRY_ROWS,
  type JournalEntry,
  type StoredEntry,
} from './journal.ts';
import { readOmitted, RowsReader, RowsWriter, writeOmitted } from './journal-rows.ts';
import { LOG_PARTITION_VERSION } from './log-partition.ts';
import { PARTITION_VERSION } from './partition.ts';
import { PartitionFiles, dayOf, setAside } from './partition-files.ts';
import { KeptPartitions } from './kept-partitions.ts';
import { freeSpace, type Retention } from './retention.ts';
import { Tiers } from './tiers.ts';
import { Upkeep, type UpkeepEvents } from './upkeep.ts';
import type { StoreView } from './view.ts';

export interface WriterOptions {
  /** Where the store lives; made when it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  /** Reads what a journalled batch says, after a restart. Throws a `Fault` when it can't. */
  readonly readBatch: ReadBatch;
  /** Called with all that readers need whenever it changes. */
  readonly onView: (view: StoreView) => void;
  readonly events: WriterEvents;
  /** Open data is folded when it is this large or this old; past twice the size nothing more is taken. */
  readonly openDataBytes: number;
  readonly foldAfterMs: number;
  readonly retention: Retention;
}

/** Adds the frames of a batch to the rows, but those at the places `omitted`, and returns its lines. */
export type ReadBatch = (
  batch: Pick<KeptBatch, 'body' | 'newestMs' | 'omitted'>,
  store: Pick<StoreWriter, 'schema' | 'groupNamed' | 'addGroup' | 'widthOf'>,
  rows: RowBuffer,
) => readonly PackedLogStream[];

/** For the aggregator's own metrics. */
export interface StoreFigures {
  /** That are registered. */
  readonly series: number;
  readonly openSamples: number;
  /** Shared memory. */
  readonly openBytes: number;
  readonly storedBytes: number;
  readonly partitions: number;
}

/** What an operator should hear of. */
export interface WriterEvents extends UpkeepEvents {
  replayed(entries: number, skipped: number): void;
  folded(samples: number, lines: number, seconds: number): void;
  foldFailed(reason: string): void;
  entryDamaged(id: number, reason: string): void;
  partitionDamaged(file: string, aside: string, reason: string): void;
}

/** Entries are numbered from the time of the start on, with room for so many each millisecond. */
const IDS_A_MS = 1000;
/** After a fold that failed, the next try. */
const RETRY_FOLD_MS = 10_000;
/** After the last fold into a day that is over, or sooner when folds come often, it is merged as a whole. */
const QUIET_MS = 600_000;
/** Longer than a tail lets pass between two looks. */
const RETIRED_MS = 5000;

/**
 * The writing side: journal first, then the head, and from time to time the head as a whole into partitions.
 * Belongs to one thread.
 */
export class SqliteWriter implements StoreWriter {
  readonly #options: WriterOptions;
  readonly #journal: JournalHandle;
  readonly #files: StoreFiles & { readonly tiers: Tiers };
  readonly #upkeep: Upkeep;
  readonly #kept = {
    metrics: new KeptPartitions(PARTITION_VERSION),
    logs: new KeptPartitions(LOG_PARTITION_VERSION),
  };
  #catalog: Catalog;
  /** Names of the catalog's groups. */
  readonly #groups = new Map<string, number>();
  readonly #rowsWriter = new RowsWriter();
  #head: Head;
  #headSinceMs: number;
  #sealed: Head | undefined;
  /** Series of the catalog that had no samples in the head that was sealed last. */
  #endedSeries = 0;
  /** Heads that are folded; a tail that has not seen their last lines finds them here. */
  #retired: { readonly head: Head; readonly untilMs: number }[] = [];
  /** The last journal entry of the sealed head. */
  #sealedThrough = 0;
  #folding: Promise<void> | undefined;
  #unpublished: string | undefined;
  readonly #replayed = new RowBuffer();
  #foldFailure: { reason: string; retryAtMs: number } | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    makeDurableFolder(options.folder);
    this.#files = {
      metrics: new PartitionFiles(join(options.folder, 'metrics')),
      logs: new PartitionFiles(join(options.folder, 'logs')),
      tiers: new Tiers({
        folder: options.folder,
        clock: options.clock,
        agesMs: options.retention.tierAgesMs ?? {},
        onMade: (...values) => {
          options.events.tierMade(...values);
          this.#publish();
        },
        onFailed: (...values) => options.events.tierFailed(...values),
      }),
    };
    const leastId = options.clock.nowMs() * IDS_A_MS;
    this.#journal = new JournalHandle(join(options.folder, 'journal.db'), leastId, this.#setAside);
    this.#headSinceMs = options.clock.monotonicMs();
    // Unlike any of the run before, so that the position of a tail is not taken for one of this run.
    this.#catalog = new Catalog(options.clock.nowMs());
    this.#head = new Head(options.clock.nowMs(), this.#catalog);
    this.#replay();
    this.#publish();
    this.#upkeep = new Upkeep({
      ...options,
      files: this.#files,
      quietMs: Math.min(QUIET_MS, 2 * options.foldAfterMs),
      folding: () => this.#folding,
      onRemoved: () => this.#publish(),
    });
  }

  has(batch: BatchId): boolean {
    return this.#journal.has(batch);
  }

  lastSequence(agent: string, epoch: number): number {
    return this.#journal.lastSequence(agent, epoch);
  }

  putSchemas(schemas: readonly { readonly hash: string; readonly body: Uint8Array }[]): void {
    this.#journal.putSchemas(schemas);
  }

  schema(hash: string): Uint8Array | undefined {
    return this.#journal.schema(hash);
  }

  get generation(): number {
    return this.#catalog.id;
  }

  get seriesCount(): number {
    return this.#catalog.seriesCount - this.#endedSeries;
  }

  hasSeries(labels: Labels): boolean {
    return this.#catalog.index.has(labels);
  }

  seriesWith(name: string, value: string): number {
    return this.#catalog.index.countOf(name, value);
  }

  groupNamed(name: string): number | undefined {
    return this.#groups.get(name);
  }

  addGroup(series: readonly Labels[], name?: string): number {
    const group = this.#catalog.addGroup(series);
    if (name !== undefined) this.#groups.set(name, group);
    return group;
  }

  groupOfOne(labels: Labels): number {
    return this.#catalog.groupOfOne(labels);
  }

  widthOf(group: number): number {
    return this.#catalog.widthOf(group);
  }

  /** What is thrown and no `Fault` means that memory and journal differ: the process must end, and read it anew. */
  write(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    this.#journal.commit(writes.map((write) => this.#entryOf(write)));
    for (const { rows, logs, batch } of writes) {
      if (!batch) this.#rowsWriter.described(rows);
      this.#head.append(rows);
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
  stats(): StoreFigures {
    const { metrics, logs, tiers } = this.#files;
    return {
      series: this.seriesCount,
      openSamples: this.#head.sampleCount + (this.#sealed?.sampleCount ?? 0),
      openBytes: this.#catalog.byteLength + this.#head.byteLength + (this.#sealed?.byteLength ?? 0),
      storedBytes: metrics.totalBytes + logs.totalBytes + tiers.totalBytes,
      partitions: metrics.count + logs.count + tiers.count,
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
      tiers: this.#files.tiers.view(),
    };
  }

  /** Folds when it is time; called at each write and now and then. */
  tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#forgetRetired(nowMs);
    if (this.#unpublished !== undefined) this.#publish();
    this.#upkeep.tick();
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

  /** Merges each day of samples into one part, as it comes about by itself once the day is over. */
  async merge(): Promise<void> {
    await this.#upkeep.mergeAll();
  }

  async close(): Promise<void> {
    await this.#upkeep.close();
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
    let days: readonly number[];
    try {
      days = await foldHead(sealed, this.#files, through);
      // The entries are not needed from here on; the schemas of the open head are.
      this.#journal.dropThrough(through, new Set(this.#groups.keys()));
    } catch (thrown) {
      if (thrown instanceof DamagedDay) this.#setAside(thrown.file, thrown);
      this.#foldFailure = { reason: reasonOf(thrown), retryAtMs: clock.monotonicMs() + RETRY_FOLD_MS };
      events.foldFailed(this.#foldFailure.reason);
      this.#upkeep.foldFailed();
      this.#publish();
      return;
    }
    this.#sealed = undefined;
    this.#retired.push({ head: sealed, untilMs: clock.monotonicMs() + RETIRED_MS });
    this.#foldFailure = undefined;
    this.#upkeep.folded(days);
    this.#publish();
    events.folded(sealed.sampleCount, sealed.logs.lineCount, (clock.monotonicMs() - startMs) / 1000);
  }

  #seal(through: number): Head {
    const sealed = this.#head;
    sealed.seal(through);
    this.#sealed = sealed;
    this.#sealedThrough = through;
    this.#endedSeries = Math.max(0, this.#catalog.seriesCount - sealed.usedMembers);
    if (isMostlyEnded(this.#catalog, sealed)) this.#beginCatalog();
    this.#head = new Head(sealed.id + 1, this.#catalog);
    this.#headSinceMs = this.#options.clock.monotonicMs();
    this.#rowsWriter.forget();
    this.#publish();
    return sealed;
  }

  readonly #setAside = (file: string, thrown: unknown): void => {
    this.#options.events.partitionDamaged(file, setAside(file), reasonOf(thrown));
    this.#files.metrics.changed();
    this.#files.logs.changed();
  };

  /** Series that are still written are registered anew when they come. */
  #beginCatalog(): void {
    this.#catalog = new Catalog(this.#catalog.id + 1);
    this.#endedSeries = 0;
    this.#groups.clear();
  }

  #entryOf({ rows, batch }: Write): JournalEntry {
    if (!batch) return { kind: ENTRY_ROWS, newestMs: 0, body: this.#rowsWriter.encode(this.#catalog, rows) };
    const { body, newestMs, omitted } = batch;
    if (omitted.length === 0) return { kind: ENTRY_BATCH, newestMs, body, batch };
    return { kind: ENTRY_BATCH_IN_PART, newestMs, body: writeOmitted(omitted, body), batch };
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
    const samples = new FoldedDays(this.#files.metrics, PARTITION_VERSION, this.#setAside);
    const lines = new FoldedDays(this.#files.logs, LOG_PARTITION_VERSION, this.#setAside);
    const rowsReader = new RowsReader(this.#catalog);
    let entries = 0;
    let skipped = 0;
    const isWhole = this.#journal.replay((entry) => {
      entries++;
      try {
        skipped += this.#replayEntry(entry, rowsReader, samples, lines);
      } catch (thrown) {
        if (thrown instanceof Fault && thrown.code === 'store') throw thrown;
        // One that ends the program would end it at each start.
        this.#options.events.entryDamaged(entry.id, reasonOf(thrown));
      }
    });
    // What could be read of a damaged journal is nowhere else: it is folded at the first tick.
    if (!isWhole) this.#headSinceMs = -Infinity;
    this.#options.events.replayed(entries, skipped);
  }

  /** Returns how many rows and streams were there already. */
  #replayEntry(entry: StoredEntry, reader: RowsReader, samples: FoldedDays, lines: FoldedDays): number {
    if (!entry.intact) throw new Fault('damaged', 'its checksum is wrong');
    const rows = this.#replayed;
    rows.clear();
    const logs = this.#readEntry(entry, reader, rows);
    let skipped = rows.filter(
      (atMs) => samples.through(dayOf(atMs)) < entry.id,
      (group) => this.#catalog.widthOf(group),
    );
    this.#head.append(rows);
    for (const stream of logs) {
      for (const [dayMs, block] of linesByDay(sortLines(stream))) {
        if (lines.through(dayMs) >= entry.id) skipped++;
        else this.#head.logs.append({ ...block, labels: stream.labels });
      }
    }
    return skipped;
  }

  #readEntry(
    { id, kind, newestMs, body }: StoredEntry,
    reader: RowsReader,
    rows: RowBuffer,
  ): readonly PackedLogStream[] {
    const { readBatch } = this.#options;
    switch (kind) {
      case ENTRY_ROWS: {
        const lost = reader.decode(body, rows);
        const reason = `${lost} rows are lost with an entry before it, which described their series`;
        if (lost > 0) this.#options.events.entryDamaged(id, reason);
        return [];
      }
      case ENTRY_BATCH:
        return readBatch({ body, newestMs, omitted: [] }, this, rows);
      case ENTRY_BATCH_IN_PART:
        return readBatch({ ...readOmitted(body), newestMs }, this, rows);
      default:
        throw new Fault('malformed', `an entry of kind ${kind}, which this version does not know`);
    }
  }
}

/** Below this a catalog is not worth another one. */
const LEAST_MEMBERS = 50_000;

/** Had most of what the catalog lists no samples in the head? */
function isMostlyEnded(catalog: Catalog, head: Head): boolean {
  return catalog.memberCount > LEAST_MEMBERS && head.usedMembers * 2 < catalog.memberCount;
}
