import type { Labels } from '../../../wire/labels.ts';
import type { LogStream } from '../../../wire/log-stream.ts';

/** What a line adds to the size of a batch besides its text, so that empty lines fill one too. */
const LINE_BYTES = 16;
const FIRST_LINES = 64;

/** The lines of one label set. */
export class StreamLines {
  readonly labels: Labels;
  readonly lines: string[] = [];
  #timesNs = new BigInt64Array(FIRST_LINES);

  constructor(labels: Labels) {
    this.labels = labels;
  }

  get timesNs(): BigInt64Array {
    return this.#timesNs.subarray(0, this.lines.length);
  }

  add(timeNs: bigint, line: string): void {
    const index = this.lines.length;
    if (index === this.#timesNs.length) {
      const grown = new BigInt64Array(index * 2);
      grown.set(this.#timesNs);
      this.#timesNs = grown;
    }
    this.#timesNs[index] = timeNs;
    this.lines.push(line);
  }
}

/** Lines that are read and not yet in the spool, by stream. */
export class LogBatch {
  #streams = new Map<Labels, StreamLines>();
  #lines = 0;
  #textBytes = 0;

  /** Lines in it. */
  get lines(): number {
    return this.#lines;
  }

  /** About its size before it is packed. */
  get bytes(): number {
    return this.#textBytes + LINE_BYTES * this.#lines;
  }

  /** Of one label set; the same object each time means the same stream. */
  stream(labels: Labels): StreamLines {
    let stream = this.#streams.get(labels);
    if (stream === undefined) this.#streams.set(labels, (stream = new StreamLines(labels)));
    return stream;
  }

  /** Counts what was added to its streams. */
  grew(lines: number, textBytes: number): void {
    this.#lines += lines;
    this.#textBytes += textBytes;
  }

  streams(): readonly LogStream[] {
    return [...this.#streams.values()].filter(({ lines }) => lines.length > 0);
  }

  clear(): void {
    this.#streams = new Map();
    this.#lines = 0;
    this.#textBytes = 0;
  }
}
