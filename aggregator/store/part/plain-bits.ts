/** Bits that are moved at a time; more would not fit into 32 with those of the byte before. */
export const CHUNK_BITS = 24;

/** Bits in a growing buffer, the lowest first. */
export class PlainBits {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;
  #rest = 0;
  #restBits = 0;

  /** Bytes so far; whole after `align`. */
  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#rest = 0;
    this.#restBits = 0;
  }

  /** The lowest `bits` (up to 53) of an integer, and there are no others. */
  put(integer: number, bits: number): void {
    let rest = integer;
    let left = bits;
    for (; left > CHUNK_BITS; left -= CHUNK_BITS) {
      const upper = Math.floor(rest / 2 ** CHUNK_BITS);
      this.#put(rest - upper * 2 ** CHUNK_BITS, CHUNK_BITS);
      rest = upper;
    }
    this.#put(rest, left);
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#restBits > 0) this.#put(0, 8 - this.#restBits);
  }

  /** Valid until the next write. */
  bytes(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  #put(integer: number, bits: number): void {
    this.#rest |= integer << this.#restBits;
    this.#restBits += bits;
    if (this.#length + 4 > this.#bytes.length) this.#grow();
    for (; this.#restBits >= 8; this.#restBits -= 8) {
      this.#bytes[this.#length++] = this.#rest;
      this.#rest >>>= 8;
    }
  }

  #grow(): void {
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
