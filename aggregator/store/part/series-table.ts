import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { type BlockSink, type BlockSource, INDEX_BLOCK_BYTES } from './blocks.ts';
import { type Directory, TableWriter } from './directory.ts';
import { readWords, sumUp, writeWords, zigzag } from './words.ts';

/**
 * Where the samples of a series lie: one or more pieces, in order of time and without overlap, each a column of
 * values beside a part of a timeline.
 */
export interface Piece {
  readonly timeline: number;
  /** Times of the timeline before and after those of the piece. */
  readonly skipped: number;
  readonly left: number;
}

/** A block: series and its first column; the pieces of each; then of all pieces the timelines, skipped and left. */
export class SeriesTableWriter {
  readonly #sink: BlockSink;
  readonly #blocks = new TableWriter('first', 'block');
  readonly #out = new ByteWriter();
  #first = 0;
  #counts: number[] = [];
  #timelines: number[] = [];
  #skipped: number[] = [];
  #left: number[] = [];
  #firstColumn = 0;

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  addPiece({ timeline, skipped, left }: Piece): void {
    this.#timelines.push(timeline);
    this.#skipped.push(skipped);
    this.#left.push(left);
  }

  endSeries(pieces: number): void {
    this.#counts.push(pieces);
    if (this.#counts.length + 4 * this.#timelines.length >= INDEX_BLOCK_BYTES) this.#close();
  }

  finish(): Directory['series'] {
    if (this.#counts.length > 0) this.#close();
    return this.#blocks.finish();
  }

  #close(): void {
    const out = this.#out;
    out.clear();
    out.uvarint(this.#counts.length);
    out.uvarint(this.#firstColumn);
    writeWords(out, this.#counts);
    writeWords(
      out,
      this.#timelines.map((timeline, i) => zigzag(timeline - (this.#timelines[i - 1] ?? 0))),
    );
    for (const list of [this.#skipped, this.#left]) writeWords(out, list);
    this.#blocks.add(this.#first, this.#sink.add('series', out.bytes()));
    this.#first += this.#counts.length;
    this.#firstColumn += this.#timelines.length;
    this.#counts = [];
    this.#timelines = [];
    this.#skipped = [];
    this.#left = [];
  }
}

/** A block of series, read: the pieces of its series `i` are those from `starts[i]` to before `starts[i + 1]`. */
export interface SeriesBlock {
  readonly first: number;
  readonly starts: Uint32Array;
  readonly timelines: Uint32Array;
  readonly skipped: Uint32Array;
  readonly left: Uint32Array;
  /** Of the first piece; the others have the next ones. */
  readonly firstColumn: number;
}

export function readSeriesBlock(
  directory: Directory['series'],
  number: number,
  source: BlockSource,
): SeriesBlock {
  const bytes = source.block(directory.block[number] as number);
  const head = new Uint32Array(2);
  let at = readWords(bytes, 0, head);
  const words = (length: number): Uint32Array => {
    if (length > bytes.length)
      throw new Fault('damaged', `${length} series or pieces in ${bytes.length} bytes`);
    const list = new Uint32Array(length);
    at = readWords(bytes, at, list);
    return list;
  };
  const counts = words(head[0] as number);
  const starts = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) starts[i + 1] = (starts[i] as number) + (counts[i] as number);
  const pieces = starts[counts.length] as number;
  const timelines = words(pieces);
  sumUp(timelines);
  const skipped = words(pieces);
  const left = words(pieces);
  const firstColumn = head[1] as number;
  return { first: directory.first[number] as number, starts, timelines, skipped, left, firstColumn };
}
