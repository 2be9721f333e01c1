/** Blocks unpacked, those used last, up to a number of bytes; one for each thread that reads. */
export class BlockCache {
  readonly #maxBytes: number;
  readonly #blocks = new Map<string, Uint8Array>();
  #bytes = 0;
  #owners = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Blocks of one owner are never taken for those of another. */
  newOwner(): number {
    return ++this.#owners;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(owner: number, part: number, number: number, load: () => Uint8Array): Uint8Array {
    const key = `${owner} ${part} ${number}`;
    const known = this.#blocks.get(key);
    if (known !== undefined) {
      this.#blocks.delete(key);
      this.#blocks.set(key, known);
      return known;
    }
    const block = load();
    this.#blocks.set(key, block);
    this.#bytes += block.buffer.byteLength;
    for (const [oldest, bytes] of this.#blocks) {
      if (this.#bytes <= this.#maxBytes || oldest === key) break;
      this.#blocks.delete(oldest);
      this.#bytes -= bytes.buffer.byteLength;
    }
    return block;
  }
}
