/**
 * Where the rows of a long list stand. All are one base height until some are measured; sums of what those are
 * higher lie in a Fenwick tree, so that both questions cost a logarithm whatever the number of rows.
 */
export class RowHeights {
  readonly count: number;
  readonly base: number;
  /** A node holds the extra heights of the rows below it (index from 1). */
  readonly #tree: Float64Array;
  readonly #extra: Float64Array;
  #totalExtra = 0;

  /** `extras`: what rows, by index, are higher than the base. */
  constructor(count: number, base: number, extras: Iterable<readonly [index: number, extra: number]> = []) {
    this.count = count;
    this.base = base;
    this.#tree = new Float64Array(count + 1);
    this.#extra = new Float64Array(count);
    for (const [index, extra] of extras) this.set(index, base + extra);
  }

  get total(): number {
    return this.count * this.base + this.#totalExtra;
  }

  /** Sets the height of a row and returns by how much it changed. */
  set(index: number, height: number): number {
    const change = height - this.base - (this.#extra[index] ?? 0);
    if (change === 0 || index >= this.count) return 0;
    this.#extra[index] = height - this.base;
    this.#totalExtra += change;
    for (let node = index + 1; node <= this.count; node += node & -node) this.#tree[node]! += change;
    return change;
  }

  /** Distance of the upper edge of a row from that of the list; the end of the list for the index behind the last. */
  top(index: number): number {
    let extra = 0;
    for (let node = index; node > 0; node -= node & -node) extra += this.#tree[node] as number;
    return index * this.base + extra;
  }

  /** The row at a distance from the upper edge of the list; the first or last one beyond the ends. */
  at(distance: number): number {
    let index = 0;
    let above = 0;
    for (let step = 1 << (31 - Math.clz32(Math.max(1, this.count))); step > 0; step >>= 1) {
      const next = index + step;
      if (next >= this.count) continue;
      const height = step * this.base + (this.#tree[next] as number);
      if (above + height > distance) continue;
      index = next;
      above += height;
    }
    return index;
  }
}
