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
  /** Length of the packed column. */
  readonly bytes: number;
}

/** A block: uvarint series; the pieces of each; then of all pieces the timelines, skipped, left and bytes. */
export class SeriesTableWriter {
  readonly #sink: BlockSink;
  readonly #blocks = new TableWriter('first', 'block');
  readonly #out = new ByteWriter();
  #first = 0;
  #counts: number[] = [];
  #timelines: number[] = [];
  #skipped: number[] = [];
  #left: number[] = [];
  #bytes: number[] = [];

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  addPiece({ timeline, skipped, left, bytes }: Piece): void {
    this.#timelines.push(timeline);
    this.#skipped.push(skipped);
    this.#left.push(left);
    this.#bytes.push(bytes);
  }

  endSeries(pieces: number): void {
    this.#counts.push(pieces);
  }

  /** A block of columns ends here, and only here may one of series end too. */
  endOfColumns(): void {
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
    writeWords(out, this.#counts);
    writeWords(
      out,
      this.#timelines.map((timeline, i) => zigzag(timeline - (this.#timelines[i - 1] ?? 0))),
    );
    for (const list of [this.#skipped, this.#left, this.#bytes]) writeWords(out, list);
    this.#blocks.add(this.#first, this.#sink.add('series', out.bytes()));
    this.#first += this.#counts.length;
    this.#counts = [];
    this.#timelines = [];
    this.#skipped = [];
    this.#left = [];
    this.#bytes = [];
  }
}

/** A block of series, read: the pieces of its series `i` are those from `starts[i]` to before `starts[i + 1]`. */
export interface SeriesBlock {
  readonly first: number;
  readonly starts: Uint32Array;
  readonly timelines: Uint32Array;
  readonly skipped: Uint32Array;
  readonly left: Uint32Array;
  /** Where the column of each piece begins, all columns of the block one behind the other; and the end. */
  readonly offsets: Float64Array;
}

export function readSeriesBlock(
  directory: Directory['series'],
  number: number,
  source: BlockSource,
): SeriesBlock {
  const bytes = source.block(directory.block[number] as number);
  const head = new Uint32Array(1);
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
  const lengths = words(pieces);
  const offsets = new Float64Array(pieces + 1);
  for (let i = 0; i < pieces; i++) offsets[i + 1] = (offsets[i] as number) + (lengths[i] as number);
  return { first: directory.first[number] as number, starts, timelines, skipped, left, offsets };
}
