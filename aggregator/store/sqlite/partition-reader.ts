import { crc32 } from 'node:zlib';

import type Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../../lib/fault.ts';
import { zstdDecompress } from '../../../lib/zstd.ts';
import type { Labels } from '../../../wire/labels.ts';
import { findSeries } from '../label-index.ts';
import type { Matcher } from '../matcher.ts';
import type { SampleColumn } from '../sample-column.ts';
import type { Scope } from '../scope.ts';
import type { ReadLimits, TimeRange } from '../store.ts';
import { decodeChunk } from './chunk-codec.ts';
import { isSqliteError, openReadOnly, Statements } from './database.ts';
import { StoredLabelIndex } from './label-tables.ts';
import { PARTITION_VERSION } from './partition.ts';

const MAX_FRAME_BYTES = 256 * 1024 * 1024;

interface ChunkRow {
  readonly grp: number;
  readonly frame: number;
  readonly start: number;
}

/** The reading side of one partition. */
export class PartitionReader {
  readonly #file: string;
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #labels: StoredLabelIndex;

  constructor(file: string) {
    this.#file = file;
    this.#database = openReadOnly(file, PARTITION_VERSION);
    this.#statements = new Statements(this.#database);
    this.#labels = new StoredLabelIndex(this.#statements);
  }

  /** Calls `visit` with each series that passes; `gather` appends its samples of the range. */
  visit(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
    visit: (labels: Labels, gather: (into: SampleColumn) => void) => void,
  ): void {
    const frames = new FrameCache((id) => this.#frame(id));
    for (const id of findSeries(this.#labels, scope, matchers)) {
      limits.checkDeadline();
      const places = this.#chunksOf(id, range);
      if (places.length === 0) continue;
      visit(this.#labels.labelsOf(id), (into) => {
        for (const place of places) this.#gather(place, frames, limits, into);
      });
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Where a series has samples in the range: its column in each group, with that group's chunks. */
  #chunksOf(series: number, { fromMs, toMs }: TimeRange): (ChunkRow & { col: number })[] {
    return this.#statements
      .get(
        `SELECT m.col, c.grp, c.frame, c.start FROM member m JOIN chunk c ON c.grp = m.grp
         WHERE m.series = ? AND c.min_ms <= ? AND c.max_ms >= ? ORDER BY c.frame, c.start`,
      )
      .all(series, toMs, fromMs) as (ChunkRow & { col: number })[];
  }

  /** A damaged frame is left out and told, never served. */
  #gather(
    place: ChunkRow & { col: number },
    frames: FrameCache,
    limits: ReadLimits,
    into: SampleColumn,
  ): void {
    try {
      const frame = frames.get(place.frame);
      const chunk = decodeChunk(frame.subarray(place.start), [place.col]);
      into.append(chunk.timestampsMs, chunk.columns[0] as Float64Array, 0, chunk.timestampsMs.length);
    } catch (thrown) {
      if (!(thrown instanceof Fault || isSqliteError(thrown))) throw thrown;
      limits.onDamage(`${this.#file}: frame ${place.frame} is damaged and was left out: ${reasonOf(thrown)}`);
    }
  }

  #frame(id: number): Uint8Array {
    const row = this.#statements.get('SELECT raw_bytes, crc, body FROM frame WHERE id = ?').get(id);
    if (row === undefined) throw new Fault('damaged', 'it is missing');
    const { raw_bytes: rawBytes, crc, body } = row as { raw_bytes: number; crc: number; body: Buffer };
    if (crc32(body) !== crc) throw new Fault('damaged', 'its checksum is wrong');
    return zstdDecompress(body, Math.min(rawBytes, MAX_FRAME_BYTES));
  }
}

/** The last few frames unpacked: series that are read together lie together. */
class FrameCache {
  static readonly #MAX = 32;
  readonly #load: (id: number) => Uint8Array;
  readonly #frames = new Map<number, Uint8Array>();

  constructor(load: (id: number) => Uint8Array) {
    this.#load = load;
  }

  get(id: number): Uint8Array {
    const known = this.#frames.get(id);
    if (known) return known;
    const frame = this.#load(id);
    if (this.#frames.size >= FrameCache.#MAX) this.#frames.delete(this.#frames.keys().next().value as number);
    this.#frames.set(id, frame);
    return frame;
  }
}
