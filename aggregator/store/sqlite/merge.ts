import { setImmediate } from 'node:timers/promises';

import type Database from 'better-sqlite3';

import { mergeParts } from '../part/merge-parts.ts';
import { decodeDirectory } from '../part/directory.ts';
import { type Keeps, metricsOf } from '../part/kept-metrics.ts';
import { partsToMerge } from '../part/merge-policy.ts';
import { PartReader } from '../part/part-reader.ts';
import { appliedRules, noteRules } from './applied-rules.ts';
import { BlockCache } from './block-cache.ts';
import {
  BlockPacker,
  dropBlocks,
  dropDirectory,
  insertBlock,
  nextPart,
  partsOf,
  readBlock,
  unfinishedParts,
} from './block-table.ts';
import { isSqliteError, openForUpkeep, Statements, truncateWal } from './database.ts';
import type { DueRules } from './name-rules.ts';
import { PARTITION_VERSION } from './partition.ts';

const CACHED_BYTES = 16 * 1024 * 1024;
/** Written once and read often; unlike a fold it has time. */
const ZSTD_LEVEL = 9;
/** Written in one transaction: some milliseconds. */
const FLUSH_BYTES = 512 * 1024;
const BLOCKS_A_DROP = 8;
const PAGES_A_VACUUM = 512;
/** Pages of the write-ahead log at which it goes to the file: 10 to 20 ms with two fsyncs. */
const CHECKPOINT_PAGES = 1024;
/** Free pages of a day that still grows are kept for the next fold below this share. */
const FREE_SHARE = 0.5;

export interface MergeOptions {
  /** What to merge: what is due, or all into one. */
  readonly what: 'due of a day that grows' | 'due of a day that is over' | 'all';
  /** Awaited between two slices of work; false: stop here. */
  readonly mayGoOn: () => Promise<boolean>;
}

export interface MergeResult {
  readonly parts: number;
  readonly samples: number;
}

/**
 * Merges parts of a partition, if it is due. The merged part is written in many small transactions, as blocks
 * that nobody reads; the last one, made durable, adds its directory and takes those of the old parts away, so that after a crash
 * there is the one or the others. What is left over then is dropped, and the room given back to the file system, also in
 * small steps; the next merge finishes what a crash left of that. No transaction is open while `mayGoOn` is awaited.
 * The same file is kept: a new one under the same name would be another than that which readers have open.
 */
export async function mergePartition(file: string, options: MergeOptions): Promise<MergeResult | undefined> {
  // Nothing needs to be durable before the last step.
  const database = openForUpkeep(file, PARTITION_VERSION);
  try {
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    const merge = new Merge(database, options);
    return await merge.run();
  } finally {
    if (database.inTransaction) database.exec('ROLLBACK');
    database.close();
  }
}

/** What rules by metric name took out of a day. */
export interface Dropped {
  /** One that several parts have counts once a part. */
  readonly series: number;
  readonly samples: number;
  /** Nothing was left, and the file is gone. */
  readonly isAll: boolean;
}

/**
 * Writes the parts of a partition that rules were not applied to as one without the metrics that the rules drop, as a
 * merge does; notes the rules in the transaction that puts it in their place. When no metric would be left, `remove`
 * is called instead, while nobody writes. Undefined: stopped, or a fold came between.
 */
export async function dropByRules(
  file: string,
  rules: DueRules,
  mayGoOn: MergeOptions['mayGoOn'],
  remove: () => void,
): Promise<Dropped | undefined> {
  const database = openForUpkeep(file, PARTITION_VERSION);
  try {
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    const merge = new Merge(database, { what: 'all', mayGoOn });
    const dropped = await merge.dropByRules(rules);
    if (dropped?.isAll !== true) return dropped;
    // No pause from here on.
    if (!merge.isAsBefore()) return undefined;
    database.close();
    remove();
    return dropped;
  } finally {
    if (database.open && database.inTransaction) database.exec('ROLLBACK');
    database.close();
  }
}

interface NumberedPart {
  readonly number: number;
  readonly part: PartReader;
}

class Merge {
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #options: MergeOptions;
  /** A part that comes has this number. */
  #nextPart = 0;

