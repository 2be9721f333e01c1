import { SharedBytes, SharedWords } from '../../../lib/shared-array.ts';
import { SharedTable } from './shared-table.ts';

/**
 * Every text of a label once, in shared memory: number -> text, and text -> number by its hash. Nothing is ever
 * moved, so readers need no lock. Symbol 0 is ''.
 *
 * Words of a symbol: [end of its bytes, first label pair of this name + 1].
 */
const STRIDE = 2;

export interface SymbolsBuffers {
  readonly bytes: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly table: SharedArrayBuffer;
}

export class Symbols {
  readonly #bytes: SharedBytes;
  readonly #words: SharedWords;
  readonly #table: SharedTable;
  /** Texts that this thread has asked for; goes with the catalog. */
  readonly #texts: string[] = [];
  /** What `#equals` compares with. */
  #wanted: Uint8Array = new Uint8Array(0);
  #wantedStart = 0;
  #wantedEnd = 0;
  readonly #equals = (symbol: number): boolean => this.#equalsWanted(symbol);

  constructor(buffers?: SymbolsBuffers) {
    this.#bytes = new SharedBytes(buffers?.bytes);
    this.#words = new SharedWords(buffers?.words);
    this.#table = new SharedTable(buffers?.table);
    if (!buffers) this.intern('');
  }

  get buffers(): SymbolsBuffers {
    return { bytes: this.#bytes.buffer, words: this.#words.buffer, table: this.#table.buffer };
  }

  get byteLength(): number {
    return this.#bytes.buffer.byteLength + this.#words.buffer.byteLength + this.#table.buffer.byteLength;
  }

  refresh(): void {
    this.#bytes.refresh();
    this.#words.refresh();
    this.#table.refresh();
  }

  /** The number of a text, new or known; writer only. */
  intern(text: string): number {
    const bytes = encode(text);
    return this.internBytes(bytes, 0, bytes.length);
  }

  /** The same of a text in UTF-8, from `start` to before `end`. */
  internBytes(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const known = this.#find(hash, bytes, start, end);
    if (known !== undefined) return known;
    const length = end - start;
    const to = this.#bytes.reserve(length);
    const { view } = this.#bytes;
    for (let i = 0; i < length; i++) view[to + i] = bytes[start + i] as number;
    const at = this.#words.reserve(STRIDE);
    this.#words.view[at] = to + length;
    this.#table.add(hash, at / STRIDE);
    return at / STRIDE;
  }

  find(text: string): number | undefined {
    const bytes = encode(text);
    return this.#find(hashOf(bytes, 0, bytes.length), bytes, 0, bytes.length);
  }

  text(symbol: number): string {
    // Fast path: asked for before by this thread; a symbol never changes.
    const known = this.#texts[symbol];
    if (known !== undefined) return known;
    // TextDecoder refuses shared memory; slice() copies into memory of our own.
    const text = decoder.decode(this.bytesOf(symbol).slice());
    this.#texts[symbol] = text;
    return text;
  }

  /** The text in UTF-8, in shared memory. */
  bytesOf(symbol: number): Uint8Array<SharedArrayBuffer> {
    // A symbol that is newer than what this side looked at.
    if ((symbol + 1) * STRIDE > this.#words.view.length) this.refresh();
    const end = this.#words.view[symbol * STRIDE] as number;
    // The words of a new one may lie in what was looked at before its bytes do.
    if (end > this.#bytes.view.length) this.#bytes.refresh();
    return this.#bytes.view.subarray(this.#startOf(symbol), end);
  }

  /** First label pair with this symbol as its name, plus one; 0 when there is none. */
  firstPair(symbol: number): number {
    return Atomics.load(this.#words.view, symbol * STRIDE + 1);
  }

  setFirstPair(symbol: number, pairPlusOne: number): void {
    Atomics.store(this.#words.view, symbol * STRIDE + 1, pairPlusOne);
  }

  /** Number of symbols; for the writer. */
  get count(): number {
    return this.#words.length / STRIDE;
  }

  #find(hash: number, bytes: Uint8Array, start: number, end: number): number | undefined {
    this.#wanted = bytes;
    this.#wantedStart = start;
    this.#wantedEnd = end;
    return this.#table.find(hash, this.#equals);
  }

  #equalsWanted(symbol: number): boolean {
    if ((symbol + 1) * STRIDE > this.#words.view.length) this.refresh();
    const end = this.#words.view[symbol * STRIDE] as number;
    const start = this.#startOf(symbol);
    const length = end - start;
    if (length !== this.#wantedEnd - this.#wantedStart) return false;
    if (end > this.#bytes.view.length) this.#bytes.refresh();
    const view = this.#bytes.view;
    const wanted = this.#wanted;
    const from = this.#wantedStart;
    for (let i = 0; i < length; i++) if (view[start + i] !== wanted[from + i]) return false;
    return true;
  }

  #startOf(symbol: number): number {
    return symbol === 0 ? 0 : (this.#words.view[(symbol - 1) * STRIDE] as number);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Most texts are short. */
const scratch = new Uint8Array(512);
const SHORT = 100;

/** Valid until the next call. */
function encode(text: string): Uint8Array {
  // Fast path: a call of the encoder costs more than a short ASCII text.
  if (text.length <= SHORT) {
    let at = 0;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) break;
      scratch[at] = code;
    }
    if (at === text.length) return scratch.subarray(0, at);
  }
  // Slow path.
  // A code unit takes three bytes at most.
  if (text.length * 3 > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/** FNV-1a, its bits mixed. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
