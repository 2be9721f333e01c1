/**
 * Encodes one Snappy block, as a sender of remote write does. Format: google/snappy `format_description.txt`.
 * Matches are looked for greedily within fragments of 64 KiB, so that a copy never needs more than two bytes
 * of offset; it is `lib/snappy.ts` the other way round.
 */
const FRAGMENT_BYTES = 1 << 16;
const TABLE_BITS = 14;
/** A copy element tells at most so many bytes. */
const LONGEST_COPY = 64;
/** Below this a copy is no shorter than its bytes. */
const SHORTEST_MATCH = 4;
/** The more bytes in a row without a match, the wider the steps: data that can't be packed cost little. */
const SKIP_SHIFT = 5;

export class SnappyEncoder {
  /** Hash of four bytes -> where they stood last in the fragment. */
  readonly #table = new Uint16Array(1 << TABLE_BITS);
  #out = new Uint8Array(0);
  #end = 0;

  /** The block, a view of a buffer that the next call writes over. */
  encode(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const atMost = 32 + bytes.length + Math.ceil(bytes.length / 6);
    if (this.#out.length < atMost) this.#out = new Uint8Array(atMost);
    this.#end = 0;
    this.#length(bytes.length);
    for (let start = 0; start < bytes.length; start += FRAGMENT_BYTES) {
      this.#fragment(bytes, start, Math.min(bytes.length, start + FRAGMENT_BYTES));
    }
    return this.#out.subarray(0, this.#end);
  }

  #fragment(bytes: Uint8Array, start: number, end: number): void {
    const table = this.#table.fill(0);
    let literal = start;
    let at = start + 1;
    while (at + SHORTEST_MATCH <= end) {
      const word = wordAt(bytes, at);
      const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - TABLE_BITS);
      const from = start + (table[slot] as number);
      table[slot] = at - start;
      if (wordAt(bytes, from) !== word) {
        at += 1 + ((at - literal) >> SKIP_SHIFT);
        continue;
      }
      let length = SHORTEST_MATCH;
      while (at + length < end && bytes[from + length] === bytes[at + length]) length++;
      this.#literal(bytes, literal, at);
      this.#copy(at - from, length);
      at += length;
      literal = at;
    }
    this.#literal(bytes, literal, end);
  }

  #literal(bytes: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    const size = to - from - 1;
    const out = this.#out;
    if (size < 60) out[this.#end++] = size << 2;
    else if (size < 256) {
      out[this.#end++] = 60 << 2;
      out[this.#end++] = size;
    } else {
      out[this.#end++] = 61 << 2;
      out[this.#end++] = size & 0xff;
      out[this.#end++] = size >> 8;
    }
    out.set(bytes.subarray(from, to), this.#end);
    this.#end += to - from;
  }

  #copy(offset: number, length: number): void {
    const out = this.#out;
    for (let left = length; left > 0;) {
      const size = Math.min(left, LONGEST_COPY);
      left -= size;
      if (size >= 4 && size < 12 && offset < 2048) {
        out[this.#end++] = ((offset >> 8) << 5) | ((size - 4) << 2) | 1;
        out[this.#end++] = offset & 0xff;
      } else {
        out[this.#end++] = ((size - 1) << 2) | 2;
        out[this.#end++] = offset & 0xff;
        out[this.#end++] = offset >> 8;
      }
    }
  }

  #length(length: number): void {
    let rest = length;
    while (rest > 127) {
      this.#out[this.#end++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#out[this.#end++] = rest;
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
