import { setImmediate } from 'node:timers/promises';

import type Database from 'better-sqlite3';

import { mergeParts } from '../part/merge-parts.ts';
import { partsToMerge } from '../part/merge-policy.ts';
import { PartReader } from '../part/part-reader.ts';
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

class Merge {
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #options: MergeOptions;

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

  /** Lowest rank first. */
  #due(): { readonly number: number; readonly part: PartReader }[] {
    const cache = new BlockCache(CACHED_BYTES);
    const parts = partsOf(this.#statements).map((number) => {
      const block = (of: number): Uint8Array =>
        cache.get(0, number, of, () => readBlock(this.#statements, number, of));
      return { number, part: new PartReader({ block }) };
    });
    parts.sort((a, b) => a.part.directory.rank - b.part.directory.rank);
    if (this.#options.what === 'all') return parts.length > 1 ? parts : [];
    const sizes = parts.map(({ part }) => part.directory);
    const count = partsToMerge(sizes, this.#options.what === 'due of a day that is over');
    return count === 0 ? [] : parts.slice(-count);
  }

  async #merge(
    due: readonly { readonly number: number; readonly part: PartReader }[],
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
    );
    for (;;) {
      const step = work.next();
      if (step.done === true) {
        this.#database.pragma('synchronous = FULL');
        sink.finish(step.value);
        const isDone = await this.#transact(() => {
          write();
          for (const old of due) dropDirectory(this.#statements, old.number);
        });
        if (!isDone) return undefined;
        this.#database.pragma('synchronous = NORMAL');
        return {
          parts: due.length,
          samples: due.reduce((sum, { part }) => sum + part.directory.sampleCount, 0),
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
