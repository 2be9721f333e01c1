import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { type BlockSink, type BlockSource, INDEX_BLOCK_BYTES } from './blocks.ts';
import { type Directory, TableWriter } from './directory.ts';
import { decodeTimes, encodeTimes } from './times-codec.ts';
import { lastAtMost, readWords, sumUp, writeWords, zigzag } from './words.ts';

/** Times one after the other. */
const TIMES = 0;
/** Times of another timeline: its number, then how many of it are left out, taken, left out, ... */
const SELECTION = 1;
/** Times that are remembered, so that the like of them can be found; 8 bytes each. */
const REMEMBERED_TIMES = 1 << 20;

/** Times of a timeline but for some at its beginning and its end. */
export interface TimesOf {
  readonly timeline: number;
  readonly skipped: number;
  readonly left: number;
}

interface Known {
  readonly timeline: number;
  readonly timestampsMs: Float64Array;
}

/**
 * The timestamps of a part, each list of them once; a list with some of the times of another is told by that one.
 * The longest are best added first.
 *
 * A block: uvarint timelines; then of all the kinds, counts, first times (differences, in ms after the start of the
 * part), spans and bytes; then the bodies.
 */
export class TimelinesWriter {
  readonly #sink: BlockSink;
  readonly #fromMs: number;
  readonly #blocks = new TableWriter('first', 'block');
  readonly #exact = new Map<number, Known[]>();
  /** A timeline by each of its times; of several the last. */
  readonly #byTime = new Map<number, Known>();
  readonly #body = new ByteWriter();
  readonly #scratch = new ByteWriter();
  #remembered = 0;
  #count = 0;
  #first = 0;
  #heads: [kind: number, count: number, first: number, span: number, bytes: number][] = [];

  /** `fromMs`: no time is earlier. */
  constructor(sink: BlockSink, fromMs: number) {
    this.#sink = sink;
    this.#fromMs = fromMs;
  }

  get count(): number {
    return this.#count;
  }

  /** Takes rising times, at least one; they are kept and must not change. */
  add(timestampsMs: Float64Array): TimesOf {
    const hash = hashOfTimes(timestampsMs);
    const same = this.#exact.get(hash)?.find((known) => equalTimes(known.timestampsMs, timestampsMs));
    if (same) return { timeline: same.timeline, skipped: 0, left: 0 };
    const base = this.#byTime.get(timestampsMs[0] as number);
    if (base) {
      const skipped = lastAtMost(base.timestampsMs, timestampsMs[0] as number);
      const part = base.timestampsMs.subarray(skipped, skipped + timestampsMs.length);
      if (equalTimes(part, timestampsMs)) {
        return {
          timeline: base.timeline,
          skipped,
          left: base.timestampsMs.length - skipped - timestampsMs.length,
        };
      }
    }
    this.#scratch.clear();
    encodeTimes(this.#scratch, timestampsMs);
    const selection = base && selectionOf(timestampsMs, base);
    const isSelection = selection !== undefined && selection.length < this.#scratch.length;
    this.#write(
      isSelection ? SELECTION : TIMES,
      timestampsMs,
      isSelection ? selection : this.#scratch.bytes(),
    );
    const known = { timeline: this.#count++, timestampsMs };
    this.#remember(hash, known, !isSelection);
    if (this.#body.length >= INDEX_BLOCK_BYTES) this.#close();
    return { timeline: known.timeline, skipped: 0, left: 0 };
  }

  finish(): Directory['times'] {
    if (this.#heads.length > 0) this.#close();
    return this.#blocks.finish();
  }

  #write(kind: number, timestampsMs: Float64Array, body: Uint8Array): void {
    const firstMs = timestampsMs[0] as number;
    const span = (timestampsMs.at(-1) as number) - firstMs;
    this.#heads.push([kind, timestampsMs.length, firstMs - this.#fromMs, span, body.length]);
    this.#body.raw(body);
  }

  #remember(hash: number, known: Known, asBase: boolean): void {
    this.#remembered += known.timestampsMs.length;
    if (this.#remembered > REMEMBERED_TIMES) {
      this.#exact.clear();
      this.#byTime.clear();
      this.#remembered = known.timestampsMs.length;
    }
    const alike = this.#exact.get(hash);
    if (alike) alike.push(known);
    else this.#exact.set(hash, [known]);
    if (!asBase) return;
    for (const atMs of known.timestampsMs) {
      const other = this.#byTime.get(atMs);
      // A longer one can hold more.
      if (other === undefined || other.timestampsMs.length <= known.timestampsMs.length)
        this.#byTime.set(atMs, known);
    }
  }

  #close(): void {
    this.#scratch.clear();
    this.#scratch.uvarint(this.#heads.length);
    for (let column = 0; column < 5; column++) {
      const words = this.#heads.map((head) => head[column] as number);
      writeWords(
        this.#scratch,
        column === 2 ? words.map((word, i) => zigzag(word - (words[i - 1] ?? 0))) : words,
      );
    }
    this.#scratch.raw(this.#body.bytes());
    this.#blocks.add(this.#first, this.#sink.add('times', this.#scratch.bytes()));
    this.#first = this.#count;
    this.#heads = [];
    this.#body.clear();
  }
}

