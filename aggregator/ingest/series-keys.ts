import { randomBytes } from 'node:crypto';

/**
 * Finds the group of a series by the bytes that a sender names it with, so that labels are read as texts when they
 * are new and never again. The bytes themselves are not kept: 96 bits of a hash stand for them, mixed with a random
 * number of this process. Of a million series two are taken for one with a probability of 10^-17.
 *
 * Open addressing; a slot is [first, second, third word of the hash, group + 1].
 */
const SLOT = 4;
const SLOT_BITS = 2;
const FIRST_SLOTS = 1024;

/** What stands before the bytes of a key: keys of other seeds are other keys. */
export interface KeySeed {
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

export class SeriesKeys {
  /** Signed, as the bit operators have it: no number leaves the 32 bits that an engine is fast with. */
  #slots = new Int32Array(SLOT * FIRST_SLOTS);
  #count = 0;
  readonly #seed: KeySeed;
  #bytes: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** Where texts become bytes. */
  #text = new Uint8Array(0);
  /** The hash of the key that was asked for last. */
  #first = 0;
  #second = 0;
  #third = 0;

  constructor() {
    const random = randomBytes(12);
    this.#seed = {
      first: random.readInt32LE(0),
      second: random.readInt32LE(4),
      third: random.readInt32LE(8),
    };
  }

  /** Memory that is held. */
  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /** A seed that stands for some bytes. */
  seed(bytes: Uint8Array): KeySeed {
    this.#hash(bytes, 0, bytes.length, this.#seed);
    return { first: this.#first, second: this.#second, third: this.#third };
  }

  /** The group of the series that the bytes from `start` to before `end` name; undefined when it is not known. */
  find(bytes: Uint8Array, start: number, end: number, seed = this.#seed): number | undefined {
    this.#hash(bytes, start, end, seed);
    return this.#find();
  }

  /** The group of the series that a text names. */
  findText(text: string): number | undefined {
    // A character is three bytes at most.
    if (this.#text.length < 3 * text.length) this.#text = new Uint8Array(6 * text.length);
    return this.find(this.#text, 0, encoder.encodeInto(text, this.#text).written);
  }

  /** The group of the series that these seeds, one after the other, name. */
  findSequence(seeds: readonly KeySeed[], numbers: Uint32Array, count: number): number | undefined {
    let { first, second, third } = this.#seed;
    for (let i = 0; i < count; i++) {
      const part = seeds[numbers[i] as number] as KeySeed;
      first = Math.imul(rotate(first, 5) ^ part.first, 0x9e3779b1);
      second = Math.imul(rotate(second, 11) ^ part.second, 0x85ebca6b);
      third = Math.imul(rotate(third, 17) ^ part.third, 0xc2b2ae35);
    }
    this.#settle(first, second, third);
    return this.#find();
  }

  /** Notes the group of the key that was asked for last and not found. */
  addLast(group: number): void {
    if (2 * ++this.#count * SLOT > this.#slots.length) this.#grow();
    const at = this.#freeSlot(this.#first);
    this.#slots[at] = this.#first;
    this.#slots[at + 1] = this.#second;
    this.#slots[at + 2] = this.#third;
    this.#slots[at + 3] = group + 1;
  }

  clear(): void {
    this.#slots = new Int32Array(SLOT * FIRST_SLOTS);
    this.#count = 0;
  }

  #find(): number | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const first = this.#first;
    const second = this.#second;
    const third = this.#third;
    for (let at = (first << SLOT_BITS) & mask; ; at = (at + SLOT) & mask) {
      const entry = slots[at + 3] as number;
      if (entry === 0) return undefined;
      if (slots[at] === first && slots[at + 1] === second && slots[at + 2] === third) return entry - 1;
    }
  }

  /** Three multiply-and-rotate hashes of the same words, each with constants of its own. */
  #hash(bytes: Uint8Array, start: number, end: number, seed: KeySeed): void {
    let { first, second, third } = seed;
    const view = this.#viewOf(bytes);
    let at = start;
    for (const last = end - 3; at < last; at += 4) {
      const word = view.getInt32(at, true);
      first = Math.imul(rotate(first, 5) ^ word, 0x9e3779b1);
      second = Math.imul(rotate(second, 11) ^ word, 0x85ebca6b);
      third = Math.imul(rotate(third, 17) ^ word, 0xc2b2ae35);
    }
    // The bytes that are left, and the length, so that none is taken for zeros.
    let rest = end - start;
    for (let shift = 8; at < end; at++, shift += 8) rest ^= ((bytes[at] as number) + 1) << shift;
    first = Math.imul(rotate(first, 5) ^ rest, 0x9e3779b1);
    second = Math.imul(rotate(second, 11) ^ rest, 0x85ebca6b);
    third = Math.imul(rotate(third, 17) ^ rest, 0xc2b2ae35);
    this.#settle(first, second, third);
  }

  /** Keys of one body come one after the other. */
  #viewOf(bytes: Uint8Array): DataView {
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.#view;
  }

  #settle(first: number, second: number, third: number): void {
    this.#first = finish(first ^ rotate(third, 13));
    this.#second = finish(second ^ rotate(first, 7));
    this.#third = finish(third ^ rotate(second, 19));
  }

  #freeSlot(first: number): number {
    const mask = this.#slots.length - 1;
    let at = (first << SLOT_BITS) & mask;
    while (this.#slots[at + 3] !== 0) at = (at + SLOT) & mask;
    return at;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from + 3] === 0) continue;
      const at = this.#freeSlot(old[from] as number);
      for (let i = 0; i < SLOT; i++) this.#slots[at + i] = old[from + i] as number;
    }
  }
}

const encoder = new TextEncoder();

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** The last steps of MurmurHash3 (A. Appleby): each bit of the outcome depends on all. */
function finish(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
