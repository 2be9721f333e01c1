import { SharedWords } from '../../../lib/shared-array.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { Ids } from '../ids.ts';
import type { LabelIndex } from '../label-index.ts';
import { Symbols, type SymbolsBuffers } from './symbols.ts';

/**
 * The series of the head and the inverted index over their labels, in shared memory.
 *
 * A pair is one label (name symbol, value symbol): [name, value, next of the bucket + 1, next of the same
 * name + 1, first block, last block]. Its postings are a chain of blocks in `postings`:
 * [next block, capacity, used, ids...], ids rising. A series is [start in `labels`, next of the bucket + 1,
 * list head]; its labels are [count, pair...]. Offset 0 is never a block.
 *
 * The writer publishes a series by raising the count last, so whatever a reader meets beyond the count that
 * it read first is newer than its snapshot and is passed over.
 */
const PAIR_STRIDE = 6;
const SERIES_STRIDE = 3;
const BLOCK_HEAD = 3;
const BUCKETS = 1 << 14;
const FIRST_BLOCK = 2;
const LARGEST_BLOCK = 1024;
/** Word 0 of `control`. */
const SERIES_COUNT = 0;

export interface SeriesIndexBuffers {
  readonly symbols: SymbolsBuffers;
  readonly control: SharedArrayBuffer;
  readonly pairs: SharedArrayBuffer;
  readonly pairBuckets: SharedArrayBuffer;
  readonly postings: SharedArrayBuffer;
  readonly series: SharedArrayBuffer;
  readonly seriesBuckets: SharedArrayBuffer;
  readonly labels: SharedArrayBuffer;
}

export class SeriesIndex implements LabelIndex {
  readonly #symbols: Symbols;
  readonly #control: SharedWords;
  readonly #pairs: SharedWords;
  readonly #pairBuckets: SharedWords;
  readonly #postings: SharedWords;
  readonly #series: SharedWords;
  readonly #seriesBuckets: SharedWords;
  readonly #labels: SharedWords;
  /** How many series this side knows: all for the writer, those of its snapshot for a reader. */
  #count = 0;

  constructor(buffers?: SeriesIndexBuffers) {
    this.#symbols = new Symbols(buffers?.symbols);
    this.#control = new SharedWords(buffers?.control);
    this.#pairs = new SharedWords(buffers?.pairs);
    this.#pairBuckets = new SharedWords(buffers?.pairBuckets);
    this.#postings = new SharedWords(buffers?.postings);
    this.#series = new SharedWords(buffers?.series);
    this.#seriesBuckets = new SharedWords(buffers?.seriesBuckets);
    this.#labels = new SharedWords(buffers?.labels);
    if (buffers) return;
    this.#control.reserve(1);
    this.#pairBuckets.reserve(BUCKETS);
    this.#seriesBuckets.reserve(BUCKETS);
    this.#postings.reserve(BLOCK_HEAD);
  }

