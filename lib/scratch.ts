/** Memory that is used again and again; what is too large to be kept is not. */
export class Scratch {
  readonly #maxKeptBytes: number;
  #bytes = new Uint8Array(0);

  constructor(maxKeptBytes: number) {
    this.#maxKeptBytes = maxKeptBytes;
  }

  /** So many bytes, with whatever they hold; they are void when more are taken. */
  take(length: number): Uint8Array {
    if (length > this.#maxKeptBytes) return new Uint8Array(length);
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(Math.min(this.#maxKeptBytes, 2 * length));
    return this.#bytes.subarray(0, length);
  }
}
