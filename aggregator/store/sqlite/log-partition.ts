import { crc32 } from 'node:zlib';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { zstdCompress } from '../../../lib/zstd.ts';
import type { Labels } from '../../../wire/labels.ts';
import { sliceLines, startOf, type LineBlock } from '../log/line-block.ts';
import { encodePart } from '../log/part-codec.ts';
import { DayFile } from './day-file.ts';
import { LABEL_TABLES, LabelTableStore } from './label-tables.ts';

/** Uncompressed size at which a block is closed; larger ones pack better, smaller ones read faster. */
const BLOCK_BYTES = 256 * 1024;
/** What remains of a long stream goes with its neighbours when it is smaller. */
const LEAST_PART_BYTES = 64 * 1024;

export const LOG_PARTITION_VERSION = 1;
const TABLES = `
  ${LABEL_TABLES};
  CREATE TABLE block (id INTEGER PRIMARY KEY, raw_bytes INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE TABLE part (series INTEGER, block INTEGER, start INTEGER, min_ns INTEGER NOT NULL, max_ns INTEGER NOT NULL, lines INTEGER NOT NULL,
    PRIMARY KEY (series, block, start)) WITHOUT ROWID`;

interface Pending {
  readonly series: number;
  readonly start: number;
  readonly minNs: bigint;
  readonly maxNs: bigint;
  readonly lines: number;
}

/**
 * The writing side of one partition of lines: all of one day (UTC) in one file that needs no other. Lines of one
 * stream are cut into parts, and parts of one or neighbouring streams packed into blocks. Layout in FORMAT.md.
 */
export class LogPartition extends DayFile {
  readonly #labels = new LabelTableStore(this.statements);
  readonly #block = new ByteWriter();
  readonly #scratch = new ByteWriter();
  #pending: Pending[] = [];

  constructor(file: string) {
    super(file, LOG_PARTITION_VERSION, TABLES);
  }

  /** Adds lines of one stream; neighbours in the order of the calls share blocks. */
  add(labels: Labels, lines: LineBlock): void {
    const series = this.#labels.idOf(labels);
    for (let from = 0; from < lines.ends.length;) {
      const to = cut(lines, from, BLOCK_BYTES - this.#block.length);
      const part = sliceLines(lines, from, to);
      this.#pending.push({
        series,
        start: this.#block.length,
        minNs: part.timesNs[0] as bigint,
        maxNs: part.timesNs.at(-1) as bigint,
        lines: to - from,
      });
      encodePart(this.#block, this.#scratch, part);
      if (this.#block.length >= BLOCK_BYTES - LEAST_PART_BYTES) this.#closeBlock();
      from = to;
    }
  }

  protected override flush(): void {
    this.#closeBlock();
  }

  protected override discard(): void {
    this.#block.clear();
    this.#pending = [];
    this.#labels.forget();
  }

  #closeBlock(): void {
    if (this.#pending.length === 0) return;
    const raw = this.#block.bytes();
    const body = zstdCompress(raw);
    const block = this.statements.insert(
      'INSERT INTO block (raw_bytes, crc, body) VALUES (?, ?, ?)',
      raw.length,
      crc32(body),
      body,
    );
    const insert = this.statements.get('INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)');
    for (const { series, start, minNs, maxNs, lines } of this.#pending)
      insert.run(series, block, start, minNs, maxNs, lines);
    this.#block.clear();
    this.#pending = [];
  }
}

/** Past the last line of a part that begins with line `from` and takes about `room` bytes, one line at least. */
function cut(lines: LineBlock, from: number, room: number): number {
  const { ends } = lines;
  const stop = startOf(lines, from) + room;
  if ((ends.at(-1) as number) <= stop + LEAST_PART_BYTES) return ends.length;
  let to = from + 1;
  while (to < ends.length && (ends[to] as number) <= stop) to++;
  return to;
}
