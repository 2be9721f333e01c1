import { SharedBytes, SharedWords } from '../../../lib/shared-array.ts';
import { labelsKey, type Labels } from '../../../wire/labels.ts';
import type { PackedLogStream } from '../../../wire/log-section.ts';
import { SeriesIndex, type SeriesIndexBuffers } from '../head/series-index.ts';
import { sortLines, type LineBlock, type PackedLines } from './line-block.ts';

/**
 * The open lines, in shared memory. What one batch brings of one stream is a run: its lines lie together in
 * `bytes`, its times and ends in `lines`. Runs are numbered in order of arrival and never change, and each
 * points at the run before it of the same stream.
 *
 * A run is [stream, run before + 1, lines, start in `lines`, start in `bytes` (low, high), oldest time (low,
 * high), newest time (low, high)]; in `lines` stand 2 words a time, then a word an end. The run count is raised
 * last: a run past the count that a reader read first is newer than its snapshot.
 */
const RUN_STRIDE = 10;
const WORD = 2 ** 32;
/** Word 0 of `control`. */
const RUN_COUNT = 0;

export interface LogHeadBuffers {
  readonly index: SeriesIndexBuffers;
  readonly control: SharedArrayBuffer;
  readonly runs: SharedArrayBuffer;
  readonly lines: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

export interface Run {
  readonly number: number;
  readonly lines: number;
  readonly minNs: bigint;
  readonly maxNs: bigint;
}

export class LogHead {
  /** The streams; the list that hangs on each begins with its newest run. */
  readonly index: SeriesIndex;
  readonly #control: SharedWords;
  readonly #runs: SharedWords;
  readonly #lines: SharedWords;
  readonly #bytes: SharedBytes;
  /** Writer only: label set -> stream. */
  readonly #streams = new Map<string, number>();
  #runCount = 0;
  #lineCount = 0;

  constructor(buffers?: LogHeadBuffers) {
    this.index = new SeriesIndex(buffers?.index);
    this.#control = new SharedWords(buffers?.control);
    this.#runs = new SharedWords(buffers?.runs);
    this.#lines = new SharedWords(buffers?.lines);
    this.#bytes = new SharedBytes(buffers?.bytes);
    if (!buffers) this.#control.reserve(1);
  }

  get buffers(): LogHeadBuffers {
    return {
      index: this.index.buffers,
      control: this.#control.buffer,
      runs: this.#runs.buffer,
      lines: this.#lines.buffer,
      bytes: this.#bytes.buffer,
    };
  }

  get byteLength(): number {
    const arrays = [this.#control, this.#runs, this.#lines, this.#bytes];
    return arrays.reduce((sum, array) => sum + array.buffer.byteLength, this.index.byteLength);
  }

  /** Runs that this side knows: all for the writer, those of its snapshot for a reader. */
  get runCount(): number {
    return this.#runCount;
  }

  /** Lines appended; for the writer. */
  get lineCount(): number {
    return this.#lineCount;
  }

  /** Takes the snapshot that reads see until the next call; readers call it before each query. */
  refresh(): void {
    // The count first: all streams of the runs that it counts are in the index then.
    this.#control.refresh();
    this.#runCount = Atomics.load(this.#control.view, RUN_COUNT);
    this.index.refresh();
    for (const array of [this.#runs, this.#lines, this.#bytes]) array.refresh();
  }

  /** Appends lines of one stream; writer only. */
  append({ labels, timesNs, ends, bytes }: PackedLogStream): void {
    const count = timesNs.length;
    if (count === 0) return;
    const stream = this.#streamOf(labels);
    const start = this.#bytes.reserve(bytes.length);
    this.#bytes.view.set(bytes, start);
    const at = this.#lines.reserve(3 * count);
    const words = new Uint32Array(timesNs.buffer, timesNs.byteOffset, 2 * count);
    this.#lines.view.set(words, at);
    this.#lines.view.set(ends, at + 2 * count);
    const run = this.#runs.reserve(RUN_STRIDE);
    const { min, max } = extremes(timesNs);
    this.#runs.view.set([stream, this.index.listOf(stream), count, at], run);
    this.#runs.view.set([start % WORD, Math.floor(start / WORD)], run + 4);
    this.#runs.view.set([words[2 * min] as number, words[2 * min + 1] as number], run + 6);
    this.#runs.view.set([words[2 * max] as number, words[2 * max + 1] as number], run + 8);
    this.#runCount = run / RUN_STRIDE + 1;
    this.#lineCount += count;
    this.index.setListOf(stream, this.#runCount);
    Atomics.store(this.#control.view, RUN_COUNT, this.#runCount);
  }

  /** The runs of a stream in order of arrival. */
  runsOf(stream: number): Run[] {
    const found: Run[] = [];
    let next = this.index.listOf(stream);
    while (next > 0) {
      const at = (next - 1) * RUN_STRIDE;
      if (at + RUN_STRIDE > this.#runs.view.length) this.#runs.refresh();
      if (next <= this.#runCount) found.push(this.#run(next - 1));
      next = this.#runs.view[at + 1] as number;
    }
    return found.reverse();
  }

  /** Which stream a run belongs to. */
  streamOf(run: number): number {
    return this.#runs.view[run * RUN_STRIDE] as number;
  }

  /** The lines of a run in order of time; their bytes may be the shared ones. */
  linesOf(run: number): LineBlock {
    return sortLines(this.packedLinesOf(run));
  }

  /** The lines of a run in order of arrival. */
  packedLinesOf(run: number): PackedLines {
    const at = run * RUN_STRIDE;
    const words = this.#runs.view;
    const count = words[at + 2] as number;
    const start = words[at + 3] as number;
    const times = this.#lines.view.slice(start, start + 2 * count);
    const ends = this.#lines.view.slice(start + 2 * count, start + 3 * count);
    const from = (words[at + 4] as number) + (words[at + 5] as number) * WORD;
    return {
      timesNs: new BigInt64Array(times.buffer, times.byteOffset, count),
      ends,
      bytes: this.#bytes.view.subarray(from, from + (ends[count - 1] as number)),
    };
  }

  #run(number: number): Run {
    const at = number * RUN_STRIDE;
    const words = this.#runs.view;
    const time = (word: number): bigint =>
      BigInt.asIntN(64, (BigInt(words[word + 1] as number) << 32n) | BigInt(words[word] as number));
    return { number, lines: words[at + 2] as number, minNs: time(at + 6), maxNs: time(at + 8) };
  }

  #streamOf(labels: Labels): number {
    const key = labelsKey(labels);
    let stream = this.#streams.get(key);
    if (stream === undefined) this.#streams.set(key, (stream = this.index.intern(labels)));
    return stream;
  }
}

/** The lines with the oldest and the newest time. */
function extremes(timesNs: BigInt64Array): { min: number; max: number } {
  const words = new Int32Array(timesNs.buffer, timesNs.byteOffset, timesNs.length * 2);
  let min = 0;
  let max = 0;
  for (let i = 1; i < timesNs.length; i++) {
    if (isBefore(words, i, min)) min = i;
    if (isBefore(words, max, i)) max = i;
  }
  return { min, max };
}

function isBefore(words: Int32Array, a: number, b: number): boolean {
  const highA = words[2 * a + 1] as number;
  const highB = words[2 * b + 1] as number;
  return (
    highA < highB || (highA === highB && (words[2 * a] as number) >>> 0 < (words[2 * b] as number) >>> 0)
  );
}
