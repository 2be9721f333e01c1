import { SharedBytes, SharedWords } from '../../../lib/shared-array.ts';

/**
 * Every text of a label once, in shared memory: number -> text, and text -> number by hash chains over a
 * fixed set of buckets (a chain grows; nothing is ever moved, so readers need no lock). Symbol 0 is ''.
 *
 * Words of a symbol: [end of its bytes, next symbol of the bucket + 1, first label pair of this name + 1].
 */
const STRIDE = 3;
const BUCKETS = 1 << 14;

export interface SymbolsBuffers {
  readonly bytes: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly buckets: SharedArrayBuffer;
}

export class Symbols {
  readonly #bytes: SharedBytes;
  readonly #words: SharedWords;
  readonly #buckets: SharedWords;
  /** Texts that this thread has asked for; goes with the head. */
  readonly #texts: string[] = [];

  constructor(buffers?: SymbolsBuffers) {
    this.#bytes = new SharedBytes(buffers?.bytes);
    this.#words = new SharedWords(buffers?.words);
    this.#buckets = new SharedWords(buffers?.buckets);
    if (buffers) return;
    this.#buckets.reserve(BUCKETS);
    this.intern('');
  }

  get buffers(): SymbolsBuffers {
    return { bytes: this.#bytes.buffer, words: this.#words.buffer, buckets: this.#buckets.buffer };
  }

  get byteLength(): number {
    return this.#bytes.buffer.byteLength + this.#words.buffer.byteLength + this.#buckets.buffer.byteLength;
  }

  refresh(): void {
    this.#bytes.refresh();
    this.#words.refresh();
    this.#buckets.refresh();
  }

  /** The number of a text, new or known; writer only. */
  intern(text: string): number {
    const bytes = encoder.encode(text);
    const bucket = bucketOf(bytes);
    const known = this.#find(bytes, bucket);
    if (known !== undefined) return known;
    const start = this.#bytes.reserve(bytes.length);
    this.#bytes.view.set(bytes, start);
    const at = this.#words.reserve(STRIDE);
    this.#words.view[at] = start + bytes.length;
    this.#words.view[at + 1] = this.#buckets.view[bucket] as number;
    Atomics.store(this.#buckets.view, bucket, at / STRIDE + 1);
    return at / STRIDE;
  }

  find(text: string): number | undefined {
    const bytes = encoder.encode(text);
    return this.#find(bytes, bucketOf(bytes));
  }

  text(symbol: number): string {
    // Fast path: asked for before by this thread; a symbol never changes.
    const known = this.#texts[symbol];
    if (known !== undefined) return known;
    const { start, end } = this.#place(symbol);
    // TextDecoder refuses shared memory; slice() copies into memory of our own.
    const text = decoder.decode(this.#bytes.view.slice(start, end));
    this.#texts[symbol] = text;
    return text;
  }

  /** First label pair with this symbol as its name, plus one; 0 when there is none. */
  firstPair(symbol: number): number {
    return Atomics.load(this.#words.view, symbol * STRIDE + 2);
  }

  setFirstPair(symbol: number, pairPlusOne: number): void {
    Atomics.store(this.#words.view, symbol * STRIDE + 2, pairPlusOne);
  }

  /** Number of symbols; for the writer. */
  get count(): number {
    return this.#words.length / STRIDE;
  }

  #find(bytes: Uint8Array, bucket: number): number | undefined {
    let next = Atomics.load(this.#buckets.view, bucket);
    while (next > 0) {
      const symbol = next - 1;
      if (this.#equals(symbol, bytes)) return symbol;
      next = this.#words.view[symbol * STRIDE + 1] as number;
    }
    return undefined;
  }

  #equals(symbol: number, bytes: Uint8Array): boolean {
    const { start, end } = this.#place(symbol);
    if (end - start !== bytes.length) return false;
    const view = this.#bytes.view;
    for (let i = 0; i < bytes.length; i++) if (view[start + i] !== bytes[i]) return false;
    return true;
  }

  #place(symbol: number): { start: number; end: number } {
    // A symbol that is newer than what this side looked at.
    if ((symbol + 1) * STRIDE > this.#words.view.length) this.refresh();
    const words = this.#words.view;
    const end = words[symbol * STRIDE] as number;
    // The words of a new one may lie in what was looked at before its bytes do.
    if (end > this.#bytes.view.length) this.#bytes.refresh();
    return { start: symbol === 0 ? 0 : (words[(symbol - 1) * STRIDE] as number), end };
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** FNV-1a, folded to a bucket. */
function bucketOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
}
