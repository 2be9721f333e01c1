import type { ByteReader } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { SharedWords } from '../../../lib/shared-array.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { Ids } from '../ids.ts';
import type { LabelIndex } from '../label-index.ts';
import { SharedTable } from './shared-table.ts';
import { Symbols, type SymbolsBuffers } from './symbols.ts';

/**
 * The series of the head and the inverted index over their labels, in shared memory.
 *
 * A pair is one label (name symbol, value symbol): [name, value, next of the same name + 1, first block, last
 * block]. Its postings are a chain of blocks in `postings`: [next block, capacity, used, ids...], ids rising. A
 * series is [start in `labels`, list head]; its labels are [count, pair...]. Offset 0 is never a block.
 *
 * The writer publishes a series by raising the count last, so whatever a reader meets beyond the count that
 * it read first is newer than its snapshot and is passed over.
 */
const PAIR_STRIDE = 5;
const SERIES_STRIDE = 2;
const BLOCK_HEAD = 3;
const FIRST_BLOCK = 2;
const LARGEST_BLOCK = 1024;
/** How a written label stands to that of the series before. */
const SAME = 0;
const OTHER = 1;
/** Word 0 of `control`. */
const SERIES_COUNT = 0;

export interface SeriesIndexBuffers {
  readonly symbols: SymbolsBuffers;
  readonly control: SharedArrayBuffer;
  readonly pairs: SharedArrayBuffer;
  readonly pairTable: SharedArrayBuffer;
  readonly postings: SharedArrayBuffer;
  readonly series: SharedArrayBuffer;
  readonly seriesTable: SharedArrayBuffer;
  readonly labels: SharedArrayBuffer;
}

export class SeriesIndex implements LabelIndex {
  readonly #symbols: Symbols;
  readonly #control: SharedWords;
  readonly #pairs: SharedWords;
  readonly #pairTable: SharedTable;
  readonly #postings: SharedWords;
  readonly #series: SharedWords;
  readonly #seriesTable: SharedTable;
  readonly #labels: SharedWords;
  /** How many series this side knows: all for the writer, those of its snapshot for a reader. */
  #count = 0;
  /** What the two functions below compare with. */
  #wantedName = 0;
  #wantedValue = 0;
  #wantedPairs = new Uint32Array(64);
  #wantedCount = 0;
  /** Whose pairs those are, as long as only `intern` has put them there. */
  #lastLabels: Labels = [];
  readonly #isWantedPair = (pair: number): boolean => this.#equalsPair(pair);
  readonly #isWantedSeries = (series: number): boolean => this.#equalsSeries(series);

  constructor(buffers?: SeriesIndexBuffers) {
    this.#symbols = new Symbols(buffers?.symbols);
    this.#control = new SharedWords(buffers?.control);
    this.#pairs = new SharedWords(buffers?.pairs);
    this.#pairTable = new SharedTable(buffers?.pairTable);
    this.#postings = new SharedWords(buffers?.postings);
    this.#series = new SharedWords(buffers?.series);
    this.#seriesTable = new SharedTable(buffers?.seriesTable);
    this.#labels = new SharedWords(buffers?.labels);
    if (buffers) return;
    this.#control.reserve(1);
    this.#postings.reserve(BLOCK_HEAD);
  }

