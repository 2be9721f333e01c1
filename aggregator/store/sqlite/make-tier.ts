import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

import Database from 'better-sqlite3';

import { mergeParts } from '../part/merge-parts.ts';
import { PartReader } from '../part/part-reader.ts';
import { asTier } from '../tier/tier-series.ts';
import { BlockCache } from './block-cache.ts';
import { BLOCK_TABLE, BlockPacker, insertBlock, partsOf, readBlock } from './block-table.ts';
import { openReadOnly, Statements } from './database.ts';
import { PARTITION_VERSION } from './partition.ts';
import type { PartitionFile } from './partition-files.ts';

export const TIER_VERSION = 1;
const PAGE_BYTES = 1024;
const CACHED_BYTES = 16 * 1024 * 1024;
const ZSTD_LEVEL = 9;
const FLUSH_BYTES = 1024 * 1024;

/** `through`: the journal entry up to which the day was complete; `samples`: of the day. */
const TABLES = `
  CREATE TABLE made (bucket_ms INTEGER NOT NULL, through INTEGER NOT NULL, samples INTEGER NOT NULL);
  ${BLOCK_TABLE}`;

export interface TierOptions {
  readonly bucketMs: number;
  /** Awaited between two slices of work; false: stop here. */
  readonly mayGoOn: () => Promise<boolean>;
}

/**
 * Makes the tier of a day in a new file, of nothing but the day's parts, so that what a stop leaves is made anew. The
 * day is read as it stands at one moment. On the disk when it resolves, to how many samples the day has; undefined: it
 * was stopped, or the day has none. Throws a `Fault` when a block of the day is damaged.
 */
export async function makeTier(
  day: PartitionFile,
  draft: string,
  { bucketMs, mayGoOn }: TierOptions,
): Promise<number | undefined> {
  const source = openReadOnly(day.file, PARTITION_VERSION);
  let target: Database.Database | undefined;
  try {
    source.exec('BEGIN');
    const from = new Statements(source);
    const parts = readParts(from);
    if (parts.length === 0) return undefined;
    target = create(draft);
    const into = new Statements(target);
    const samples = parts.reduce((sum, { directory }) => sum + directory.sampleCount, 0);
    const through = from.get('SELECT through FROM folded').pluck().get();
    target.exec('BEGIN');
    into.insert('INSERT INTO made VALUES (?, ?, ?)', bucketMs, through, samples);
    const sink = new BlockPacker(ZSTD_LEVEL);
    const work = mergeParts(parts, sink, undefined, asTier(parts, bucketMs, day.toMs));
    for (let step = work.next(); ; step = work.next()) {
      if (step.done === true) sink.finish(step.value);
      if (step.done === true || sink.waitingBytes >= FLUSH_BYTES)
        for (const block of sink.take()) insertBlock(into, 1, block);
      if (step.done === true) break;
      await setImmediate();
      if (!(await mayGoOn())) return undefined;
    }
    target.exec('COMMIT');
    target.close();
    await sync(draft);
    return samples;
  } finally {
    target?.close();
    source.close();
  }
}

/** Lowest rank first. */
function readParts(statements: Statements): PartReader[] {
  const cache = new BlockCache(CACHED_BYTES);
  const parts = partsOf(statements).map(
    (number) =>
      new PartReader({
        block: (of) => cache.get(0, number, of, () => readBlock(statements, number, of)),
      }),
  );
  return parts.sort((a, b) => a.directory.rank - b.directory.rank);
}

/** Written once, by nobody else, and thrown away when it does not come to its end: without a journal of any kind. */
function create(file: string): Database.Database {
  rmSync(file, { force: true });
  const database = new Database(file);
  database.pragma(`page_size = ${PAGE_BYTES}`);
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.exec(TABLES);
  database.pragma(`user_version = ${TIER_VERSION}`);
  return database;
}

/** Away from the thread: the disk may take its time. */
async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
