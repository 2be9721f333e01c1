/**
 * Rows on their way into the store: of each its group, its time and a value for each series of the group, in typed
 * columns that are used again and again. A group is a list of series that are measured together, by the number that
 * the store gave it; series that come alone are groups of one.
 */
export class RowBuffer {
  #groups = new Uint32Array(64);
  #timesMs = new Float64Array(64);
  #values = new Float64Array(64);
  #words = new Uint32Array(this.#values.buffer);
  #count = 0;
  #valueCount = 0;

  /** Rows. */
  get count(): number {
    return this.#count;
  }

  /** Values of all rows. */
  get valueCount(): number {
    return this.#valueCount;
  }

  /** Of each row; longer than `count`, as the other columns are. */
  get groups(): Uint32Array {
    return this.#groups;
  }

  /** Milliseconds since the epoch. */
  get timesMs(): Float64Array {
    return this.#timesMs;
  }

  /** Of all rows, one after the other. Whoever copies them copies bits, see `words`. */
  get values(): Float64Array {
    return this.#values;
  }

  /** The bits of the values, low word and high word. */
  get words(): Uint32Array {
    return this.#words;
  }

  clear(): void {
    this.#count = 0;
    this.#valueCount = 0;
  }

  /** Adds a row of one value, by its bits. */
  addBits(group: number, atMs: number, low: number, high: number): void {
    const at = this.add(group, atMs, 1);
    this.#words[2 * at] = low;
    this.#words[2 * at + 1] = high;
  }

  /** Adds a row of one value that is no marker. */
  addValue(group: number, atMs: number, value: number): void {
    const at = this.add(group, atMs, 1);
    this.#values[at] = value;
  }

  /**
   * Adds a row of `width` values, which the caller puts into `values` from the returned place on. What `values` was
   * before may be void.
   */
  add(group: number, atMs: number, width: number): number {
    const row = this.#count;
    const at = this.#valueCount;
    if (row === this.#groups.length || at + width > this.#values.length) this.#grow(at + width);
    this.#groups[row] = group;
    this.#timesMs[row] = atMs;
    this.#count = row + 1;
    this.#valueCount = at + width;
    return at;
  }

  /** Adds a row with these values, bit for bit. */
  addRow(group: number, atMs: number, values: Float64Array): void {
    const at = this.add(group, atMs, values.length);
    this.#words.set(new Uint32Array(values.buffer, values.byteOffset, 2 * values.length), 2 * at);
  }

  /** Drops the rows of the times that `isWanted` denies; returns how many. */
  filter(isWanted: (atMs: number) => boolean, widthOf: (group: number) => number): number {
    const before = this.#count;
    let from = 0;
    this.#count = 0;
    this.#valueCount = 0;
    for (let row = 0; row < before; row++) {
      const group = this.#groups[row] as number;
      const width = widthOf(group);
      const atMs = this.#timesMs[row] as number;
      if (isWanted(atMs)) {
        // Never past what is still to be read.
        const to = this.add(group, atMs, width);
        this.#words.copyWithin(2 * to, 2 * from, 2 * (from + width));
      }
      from += width;
    }
    return before - this.#count;
  }

  /** Memory that is held. */
  get byteLength(): number {
    return this.#groups.byteLength + this.#timesMs.byteLength + this.#values.byteLength;
  }

  #grow(valueCount: number): void {
    if (this.#count === this.#groups.length) {
      const rows = 2 * this.#count;
      const groups = new Uint32Array(rows);
      const timesMs = new Float64Array(rows);
      groups.set(this.#groups);
      timesMs.set(this.#timesMs);
      this.#groups = groups;
      this.#timesMs = timesMs;
    }
    if (valueCount <= this.#values.length) return;
    const words = new Uint32Array(2 * Math.max(valueCount, 2 * this.#values.length));
    words.set(this.#words);
    this.#words = words;
    this.#values = new Float64Array(words.buffer);
  }
}