/** Undefined when some of the times are not among those of `base`. */
function selectionOf(timestampsMs: Float64Array, base: Known): Uint8Array | undefined {
  const out = new ByteWriter();
  out.uvarint(base.timeline);
  let at = 0;
  for (let i = 0; i < timestampsMs.length;) {
    const from = base.timestampsMs.indexOf(timestampsMs[i] as number, at);
    if (from < 0) return undefined;
    let to = from;
    while (i < timestampsMs.length && base.timestampsMs[to] === timestampsMs[i]) {
      to++;
      i++;
    }
    out.uvarint(from - at);
    out.uvarint(to - from);
    at = to;
  }
  return out.bytes();
}

interface Block {
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly kinds: Uint32Array;
  readonly counts: Uint32Array;
  readonly firsts: Uint32Array;
  readonly spans: Uint32Array;
  /** Where each body begins, and the end. */
  readonly starts: Uint32Array;
}

/** Reads the timestamps of a part; remembers what it read until `forget`. */
export class Timelines {
  readonly #directory: Directory;
  readonly #source: BlockSource;
  readonly #blocks = new Map<number, Block>();
  readonly #times = new Map<number, Float64Array>();
  #last: Block | undefined;

  constructor(directory: Directory, source: BlockSource) {
    this.#directory = directory;
    this.#source = source;
  }

  forget(): void {
    this.#blocks.clear();
    this.#times.clear();
    this.#last = undefined;
  }

  countOf(timeline: number): number {
    const block = this.#blockOf(timeline);
    return block.counts[timeline - block.first] as number;
  }

  firstMsOf(timeline: number): number {
    const block = this.#blockOf(timeline);
    return this.#directory.fromMs + (block.firsts[timeline - block.first] as number);
  }

  lastMsOf(timeline: number): number {
    const block = this.#blockOf(timeline);
    return this.firstMsOf(timeline) + (block.spans[timeline - block.first] as number);
  }

  /** Rising; not to be changed. */
  timesOf(timeline: number): Float64Array {
    let times = this.#times.get(timeline);
    if (times === undefined) this.#times.set(timeline, (times = this.#readTimes(timeline)));
    return times;
  }

  #readTimes(timeline: number): Float64Array {
    const block = this.#blockOf(timeline);
    const at = timeline - block.first;
    const times = new Float64Array(block.counts[at] as number);
    const body = block.bytes.subarray(block.starts[at], block.starts[at + 1]);
    if (block.kinds[at] === SELECTION) this.#readSelection(timeline, body, times);
    else if (block.kinds[at] === TIMES) decodeTimes(body, times);
    else throw new Fault('damaged', `${block.kinds[at]} is not a kind of timeline`);
    return times;
  }

  #readSelection(timeline: number, body: Uint8Array, into: Float64Array): void {
    const word = new Uint32Array(1);
    let next = readWords(body, 0, word);
    const base = word[0] as number;
    if (base >= timeline) throw new Fault('damaged', `timeline ${timeline} is one of timeline ${base}`);
    const times = this.timesOf(base);
    let at = 0;
    let count = 0;
    const run = new Uint32Array(2);
    while (count < into.length) {
      next = readWords(body, next, run);
      const from = at + (run[0] as number);
      at = from + (run[1] as number);
      if (at > times.length || count + at - from > into.length)
        throw new Fault('damaged', 'a timeline is too long');
      into.set(times.subarray(from, at), count);
      count += at - from;
    }
  }

  #blockOf(timeline: number): Block {
    const last = this.#last;
    // Fast path: the same again, or its neighbour.
    if (last !== undefined && timeline >= last.first && timeline < last.first + last.counts.length)
      return last;
    const { first, block: blocks } = this.#directory.times;
    const number = lastAtMost(first, timeline);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = readBlock(this.#source.block(blocks[number] as number), first[number] as number);
      this.#blocks.set(number, block);
    }
    if (timeline - block.first >= block.counts.length) {
      throw new Fault('damaged', `there is no timeline ${timeline}`);
    }
    return (this.#last = block);
  }
}

function readBlock(bytes: Uint8Array, first: number): Block {
  const head = new Uint32Array(1);
  let at = readWords(bytes, 0, head);
  const count = head[0] as number;
  if (count > bytes.length) throw new Fault('damaged', `${count} timelines in ${bytes.length} bytes`);
  const words = (): Uint32Array => {
    const list = new Uint32Array(count);
    at = readWords(bytes, at, list);
    return list;
  };
  const kinds = words();
  const counts = words();
  const firsts = words();
  sumUp(firsts);
  const spans = words();
  const lengths = words();
  const starts = new Uint32Array(count + 1);
  starts[0] = at;
  for (let i = 0; i < count; i++) {
    starts[i + 1] = (starts[i] as number) + (lengths[i] as number);
    // No more times than milliseconds.
    if ((counts[i] as number) > (spans[i] as number) + 1) throw new Fault('damaged', `${counts[i]} times`);
  }
  return { first, bytes, kinds, counts, firsts, spans, starts };
}

/** Equal times give equal hashes. */
export function hashOfTimes(timestampsMs: Float64Array): number {
  let hash = timestampsMs.length;
  for (let i = 0; i < timestampsMs.length; i++) {
    // The lowest 32 bits; of one day no others differ much.
    hash = Math.imul(hash ^ (timestampsMs[i] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

export function equalTimes(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
