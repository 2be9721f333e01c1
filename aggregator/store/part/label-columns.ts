import { hash } from 'node:crypto';

import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { type BlockSink, type BlockSource, COLUMN_BLOCK_BYTES } from './blocks.ts';
import { type Directory, TableWriter } from './directory.ts';
import { decodeLabelColumn, type LabelColumn, LabelColumnEncoder } from './label-column.ts';
import { readWords, writeWords } from './words.ts';

/**
 * The columns of labels of a part, those of one label name together, so that a matcher reads what it asks about
 * and nothing else. Each name numbers its columns. Metrics of the same pods have the same columns, which are
 * stored once.
 *
 * Columns with neighbouring numbers lie in a run: uvarint count, their lengths, then the columns.
 */
const SHORT_BYTES = 48;

/** The columns of one name. */
class Open {
  readonly known = new Map<string, number>();
  readonly body = new ByteWriter();
  lengths: number[] = [];
  first = 0;
}

export class LabelColumnsWriter {
  readonly #sink: BlockSink;
  readonly #encoder: LabelColumnEncoder;
  readonly #open = new Map<number, Open>();
  readonly #scratch = new ByteWriter();
  readonly #block = new ByteWriter();
  #starts: [name: number, first: number, start: number][] = [];
  readonly #runs = new TableWriter('name', 'first', 'block', 'start');

  constructor(sink: BlockSink, symbolCount: number) {
    this.#sink = sink;
    this.#encoder = new LabelColumnEncoder(symbolCount);
  }

  /** Returns the number of the column among those of the label name, new or known. */
  add(name: number, symbols: Uint32Array): number {
    let open = this.#open.get(name);
    if (open === undefined) this.#open.set(name, (open = new Open()));
    this.#scratch.clear();
    this.#encoder.encode(this.#scratch, symbols);
    const bytes = this.#scratch.bytes();
    const key = bytes.length <= SHORT_BYTES ? Buffer.from(bytes).toString('latin1') : hash('sha256', bytes);
    const known = open.known.get(key);
    if (known !== undefined) return known;
    const number = open.first + open.lengths.length;
    open.known.set(key, number);
    open.lengths.push(bytes.length);
    open.body.raw(bytes);
    if (open.body.length >= COLUMN_BLOCK_BYTES) {
      this.#closeRun(name, open);
      this.#closeBlock();
    }
    return number;
  }

  finish(): Directory['labels'] {
    for (const [name, open] of [...this.#open].sort(([a], [b]) => a - b)) {
      if (open.lengths.length > 0) this.#closeRun(name, open);
      if (this.#block.length >= COLUMN_BLOCK_BYTES) this.#closeBlock();
    }
    if (this.#block.length > 0) this.#closeBlock();
    return this.#runs.finish();
  }

  #closeRun(name: number, open: Open): void {
    this.#starts.push([name, open.first, this.#block.length]);
    this.#block.uvarint(open.lengths.length);
    writeWords(this.#block, open.lengths);
    this.#block.raw(open.body.bytes());
    open.body.clear();
    open.first += open.lengths.length;
    open.lengths = [];
  }

  #closeBlock(): void {
    const block = this.#sink.add('labels', this.#block.bytes());
    for (const [name, first, start] of this.#starts) this.#runs.add(name, first, block, start);
    this.#block.clear();
    this.#starts = [];
  }
}

interface Run {
  readonly bytes: Uint8Array;
  /** Where each column begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

/** Reads the columns; remembers what it read until `forget`. */
export class LabelColumns {
  readonly #runs: Directory['labels'];
  readonly #source: BlockSource;
  readonly #read = new Map<number, Run>();
  readonly #columns = new Map<string, LabelColumn>();

  constructor(runs: Directory['labels'], source: BlockSource) {
    this.#runs = runs;
    this.#source = source;
  }

  forget(): void {
    this.#read.clear();
    this.#columns.clear();
  }

  /** The symbols of all label names. */
  names(): number[] {
    return [...new Set(this.#runs.name)];
  }

  /** Throws a `Fault` when it is damaged. */
  column(name: number, number: number, rows: number): LabelColumn {
    const key = `${name} ${number} ${rows}`;
    let column = this.#columns.get(key);
    if (column === undefined) {
      const run = this.#find(name, number);
      const { bytes, starts } = this.#run(run);
      const at = number - (this.#runs.first[run] as number);
      if (at >= starts.length - 1) throw new Fault('damaged', `there is no column ${number} of a label`);
      column = decodeLabelColumn(bytes.subarray(starts[at], starts[at + 1]), rows);
      this.#columns.set(key, column);
    }
    return column;
  }

  #find(name: number, number: number): number {
    let low = 0;
    let high = this.#runs.name.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.#runs.name[middle] as number;
      if (at < name || (at === name && (this.#runs.first[middle] as number) <= number)) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || this.#runs.name[low - 1] !== name) throw new Fault('damaged', 'a label has no columns');
    return low - 1;
  }

  #run(number: number): Run {
    let run = this.#read.get(number);
    if (run === undefined) {
      const bytes = this.#source.block(this.#runs.block[number] as number);
      const count = new Uint32Array(1);
      let at = readWords(bytes, this.#runs.start[number] as number, count);
      if ((count[0] as number) > bytes.length) throw new Fault('damaged', `${count[0]} columns of a label`);
      const starts = new Uint32Array((count[0] as number) + 1);
      at = readWords(bytes, at, starts.subarray(1));
      starts[0] = at;
      for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
      this.#read.set(number, (run = { bytes, starts }));
    }
    return run;
  }
}
