import { ByteReader } from '../../../lib/byte-reader.ts';
import type { BlockSink, BlockSource } from './blocks.ts';
import { type Directory, TableWriter } from './directory.ts';
import { FrameEncoder } from './frame-encoder.ts';
import { FrameReader } from './frame-reader.ts';
import { lastAtMost } from './words.ts';

/** Who reads one column reads the fields of all of its frame: 2 ms for 16,384 columns of four values. */
const FRAME_COLUMNS = 2048;

/** The columns of values of a part, numbered through, in frames that are a block each. */
export class ValuesWriter {
  readonly #sink: BlockSink;
  readonly #blocks = new TableWriter('first', 'block');
  readonly #frame = new FrameEncoder();
  #count = 0;

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  add(values: Float64Array): void {
    this.#frame.add(values);
    this.#count++;
    if (this.#frame.isFull || this.#frame.columns >= FRAME_COLUMNS) this.#close();
  }

  /** Takes a frame of another part, with all of its columns. */
  addFrame(bytes: Uint8Array): void {
    if (this.#frame.columns > 0) this.#close();
    this.#blocks.add(this.#count, this.#sink.add('values', bytes));
    this.#count += new ByteReader(bytes).uvarint();
  }

  finish(): Directory['values'] {
    if (this.#frame.columns > 0) this.#close();
    return this.#blocks.finish();
  }

  #close(): void {
    const first = this.#count - this.#frame.columns;
    this.#blocks.add(first, this.#sink.add('values', this.#frame.finish()));
  }
}

/** Series of several metrics are read by turns; so many frames stay open. */
const OPEN_FRAMES = 8;

export class ValuesReader {
  readonly #directory: Directory['values'];
  readonly #source: BlockSource;
  readonly #frames = new Map<number, FrameReader>();
  #last = -1;
  #lastFrame: FrameReader | undefined;

  constructor(directory: Directory['values'], source: BlockSource) {
    this.#directory = directory;
    this.#source = source;
  }

  forget(): void {
    this.#frames.clear();
    this.#lastFrame = undefined;
  }

  /** The bytes of the frame with this number. */
  bytes(number: number): Uint8Array {
    return this.#source.block(this.#directory.block[number] as number);
  }

  /** Fills `into`, which is as long as the column. Throws a `Fault` when it is damaged. */
  decode(column: number, into: Float64Array): void {
    const number = lastAtMost(this.#directory.first, column);
    this.#frame(number).decode(column - (this.#directory.first[number] ?? 0), into);
  }

  #frame(number: number): FrameReader {
    // Fast path: columns are read in their order.
    if (number === this.#last && this.#lastFrame !== undefined) return this.#lastFrame;
    let frame = this.#frames.get(number);
    if (frame === undefined) {
      frame = new FrameReader(this.bytes(number));
      if (this.#frames.size >= OPEN_FRAMES) this.#frames.delete(this.#frames.keys().next().value as number);
      this.#frames.set(number, frame);
    }
    this.#last = number;
    return (this.#lastFrame = frame);
  }
}
