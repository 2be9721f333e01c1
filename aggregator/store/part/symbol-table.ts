import { ByteReader } from '../../../lib/byte-reader.ts';
import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { type BlockSink, type BlockSource, INDEX_BLOCK_BYTES } from './blocks.ts';
import { type Directory, TableWriter } from './directory.ts';
import { lastAtMost, readWords, writeWords } from './words.ts';

/**
 * The texts of a part, sorted in code-unit order and numbered so: symbols compare as their texts do. A text shares
 * the beginning of the one before, but for each 16th, where reading may begin. Symbol 0 is ''.
 */
const GROUP = 16;

/** What the sink holds of a finished table. */
export type SymbolBlocks = Pick<Directory, 'symbols' | 'firstTexts' | 'symbolCount'>;

export class SymbolWriter {
  readonly #sink: BlockSink;
  readonly #blocks = new TableWriter('first', 'block');
  readonly #firstTexts: string[] = [];
  readonly #body = new ByteWriter();
  readonly #block = new ByteWriter();
  #ends: number[] = [];
  #count = 0;
  #first = 0;
  #before: Uint8Array = new Uint8Array(0);

  constructor(sink: BlockSink) {
    this.#sink = sink;
    this.add('');
  }

  /** Takes the next text, greater than the one before; returns its number. */
  add(text: string): number {
    const bytes = encoder.encode(text);
    const at = this.#count - this.#first;
    if (at === 0) this.#firstTexts.push(text);
    if (at % GROUP === 0) {
      if (at > 0) this.#ends.push(this.#body.length);
      this.#body.block(bytes);
    } else {
      const shared = sharedBytes(this.#before, bytes);
      this.#body.uvarint(shared);
      this.#body.block(bytes.subarray(shared));
    }
    this.#before = bytes;
    this.#count++;
    if (this.#body.length >= INDEX_BLOCK_BYTES) this.#close();
    return this.#count - 1;
  }

  finish(): SymbolBlocks {
    if (this.#count > this.#first) this.#close();
    return { symbols: this.#blocks.finish(), firstTexts: this.#firstTexts, symbolCount: this.#count };
  }

  #close(): void {
    this.#ends.push(this.#body.length);
    this.#block.clear();
    this.#block.uvarint(this.#count - this.#first);
    writeWords(
      this.#block,
      this.#ends.map((end, i) => end - (this.#ends[i - 1] ?? 0)),
    );
    this.#block.raw(this.#body.bytes());
    this.#blocks.add(this.#first, this.#sink.add('symbols', this.#block.bytes()));
    this.#body.clear();
    this.#ends = [];
    this.#first = this.#count;
  }
}

interface Block {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Where each group begins. */
  readonly starts: Uint32Array;
  readonly groups: (readonly string[] | undefined)[];
}

/** Reads the table of a part; remembers what it read until `forget`. */
export class SymbolTable {
  readonly #directory: SymbolBlocks;
  readonly #source: BlockSource;
  readonly #blocks = new Map<number, Block>();

  constructor(directory: SymbolBlocks, source: BlockSource) {
    this.#directory = directory;
    this.#source = source;
  }

  get count(): number {
    return this.#directory.symbolCount;
  }

  forget(): void {
    this.#blocks.clear();
  }

  /** Throws a `Fault` when its block is damaged. */
  text(symbol: number): string {
    const { first } = this.#directory.symbols;
    const number = first.length === 1 ? 0 : lastAtMost(first, symbol);
    const at = symbol - (first[number] as number);
    const text = group(this.#block(number), Math.floor(at / GROUP))[at % GROUP];
    if (text === undefined) throw new Fault('damaged', `there is no symbol ${symbol}`);
    return text;
  }

  find(text: string): number | undefined {
    const { firstTexts, symbols } = this.#directory;
    const number = lastBelow(firstTexts.length, (i) => (firstTexts[i] as string) <= text);
    if (number < 0) return undefined;
    const block = this.#block(number);
    const at = lastBelow(block.starts.length, (i) => (group(block, i)[0] as string) <= text);
    const place = at < 0 ? -1 : group(block, at).indexOf(text);
    return place < 0 ? undefined : (symbols.first[number] as number) + at * GROUP + place;
  }

  /** All texts in order; forgets what it has passed. */
  *texts(): Generator<string, undefined> {
    for (let number = 0; number < this.#directory.symbols.block.length; number++) {
      const block = this.#block(number);
      for (let i = 0; i < block.starts.length; i++) yield* group(block, i);
      this.#blocks.delete(number);
    }
  }

  #block(number: number): Block {
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = readBlock(this.#source.block(this.#directory.symbols.block[number] as number));
      this.#blocks.set(number, block);
    }
    return block;
  }
}

function readBlock(bytes: Uint8Array): Block {
  const reader = new ByteReader(bytes);
  const count = reader.count();
  const starts = new Uint32Array(Math.ceil(count / GROUP));
  let start = readWords(bytes, reader.offset, starts);
  for (let i = 0; i < starts.length; i++) {
    const length = starts[i] as number;
    starts[i] = start;
    start += length;
  }
  return { count, bytes, starts, groups: [] };
}

function group(block: Block, number: number): readonly string[] {
  const known = block.groups[number];
  if (known) return known;
  const start = block.starts[number];
  if (start === undefined || start > block.bytes.length) throw new Fault('damaged', 'a symbol past the end');
  const bytes = block.bytes.subarray(start, block.starts[number + 1] ?? block.bytes.length);
  const reader = new ByteReader(bytes);
  const texts: string[] = [];
  // The text before stays in it, so that what is shared is there already; none is longer than the group.
  const text = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let left = Math.min(GROUP, block.count - number * GROUP); left > 0; left--) {
    const shared = texts.length === 0 ? 0 : reader.uvarint();
    const rest = reader.block();
    if (shared > length) throw new Fault('damaged', 'a symbol shares more than there is');
    text.set(rest, shared);
    length = shared + rest.length;
    texts.push(text.toString('utf8', 0, length));
  }
  block.groups[number] = texts;
  return texts;
}

/** The last index for which it holds, when it holds up to there and not after; -1 when for none. */
function lastBelow(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return i;
}

const encoder = new TextEncoder();
