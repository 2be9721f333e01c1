import type Database from 'better-sqlite3';

import { reasonOf } from '../../../lib/fault.ts';
import { StoredPart } from '../log/part-codec.ts';
import { Statements } from './database.ts';
import { StoredLabelIndex } from './label-tables.ts';
import { LOG_PARTITION_VERSION } from './log-partition.ts';
import { isOutside, unpack, verifyFile, type PackedRow } from './verify-file.ts';

interface PartRow {
  readonly series: bigint;
  readonly block: bigint;
  readonly start: bigint;
  readonly min_ns: bigint;
  readonly max_ns: bigint;
  readonly lines: bigint;
}

/** What is wrong with a day of log lines: its blocks, its parts and the labels of its streams. */
export function verifyLogPartition(file: string): Iterable<string> {
  return verifyFile(file, LOG_PARTITION_VERSION, function* look(database) {
    yield* verifyLabels(database);
    const block = database.prepare('SELECT id, raw_bytes, crc, body FROM block WHERE id = ?');
    // Sorted by SQLite, on disk where they are many.
    const parts = database.prepare('SELECT * FROM part ORDER BY block, start').safeIntegers();
    for (const ofBlock of byBlock(parts.iterate() as Iterable<PartRow>)) {
      const id = (ofBlock[0] as PartRow).block;
      const row = block.get(id) as PackedRow | undefined;
      const content = row === undefined ? 'it is missing' : unpack(row);
      if (typeof content === 'string') {
        yield `block ${id} is damaged (${content}): ${lost(ofBlock)}`;
        continue;
      }
      for (const part of ofBlock) {
        const wrong = faultOf(part, content);
        if (wrong !== undefined)
          yield `block ${id} is damaged at byte ${part.start} (${wrong}): ${lost([part])}`;
      }
    }
    const orphans = database
      .prepare('SELECT count(*) FROM block WHERE id NOT IN (SELECT block FROM part)')
      .pluck();
    const count = orphans.get() as number;
    if (count > 0) yield `${count} blocks are in no part: the lines in them can't be found`;
  });
}

function* verifyLabels(database: Database.Database): Iterable<string> {
  const index = new StoredLabelIndex(new Statements(database));
  for (const id of database.prepare('SELECT id FROM series').pluck().iterate() as Iterable<number>) {
    const wrong = tryOut(() => {
      if (index.labelsOf(id).some((text) => typeof text !== 'string')) return 'a text is missing';
      return undefined;
    });
    if (wrong !== undefined)
      yield `the labels of stream ${id} are damaged (${wrong}): its lines can't be named`;
  }
}

function* byBlock(parts: Iterable<PartRow>): Iterable<PartRow[]> {
  let current: PartRow[] = [];
  for (const part of parts) {
    if (current.length > 0 && current[0]?.block !== part.block) {
      yield current;
      current = [];
    }
    current.push(part);
  }
  if (current.length > 0) yield current;
}

function faultOf(
  { start, lines, min_ns: minNs, max_ns: maxNs }: PartRow,
  content: Uint8Array,
): string | undefined {
  return tryOut(() => {
    const part = new StoredPart(content.subarray(Number(start)));
    if (part.length !== Number(lines)) return `it has ${part.length} lines, ${lines} are noted`;
    if (part.ends.length !== part.length) return 'its lines have no ends';
    const { timesNs } = part;
    if (timesNs[0] !== minNs || timesNs.at(-1) !== maxNs) return 'its times are not those that are noted';
    return undefined;
  });
}

function tryOut(run: () => string | undefined): string | undefined {
  try {
    return run();
  } catch (thrown) {
    if (!isOutside(thrown)) throw thrown;
    return reasonOf(thrown);
  }
}

/** `120 lines of 3 streams between 2026-01-10T10:00:00.000Z and 2026-01-10T11:00:00.000Z are lost`. */
function lost(parts: readonly PartRow[]): string {
  const first = parts[0] as PartRow;
  let { min_ns: minNs, max_ns: maxNs } = first;
  let lines = 0n;
  for (const part of parts) {
    lines += part.lines;
    if (part.min_ns < minNs) minNs = part.min_ns;
    if (part.max_ns > maxNs) maxNs = part.max_ns;
  }
  const streams = new Set(parts.map(({ series }) => series)).size;
  return `${lines} lines of ${streams} ${streams === 1 ? 'stream' : 'streams'} between ${timeOf(minNs)} and ${timeOf(maxNs)} are lost`;
}

function timeOf(atNs: bigint): string {
  const time = new Date(Number(atNs / 1_000_000n));
  return Number.isNaN(time.getTime()) ? `${atNs} ns` : time.toISOString();
}