  get buffers(): SeriesIndexBuffers {
    return {
      symbols: this.#symbols.buffers,
      control: this.#control.buffer,
      pairs: this.#pairs.buffer,
      pairTable: this.#pairTable.buffer,
      postings: this.#postings.buffer,
      series: this.#series.buffer,
      seriesTable: this.#seriesTable.buffer,
      labels: this.#labels.buffer,
    };
  }

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#arrays().reduce((sum, array) => sum + array.buffer.byteLength, this.#symbols.byteLength);
  }

  /** Takes the snapshot that all reads until the next call see. */
  refresh(): void {
    this.#control.refresh();
    this.#count = Atomics.load(this.#control.view, SERIES_COUNT);
    for (const array of this.#arrays()) array.refresh();
    this.#symbols.refresh();
  }

  /** The id of a label set, new or known; writer only. */
  intern(labels: Labels): number {
    const count = this.#beginPairs(labels.length / 2);
    const last = this.#lastLabels;
    for (let i = 0; i < count; i++) {
      const name = labels[2 * i] as string;
      const value = labels[2 * i + 1] as string;
      // Fast path: most labels of a series are those of the series before.
      if (last[2 * i] === name && last[2 * i + 1] === value) continue;
      this.#wantedPairs[i] = this.#internPair(this.#symbols.intern(name), this.#symbols.intern(value));
    }
    this.#lastLabels = labels;
    return this.#internPairs();
  }

  /** The same of a list, whose series have most of their texts in common. */
  internAll(list: readonly Labels[]): number[] {
    const symbols = new Map<string, number>();
    const symbolOf = (text: string): number => {
      let symbol = symbols.get(text);
      if (symbol === undefined) symbols.set(text, (symbol = this.#symbols.intern(text)));
      return symbol;
    };
    this.#lastLabels = [];
    return list.map((labels) => {
      const count = this.#beginPairs(labels.length / 2);
      for (let i = 0; i < count; i++) {
        const name = symbolOf(labels[2 * i] as string);
        this.#wantedPairs[i] = this.#internPair(name, symbolOf(labels[2 * i + 1] as string));
      }
      return this.#internPairs();
    });
  }

  /** The same of labels as `writeLabels` wrote them, in that order. Throws a `Fault` `malformed`. */
  internWritten(reader: ByteReader): number {
    const before = this.#wantedCount;
    this.#lastLabels = [];
    const count = this.#beginPairs(reader.count());
    for (let i = 0; i < count; i++) {
      if (reader.u8() === SAME) {
        if (i >= before) throw new Fault('malformed', `label ${i} is that of a series of ${before}`);
        continue;
      }
      const name = reader.passBlock();
      const nameSymbol = this.#symbols.internBytes(reader.bytes, name, reader.offset);
      const value = reader.passBlock();
      const valueSymbol = this.#symbols.internBytes(reader.bytes, value, reader.offset);
      this.#wantedPairs[i] = this.#internPair(nameSymbol, valueSymbol);
    }
    return this.#internPairs();
  }

  /** Is this label set registered? Writer only. */
  has(labels: Labels): boolean {
    this.#lastLabels = [];
    const count = this.#beginPairs(labels.length / 2);
    for (let i = 0; i < count; i++) {
      const name = this.#symbols.find(labels[2 * i] as string);
      const value = this.#symbols.find(labels[2 * i + 1] as string);
      const pair = name === undefined || value === undefined ? undefined : this.#findPair(name, value);
      if (pair === undefined) return false;
      this.#wantedPairs[i] = pair;
    }
    return this.#seriesTable.find(this.#hashOfPairs(), this.#isWantedSeries) !== undefined;
  }

  /** Writes the labels of a series; those that are as at their place in the series written before are not repeated. */
  writeLabels(out: ByteWriter, id: number, before: number | undefined): void {
    const labels = this.#labels.view;
    const start = this.#series.view[id * SERIES_STRIDE] as number;
    const count = labels[start] as number;
    const other = before === undefined ? 0 : (this.#series.view[before * SERIES_STRIDE] as number);
    const otherCount = before === undefined ? 0 : (labels[other] as number);
    out.uvarint(count);
    for (let i = 1; i <= count; i++) {
      const pair = labels[start + i] as number;
      if (i <= otherCount && labels[other + i] === pair) {
        out.u8(SAME);
        continue;
      }
      const at = pair * PAIR_STRIDE;
      out.u8(OTHER);
      out.block(this.#symbols.bytesOf(this.#pairs.view[at] as number));
      out.block(this.#symbols.bytesOf(this.#pairs.view[at + 1] as number));
    }
  }

  /** How many series carry this label; writer only. */
  countOf(name: string, value: string): number {
    const nameSymbol = this.#symbols.find(name);
    const valueSymbol = this.#symbols.find(value);
    if (nameSymbol === undefined || valueSymbol === undefined) return 0;
    const pair = this.#findPair(nameSymbol, valueSymbol);
    let count = 0;
    let block = pair === undefined ? 0 : (this.#pairs.view[pair * PAIR_STRIDE + 3] as number);
    for (; block > 0; block = this.#postings.view[block] as number)
      count += this.#postings.view[block + 2] as number;
    return count;
  }

  all(): Ids {
    return Uint32Array.from({ length: this.#count }, (_, id) => id);
  }

  withLabel(name: string, value: string): Ids {
    const nameSymbol = this.#symbols.find(name);
    const valueSymbol = this.#symbols.find(value);
    if (nameSymbol === undefined || valueSymbol === undefined) return new Uint32Array(0);
    const pair = this.#findPair(nameSymbol, valueSymbol);
    return pair === undefined ? new Uint32Array(0) : this.#idsOf(pair);
  }

  *valuesOf(name: string): Iterable<{ readonly value: string; ids(): Ids }> {
    const symbol = this.#symbols.find(name);
    let next = symbol === undefined ? 0 : this.#symbols.firstPair(symbol);
    while (next > 0) {
      const pair = next - 1;
      const at = pair * PAIR_STRIDE;
      // A pair newer than the snapshot; the chain goes on to the older ones.
      if (at + PAIR_STRIDE > this.#pairs.view.length) this.#pairs.refresh();
      const value = this.#pairs.view[at + 1] as number;
      yield { value: this.#symbols.text(value), ids: () => this.#idsOf(pair) };
      next = this.#pairs.view[at + 2] as number;
    }
  }

  labelsOf(id: number): Labels {
    const start = this.#series.view[id * SERIES_STRIDE] as number;
    const count = this.#labels.view[start] as number;
    const labels: string[] = [];
    for (let i = 1; i <= count; i++) {
      const at = (this.#labels.view[start + i] as number) * PAIR_STRIDE;
      labels.push(this.#symbols.text(this.#pairs.view[at] as number));
      labels.push(this.#symbols.text(this.#pairs.view[at + 1] as number));
    }
    return labels;
  }

  /** The symbols of its label names and values by turns. */
  labelSymbolsOf(id: number): Uint32Array {
    const start = this.#series.view[id * SERIES_STRIDE] as number;
    const count = this.#labels.view[start] as number;
    const symbols = new Uint32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const at = (this.#labels.view[start + 1 + i] as number) * PAIR_STRIDE;
      symbols[2 * i] = this.#pairs.view[at] as number;
      symbols[2 * i + 1] = this.#pairs.view[at + 1] as number;
    }
    return symbols;
  }

  symbolText(symbol: number): string {
    return this.#symbols.text(symbol);
  }

  /** Head of the list that hangs on the series (its columns, or runs of lines), 0 when it has none. */
  listOf(id: number): number {
    return Atomics.load(this.#series.view, id * SERIES_STRIDE + 1);
  }

  setListOf(id: number, head: number): void {
    Atomics.store(this.#series.view, id * SERIES_STRIDE + 1, head);
  }

  #arrays(): readonly (SharedWords | SharedTable)[] {
    return [
      this.#pairs,
      this.#pairTable,
      this.#postings,
      this.#series,
      this.#seriesTable,
      this.#labels,
      this.#control,
    ];
  }

  #idsOf(pair: number): Ids {
    const ids: number[] = [];
    const postings = this.#postings.view;
    let block = this.#pairs.view[pair * PAIR_STRIDE + 3] as number;
    while (block > 0 && block + BLOCK_HEAD <= postings.length) {
      const used = Atomics.load(postings, block + 2);
      for (let i = 0; i < used; i++) {
        const id = postings[block + BLOCK_HEAD + i];
        if (id === undefined || id >= this.#count) return Uint32Array.from(ids);
        ids.push(id);
      }
      block = Atomics.load(postings, block);
    }
    return Uint32Array.from(ids);
  }

  #findPair(name: number, value: number): number | undefined {
    this.#wantedName = name;
    this.#wantedValue = value;
    return this.#pairTable.find(mix(mix(0, name), value), this.#isWantedPair);
  }

  #equalsPair(pair: number): boolean {
    const at = pair * PAIR_STRIDE;
    if (at + PAIR_STRIDE > this.#pairs.view.length) this.#pairs.refresh();
    return this.#pairs.view[at] === this.#wantedName && this.#pairs.view[at + 1] === this.#wantedValue;
  }

  #internPair(name: number, value: number): number {
    const known = this.#findPair(name, value);
    if (known !== undefined) return known;
    const at = this.#pairs.reserve(PAIR_STRIDE);
    const pair = at / PAIR_STRIDE;
    this.#pairs.view[at] = name;
    this.#pairs.view[at + 1] = value;
    this.#pairs.view[at + 2] = this.#symbols.firstPair(name);
    this.#pairTable.add(mix(mix(0, name), value), pair);
    this.#symbols.setFirstPair(name, pair + 1);
    return pair;
  }

  /** Makes room for the pairs of a label set; returns their count. */
  #beginPairs(count: number): number {
    if (count > this.#wantedPairs.length) {
      const pairs = new Uint32Array(2 * count);
      pairs.set(this.#wantedPairs);
      this.#wantedPairs = pairs;
    }
    this.#wantedCount = count;
    return count;
  }

  #internPairs(): number {
    const hash = this.#hashOfPairs();
    return this.#seriesTable.find(hash, this.#isWantedSeries) ?? this.#addSeries(hash);
  }

  #hashOfPairs(): number {
    let hash = 0;
    for (let i = 0; i < this.#wantedCount; i++) hash = mix(hash, this.#wantedPairs[i] as number);
    return hash;
  }

  #equalsSeries(series: number): boolean {
    const start = this.#series.view[series * SERIES_STRIDE] as number;
    const labels = this.#labels.view;
    if (labels[start] !== this.#wantedCount) return false;
    for (let i = 0; i < this.#wantedCount; i++)
      if (labels[start + 1 + i] !== this.#wantedPairs[i]) return false;
    return true;
  }

  #addSeries(hash: number): number {
    const pairs = this.#wantedPairs.subarray(0, this.#wantedCount);
    const start = this.#labels.reserve(pairs.length + 1);
    this.#labels.view[start] = pairs.length;
    this.#labels.view.set(pairs, start + 1);
    const at = this.#series.reserve(SERIES_STRIDE);
    const id = at / SERIES_STRIDE;
    this.#series.view[at] = start;
    this.#seriesTable.add(hash, id);
    for (const pair of pairs) this.#post(pair, id);
    this.#count = id + 1;
    Atomics.store(this.#control.view, SERIES_COUNT, this.#count);
    return id;
  }

  #post(pair: number, id: number): void {
    const at = pair * PAIR_STRIDE;
    const last = this.#pairs.view[at + 4] as number;
    const capacity = last === 0 ? 0 : (this.#postings.view[last + 1] as number);
    const used = last === 0 ? 0 : (this.#postings.view[last + 2] as number);
    if (used < capacity) {
      this.#postings.view[last + BLOCK_HEAD + used] = id;
      Atomics.store(this.#postings.view, last + 2, used + 1);
      return;
    }
    const wanted = Math.min(LARGEST_BLOCK, Math.max(FIRST_BLOCK, capacity * 2));
    const block = this.#postings.reserve(BLOCK_HEAD + wanted);
    this.#postings.view.set([0, wanted, 1, id], block);
    if (last === 0) Atomics.store(this.#pairs.view, at + 3, block);
    else Atomics.store(this.#postings.view, last, block);
    this.#pairs.view[at + 4] = block;
  }
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word ^ (word >>> 16), 0x9e3779b1);
  return mixed ^ (mixed >>> 13);
}
