/** Offsets of copies stay below it, so that two bytes tell them. */
const BLOCK = 65_536;
const HASH_BITS = 14;
const SHORTEST_COPY = 4;
const LONGEST_COPY = 64;

/**
 * Packs bytes as one Snappy block (google/snappy `format_description.txt`), which `snappyDecode` and every other
 * reader of the format unpacks. Greedy, with one place remembered for each hash of four bytes.
 */
export function snappyEncode(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new BlockWriter(bytes);
  const places = new Int32Array(1 << HASH_BITS);
  for (let start = 0; start < bytes.length; start += BLOCK)
    encodeBlock(bytes, start, Math.min(start + BLOCK, bytes.length), places, out);
  return out.finish();
}

function encodeBlock(
  bytes: Uint8Array,
  start: number,
  end: number,
  places: Int32Array,
  out: BlockWriter,
): void {
  // Places are told from the block's start and one up: 0 is none.
  places.fill(0);
  let literal = start;
  let at = start;
  while (at + SHORTEST_COPY <= end) {
    const word = wordAt(bytes, at);
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
    const candidate = start + (places[hash] as number) - 1;
    places[hash] = at - start + 1;
    if (candidate < start || wordAt(bytes, candidate) !== word) {
      // The longer nothing repeats, the fewer places are looked at.
      at += 1 + ((at - literal) >> 5);
      continue;
    }
    let length = SHORTEST_COPY;
    while (at + length < end && bytes[candidate + length] === bytes[at + length]) length++;
    out.literal(literal, at);
    out.copy(at - candidate, length);
    at += length;
    literal = at;
  }
  out.literal(literal, end);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

class BlockWriter {
  readonly #bytes: Uint8Array;
  readonly #out: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // Room for the worst: a literal's head each block, and its first copies saving nothing.
    this.#out = new Uint8Array(32 + bytes.length + Math.ceil(bytes.length / 6));
    let rest = bytes.length;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#out[this.#at++] = (rest % 128) | 0x80;
    this.#out[this.#at++] = rest;
  }

  literal(start: number, end: number): void {
    const size = end - start - 1;
    if (size < 0) return;
    const out = this.#out;
    if (size < 60) out[this.#at++] = size << 2;
    else if (size < 256) {
      out[this.#at++] = 60 << 2;
      out[this.#at++] = size;
    } else {
      out[this.#at++] = 61 << 2;
      out[this.#at++] = size & 0xff;
      out[this.#at++] = size >> 8;
    }
    out.set(this.#bytes.subarray(start, end), this.#at);
    this.#at += end - start;
  }

  copy(offset: number, length: number): void {
    for (let rest = length; rest > 0;) {
      const size = Math.min(rest, LONGEST_COPY);
      this.#out[this.#at++] = ((size - 1) << 2) | 2;
      this.#out[this.#at++] = offset & 0xff;
      this.#out[this.#at++] = offset >> 8;
      rest -= size;
    }
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.subarray(0, this.#at);
  }
}