  get buffers(): SeriesIndexBuffers {
    return {
      symbols: this.#symbols.buffers,
      control: this.#control.buffer,
      pairs: this.#pairs.buffer,
      pairBuckets: this.#pairBuckets.buffer,
      postings: this.#postings.buffer,
      series: this.#series.buffer,
      seriesBuckets: this.#seriesBuckets.buffer,
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
    const pairs = new Uint32Array(labels.length / 2);
    let hash = 0;
    for (let i = 0; i < pairs.length; i++) {
      const pair = this.#internPair(labels[2 * i] as string, labels[2 * i + 1] as string);
      pairs[i] = pair;
      hash = mix(hash, pair);
    }
    const bucket = hash & (BUCKETS - 1);
    const known = this.#findSeries(pairs, bucket);
    return known ?? this.#addSeries(pairs, bucket);
  }

  all(): Ids {
    return Uint32Array.from({ length: this.#count }, (_, id) => id);
  }

  withLabel(name: string, value: string): Ids {
    const nameSymbol = this.#symbols.find(name);
    const valueSymbol = this.#symbols.find(value);
    if (nameSymbol === undefined || valueSymbol === undefined) return new Uint32Array(0);
    const pair = this.#findPair(nameSymbol, valueSymbol, pairBucket(nameSymbol, valueSymbol));
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
      next = this.#pairs.view[at + 3] as number;
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

  /** Head of the list that hangs on the series (its columns, or runs of lines), 0 when it has none. */
  listOf(id: number): number {
    return Atomics.load(this.#series.view, id * SERIES_STRIDE + 2);
  }

  setListOf(id: number, head: number): void {
    Atomics.store(this.#series.view, id * SERIES_STRIDE + 2, head);
  }

  #arrays(): readonly SharedWords[] {
    return [
      this.#pairs,
      this.#pairBuckets,
      this.#postings,
      this.#series,
      this.#seriesBuckets,
      this.#labels,
      this.#control,
    ];
  }

  #idsOf(pair: number): Ids {
    const ids: number[] = [];
    const postings = this.#postings.view;
    let block = this.#pairs.view[pair * PAIR_STRIDE + 4] as number;
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

  #findPair(name: number, value: number, bucket: number): number | undefined {
    let next = Atomics.load(this.#pairBuckets.view, bucket);
    while (next > 0) {
      const at = (next - 1) * PAIR_STRIDE;
      if (at + PAIR_STRIDE > this.#pairs.view.length) this.#pairs.refresh();
      if (this.#pairs.view[at] === name && this.#pairs.view[at + 1] === value) return next - 1;
      next = this.#pairs.view[at + 2] as number;
    }
    return undefined;
  }

  #internPair(name: string, value: string): number {
    const nameSymbol = this.#symbols.intern(name);
    const valueSymbol = this.#symbols.intern(value);
    const bucket = pairBucket(nameSymbol, valueSymbol);
    const known = this.#findPair(nameSymbol, valueSymbol, bucket);
    if (known !== undefined) return known;
    const at = this.#pairs.reserve(PAIR_STRIDE);
    const pair = at / PAIR_STRIDE;
    const words = [
      nameSymbol,
      valueSymbol,
      this.#pairBuckets.view[bucket] as number,
      this.#symbols.firstPair(nameSymbol),
    ];
    this.#pairs.view.set(words, at);
    Atomics.store(this.#pairBuckets.view, bucket, pair + 1);
    this.#symbols.setFirstPair(nameSymbol, pair + 1);
    return pair;
  }

  #findSeries(pairs: Uint32Array, bucket: number): number | undefined {
    let next = this.#seriesBuckets.view[bucket] as number;
    while (next > 0) {
      const id = next - 1;
      const start = this.#series.view[id * SERIES_STRIDE] as number;
      if (
        this.#labels.view[start] === pairs.length &&
        pairs.every((pair, i) => this.#labels.view[start + 1 + i] === pair)
      ) {
        return id;
      }
      next = this.#series.view[id * SERIES_STRIDE + 1] as number;
    }
    return undefined;
  }

  #addSeries(pairs: Uint32Array, bucket: number): number {
    const start = this.#labels.reserve(pairs.length + 1);
    this.#labels.view[start] = pairs.length;
    this.#labels.view.set(pairs, start + 1);
    const at = this.#series.reserve(SERIES_STRIDE);
    const id = at / SERIES_STRIDE;
    this.#series.view.set([start, this.#seriesBuckets.view[bucket] as number, 0], at);
    this.#seriesBuckets.view[bucket] = id + 1;
    for (const pair of pairs) this.#post(pair, id);
    this.#count = id + 1;
    Atomics.store(this.#control.view, SERIES_COUNT, this.#count);
    return id;
  }

  #post(pair: number, id: number): void {
    const at = pair * PAIR_STRIDE;
    const last = this.#pairs.view[at + 5] as number;
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
    if (last === 0) Atomics.store(this.#pairs.view, at + 4, block);
    else Atomics.store(this.#postings.view, last, block);
    this.#pairs.view[at + 5] = block;
  }
}

function pairBucket(name: number, value: number): number {
  return mix(mix(0, name), value) & (BUCKETS - 1);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word ^ (word >>> 16), 0x9e3779b1);
  return mixed ^ (mixed >>> 13);
}
