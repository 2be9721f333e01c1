import { crc32 } from 'node:zlib';

import type Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../../lib/fault.ts';
import { zstdDecompress } from '../../../lib/zstd.ts';
import { findSeries } from '../label-index.ts';
import type { LineBlock } from '../log/line-block.ts';
import { StoredPart } from '../log/part-codec.ts';
import type { MetStreams, Part, Place } from '../log/place.ts';
import type { LogLimits, TimeRangeNs } from '../log-store.ts';
import type { Matcher } from '../matcher.ts';
import type { Scope } from '../scope.ts';
import { isSqliteError, openReadOnly, Statements } from './database.ts';
import { StoredLabelIndex } from './label-tables.ts';
import { LOG_PARTITION_VERSION } from './log-partition.ts';

const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

interface PartRow extends Omit<Part, 'read' | 'rank'> {
  readonly block: number;
  readonly start: number;
}

/** The reading side of one partition of lines. */
export class LogPartitionReader {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #labels: StoredLabelIndex;

  constructor(file: string) {
    this.#file = file;
    this.#database = openReadOnly(file, LOG_PARTITION_VERSION);
    this.#statements = new Statements(this.#database);
    this.#labels = new StoredLabelIndex(this.#statements);
  }

  /**
   * Begins a snapshot, which `end` ends; returns the journal entry up to which it holds everything. A fold that
   * commits meanwhile is not seen.
   */
  begin(): number {
    if (!this.#database.inTransaction) this.#database.exec('BEGIN');
    return (this.#statements.get('SELECT through FROM folded').get() as { through: number }).through;
  }

  end(): void {
    if (this.#database.inTransaction) this.#database.exec('COMMIT');
  }

  /** The blocks with lines of the range, of streams that pass. */
  places(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRangeNs,
    streams: MetStreams,
    limits: LogLimits,
  ): Place[] {
    const blocks = new Map<number, PartRow[]>();
    const find = this.#statements
      .get(
        'SELECT block, start, min_ns, max_ns, lines FROM part WHERE series = ? AND min_ns <= ? AND max_ns >= ?',
      )
      .safeIntegers();
    for (const id of findSeries(this.#labels, scope, matchers)) {
      limits.checkDeadline();
      const rows = find.all(id, range.toNs, range.fromNs) as PartColumns[];
      if (rows.length === 0) continue;
      const stream = streams.meet(this.#labels.labelsOf(id));
      for (const { block, start, min_ns: minNs, max_ns: maxNs, lines } of rows) {
        const row = {
          stream,
          start: Number(start),
          block: Number(block),
          minNs,
          maxNs,
          lines: Number(lines),
        };
        const others = blocks.get(row.block);
        if (others) others.push(row);
        else blocks.set(row.block, [row]);
      }
    }
    return [...blocks.values()].map((rows) => this.#place(rows, limits));
  }

  close(): void {
    this.#database.close();
  }

  #place(rows: readonly PartRow[], limits: LogLimits): Place {
    const first = rows[0] as PartRow;
    let { minNs, maxNs } = first;
    for (const row of rows) {
      if (row.minNs < minNs) minNs = row.minNs;
      if (row.maxNs > maxNs) maxNs = row.maxNs;
    }
    const open = (): Part[] => {
      let raw: Uint8Array | undefined | 'damaged';
      const read = ({ start }: PartRow): LineBlock | undefined => {
        raw ??= this.#guard(first.block, limits, () => this.#block(first.block)) ?? 'damaged';
        if (raw === 'damaged') return undefined;
        const bytes = raw.subarray(start);
        return this.#guard(first.block, limits, () => new StoredPart(bytes));
      };
      // Blocks, and parts in a block, are in the order of their writing.
      return rows.map((row) => ({ ...row, rank: row.block + row.start / 2 ** 31, read: () => read(row) }));
    };
    return { minNs, maxNs, open };
  }

  /** What is damaged is left out and told, never served. */
  #guard<T>(block: number, limits: LogLimits, run: () => T): T | undefined {
    try {
      return run();
    } catch (thrown) {
      if (!(thrown instanceof Fault || isSqliteError(thrown))) throw thrown;
      limits.onDamage(`${this.#file}: block ${block} is damaged and was left out: ${reasonOf(thrown)}`);
      return undefined;
    }
  }

  #block(id: number): Uint8Array {
    const row = this.#statements.get('SELECT raw_bytes, crc, body FROM block WHERE id = ?').get(id);
    if (row === undefined) throw new Fault('damaged', 'it is missing');
    const { raw_bytes: rawBytes, crc, body } = row as { raw_bytes: number; crc: number; body: Buffer };
    if (crc32(body) !== crc) throw new Fault('damaged', 'its checksum is wrong');
    return zstdDecompress(body, MAX_BLOCK_BYTES, rawBytes);
  }
}

interface PartColumns {
  readonly block: bigint;
  readonly start: bigint;
  readonly min_ns: bigint;
  readonly max_ns: bigint;
  readonly lines: bigint;
}
