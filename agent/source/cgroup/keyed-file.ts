import type { Text } from '../text.ts';

interface Slot {
  readonly key: Buffer;
  readonly place: number;
  readonly divisor: number;
}

/**
 * Finds the wanted keys of a file of `key value` lines (memory.stat has 40 to 70, of which four are wanted)
 * by a hash over the key's bytes, without making a string of any.
 */
export class Keys {
  readonly #slots = new Map<number, Slot>();

  /** @param places for each key of the file its place in the reading, and what its number is divided by */
  constructor(places: readonly (readonly [key: string, place: number, divisor?: number])[]) {
    for (const [name, place, divisor = 1] of places) {
      const key = Buffer.from(name, 'latin1');
      const hash = hashOf(key, 0, key.length);
      if (this.#slots.has(hash)) throw new Error(`BUG: two keys of one hash, the second is ${name}`);
      this.#slots.set(hash, { key, place, divisor });
    }
  }

  read(text: Text, into: Float64Array): void {
    while (text.nextLine()) {
      const start = text.pos;
      text.skipWords(1);
      const slot = this.#slots.get(hashOf(text.bytes, start, text.pos));
      if (slot === undefined || slot.key.compare(text.bytes, start, text.pos) !== 0) continue;
      into[slot.place] = text.number() / slot.divisor;
    }
  }
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}