  constructor(database: Database.Database, options: MergeOptions) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#options = options;
  }

  async run(): Promise<MergeResult | undefined> {
    if (!(await this.#dropUnfinished())) return undefined;
    const due = this.#due();
    const result = due.length === 0 ? undefined : await this.#merge(due);
    if (due.length > 0 && result === undefined) return undefined;
    if (await this.#dropUnfinished()) await this.#giveBackRoom();
    return result;
  }

  async dropByRules(rules: DueRules): Promise<Dropped | undefined> {
    if (!(await this.#dropUnfinished())) return undefined;
    const parts = this.#parts();
    this.#nextPart = nextPart(this.#statements);
    const applied = appliedRules(this.#statements);
    const due = parts.filter(
      ({ part }) => applied?.rules !== rules.text || part.directory.rank > applied.rank,
    );
    const dropped = await this.#dropFrom(due, rules, parts);
    if (dropped === undefined) return undefined;
    if (!dropped.isAll && (await this.#dropUnfinished())) await this.#giveBackRoom();
    return dropped;
  }

  /** Has no part come since `dropByRules` looked, and does nobody write? */
  isAsBefore(): boolean {
    if (!this.#begin()) return false;
    const isAsBefore = nextPart(this.#statements) === this.#nextPart;
    this.#database.exec('ROLLBACK');
    return isAsBefore;
  }

  async #dropFrom(
    due: readonly NumberedPart[],
    rules: DueRules,
    parts: readonly NumberedPart[],
  ): Promise<Dropped | undefined> {
    const keeps: Keeps = (name) => !rules.drops(name);
    let series = due.reduce((sum, { part }) => sum + part.directory.seriesCount, 0);
    const others = parts.filter((part) => !due.includes(part));
    let isAll = others.every(({ part }) => part.directory.seriesCount === 0);
    for (const { part } of due) {
      for (const { rows } of metricsOf(part, keeps)) {
        series -= rows;
        isAll = false;
      }
      part.forget();
      if (!(await this.#pause())) return undefined;
    }
    const samples = samplesOf(due);
    const rank = Math.max(0, ...parts.map(({ part }) => part.directory.rank));
    const note = (): void => noteRules(this.#statements, { rules: rules.text, rank });
    if (series === 0) {
      if (due.length > 0 && !(await this.#transact(note))) return undefined;
      return { series, samples: 0, isAll: false };
    }
    if (isAll) return { series, samples, isAll };
    const kept = await this.#merge(due, { keeps, note });
    return kept && { series, samples: samples - kept.samples, isAll };
  }

  /** Lowest rank first. */
  #parts(): NumberedPart[] {
    const cache = new BlockCache(CACHED_BYTES);
    const parts = partsOf(this.#statements).map((number) => {
      const block = (of: number): Uint8Array =>
        cache.get(0, number, of, () => readBlock(this.#statements, number, of));
      return { number, part: new PartReader({ block }) };
    });
    return parts.sort((a, b) => a.part.directory.rank - b.part.directory.rank);
  }

  #due(): NumberedPart[] {
    const parts = this.#parts();
    if (this.#options.what === 'all') return parts.length > 1 ? parts : [];
    const sizes = parts.map(({ part }) => part.directory);
    const count = partsToMerge(sizes, this.#options.what === 'due of a day that is over');
    return count === 0 ? [] : parts.slice(-count);
  }

  /** `note` is called in the transaction that makes the merged part the one that counts. */
  async #merge(
    due: readonly NumberedPart[],
    { keeps, note }: { readonly keeps?: Keeps; readonly note?: () => void } = {},
  ): Promise<MergeResult | undefined> {
    const sink = new BlockPacker(ZSTD_LEVEL);
    let number: number | undefined;
    const write = (): void => {
      // Between two steps a fold may have taken the next number.
      number ??= nextPart(this.#statements);
      for (const block of sink.take()) insertBlock(this.#statements, number, block);
    };
    const work = mergeParts(
      due.map(({ part }) => part),
      sink,
      keeps,
    );
    for (;;) {
      const step = work.next();
      if (step.done === true) {
        this.#database.pragma('synchronous = FULL');
        sink.finish(step.value);
        const isDone = await this.#transact(() => {
          write();
          for (const old of due) dropDirectory(this.#statements, old.number);
          note?.();
        });
        if (!isDone) return undefined;
        this.#database.pragma('synchronous = NORMAL');
        return {
          parts: due.length,
          samples: keeps ? decodeDirectory(step.value).sampleCount : samplesOf(due),
        };
      }
      if (sink.waitingBytes >= FLUSH_BYTES && !(await this.#transact(write))) return undefined;
      if (!(await this.#pause())) return undefined;
    }
  }

  /** Drops parts without a directory; false when it was stopped. */
  async #dropUnfinished(): Promise<boolean> {
    for (const part of unfinishedParts(this.#statements)) {
      const counts = { dropped: BLOCKS_A_DROP };
      const drop = (): void => void (counts.dropped = dropBlocks(this.#statements, part, BLOCKS_A_DROP));
      while (counts.dropped === BLOCKS_A_DROP) {
        if (!(await this.#transact(drop)) || !(await this.#pause())) return false;
      }
    }
    return true;
  }

  async #giveBackRoom(): Promise<void> {
    const pages = (name: string): number => this.#database.pragma(name, { simple: true }) as number;
    const kept = this.#options.what === 'due of a day that grows' ? FREE_SHARE : 0;
    if (pages('freelist_count') <= kept * pages('page_count')) return;
    while (pages('freelist_count') > 0) {
      const step = (): void => void this.#database.pragma(`incremental_vacuum(${PAGES_A_VACUUM})`);
      if (!(await this.#transact(step)) || !(await this.#pause())) return;
    }
    truncateWal(this.#database);
  }

  async #pause(): Promise<boolean> {
    await setImmediate();
    return this.#options.mayGoOn();
  }

  /** Runs a step when nobody else writes; false when it was stopped before. */
  async #transact(run: () => void): Promise<boolean> {
    while (!this.#begin()) if (!(await this.#pause())) return false;
    run();
    this.#database.exec('COMMIT');
    return true;
  }

  #begin(): boolean {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      return true;
    } catch (thrown) {
      if (isSqliteError(thrown) && thrown.code.startsWith('SQLITE_BUSY')) return false;
      throw thrown;
    }
  }
}

function samplesOf(parts: readonly NumberedPart[]): number {
  return parts.reduce((sum, { part }) => sum + part.directory.sampleCount, 0);
}
