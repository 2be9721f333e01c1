import { SharedWords } from '../../../lib/shared-array.ts';

/**
 * Finds numbers by hashes, in shared memory: open addressing, in regions that are each twice as large as the one
 * before. One thread adds; a reader that still looks into the region before lacks the newest numbers alone.
 *
 * Word 0 is the number of the region in use, and the regions stand behind it in their order. A slot is [hash, number
 * + 1], 0 when it is free; the number is written last.
 */
const HEAD = 1;
const FIRST_SLOTS = 256;

export class SharedTable {
  readonly #words: SharedWords;
  /** Numbers in the region in use; for the writer. */
  #count = 0;

  constructor(buffer?: SharedArrayBuffer) {
    this.#words = new SharedWords(buffer);
    if (!buffer) this.#words.reserve(HEAD + 2 * FIRST_SLOTS);
  }

  get buffer(): SharedArrayBuffer {
    return this.#words.buffer;
  }

  /** Makes all that was added until now reachable; for readers. */
  refresh(): void {
    this.#words.refresh();
  }

  /** The number with this hash that `matches`; undefined when there is none, or none yet. */
  find(hash: number, matches: (number: number) => boolean): number | undefined {
    const wanted = hash >>> 0;
    const region = Atomics.load(this.#words.view, 0);
    const start = startOf(region);
    const mask = slotsOf(region) - 1;
    if (start + 2 * mask + 2 > this.#words.view.length) this.#words.refresh();
    const words = this.#words.view;
    for (let slot = wanted & mask; ; slot = (slot + 1) & mask) {
      const at = start + 2 * slot;
      // Not atomic, which is a call: what a reader's snapshot holds was there before it looked at the region.
      const number = words[at + 1] as number;
      if (number === 0) return undefined;
      if (words[at] === wanted && matches(number - 1)) return number - 1;
    }
  }

  /** Adds a number that is not there; writer only. */
  add(hash: number, number: number): void {
    const region = this.#words.view[0] as number;
    this.#put(region, hash >>> 0, number + 1);
    if (2 * ++this.#count > slotsOf(region)) this.#grow(region);
  }

  #put(region: number, hash: number, entry: number): void {
    const words = this.#words.view;
    const start = startOf(region);
    const mask = slotsOf(region) - 1;
    let slot = hash & mask;
    while (words[start + 2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    words[start + 2 * slot] = hash;
    Atomics.store(words, start + 2 * slot + 1, entry);
  }

  #grow(region: number): void {
    this.#words.reserve(2 * slotsOf(region + 1));
    const words = this.#words.view;
    const end = startOf(region + 1);
    for (let at = startOf(region); at < end; at += 2) {
      const entry = words[at + 1] as number;
      if (entry > 0) this.#put(region + 1, words[at] as number, entry);
    }
    Atomics.store(words, 0, region + 1);
  }
}

function slotsOf(region: number): number {
  return FIRST_SLOTS << region;
}

function startOf(region: number): number {
  return HEAD + 2 * FIRST_SLOTS * ((1 << region) - 1);
}
