import { crc32 } from 'node:zlib';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { zstdCompress } from '../../../lib/zstd.ts';
import type { Labels } from '../../../wire/labels.ts';
import { type Chunk, encodeChunk } from './chunk-codec.ts';
import { DayFile } from './day-file.ts';
import { packed } from './label-tables.ts';

/** Uncompressed size at which a frame is closed; larger ones pack better, smaller ones read faster. */
const FRAME_BYTES = 256 * 1024;

export const PARTITION_VERSION = 1;
const TABLES = `
  CREATE TABLE grp (id INTEGER PRIMARY KEY, members BLOB NOT NULL UNIQUE);
  CREATE TABLE member (series INTEGER, grp INTEGER, col INTEGER, PRIMARY KEY (series, grp, col)) WITHOUT ROWID;
  CREATE TABLE frame (id INTEGER PRIMARY KEY, raw_bytes INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE TABLE chunk (grp INTEGER, min_ms INTEGER, frame INTEGER, start INTEGER, max_ms INTEGER NOT NULL,
    PRIMARY KEY (grp, min_ms, frame, start)) WITHOUT ROWID`;

/**
 * The writing side of one partition: all samples of one day (UTC) in one file that needs no other. Chunks are
 * packed into frames, and the index beside them says which chunk of which frame holds which series. Layout
 * in FORMAT.md.
 */
export class Partition extends DayFile {
  readonly #groups = new Map<string, number>();
  readonly #frame = new ByteWriter();
  readonly #scratch = new ByteWriter();
  #pending: { group: number; minMs: number; maxMs: number; start: number }[] = [];

  constructor(file: string) {
    super(file, PARTITION_VERSION, TABLES);
  }

  /** Adds the rows of one group; in order of time, no time twice. */
  add(series: readonly Labels[], chunk: Chunk): void {
    const group = this.#groupOf(series);
    const start = this.#frame.length;
    encodeChunk(this.#frame, this.#scratch, chunk);
    const times = chunk.timestampsMs;
    this.#pending.push({ group, minMs: times[0] as number, maxMs: times.at(-1) as number, start });
    if (this.#frame.length >= FRAME_BYTES) this.#closeFrame();
  }

  protected override flush(): void {
    this.#closeFrame();
  }

  protected override discard(): void {
    this.#frame.clear();
    this.#pending = [];
    this.#groups.clear();
  }

  #closeFrame(): void {
    if (this.#pending.length === 0) return;
    const raw = this.#frame.bytes();
    const body = zstdCompress(raw);
    const added = this.statements.insert(
      'INSERT INTO frame (raw_bytes, crc, body) VALUES (?, ?, ?)',
      raw.length,
      crc32(body),
      body,
    );
    const insert = this.statements.get('INSERT INTO chunk VALUES (?, ?, ?, ?, ?)');
    for (const { group, minMs, maxMs, start } of this.#pending) insert.run(group, minMs, added, start, maxMs);
    this.#frame.clear();
    this.#pending = [];
  }

  #groupOf(series: readonly Labels[]): number {
    const ids = series.map((labels) => this.labels.idOf(labels));
    const members = packed(ids);
    const key = members.toString('latin1');
    let group = this.#groups.get(key);
    if (group === undefined) {
      const known = this.statements.get('SELECT id FROM grp WHERE members = ?').get(members);
      group = (known as { id: number } | undefined)?.id ?? this.#addGroup(members, ids);
      this.#groups.set(key, group);
    }
    return group;
  }

  #addGroup(members: Buffer, ids: readonly number[]): number {
    const group = this.statements.insert('INSERT INTO grp (members) VALUES (?)', members);
    const insert = this.statements.get('INSERT INTO member VALUES (?, ?, ?)');
    for (const [column, id] of ids.entries()) insert.run(id, group, column);
    return group;
  }
}
