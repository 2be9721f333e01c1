/**
 * Gathers the samples of one series from several places and gives them back in order of time, no timestamp
 * twice: of two samples of the same time the one that was gathered later stays. Values are moved as bits, so
 * that a staleness marker stays one.
 */
export class SampleColumn {
  #timestampsMs = NOTHING;
  #values = NOTHING;
  #length = 0;
  #sorted = true;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#sorted = true;
  }

  /** Appends the rows `from`..`to` (not included) of two columns. */
  append(timestampsMs: Float64Array, values: Float64Array, from: number, to: number): void {
    const count = to - from;
    if (count <= 0) return;
    this.#reserve(count);
    const end = this.#length;
    this.#timestampsMs.set(timestampsMs.subarray(from, to), end);
    this.#values.set(values.subarray(from, to), end);
    this.#length += count;
    for (let i = Math.max(1, end); i < this.#length; i++) {
      if ((this.#timestampsMs[i] as number) <= (this.#timestampsMs[i - 1] as number)) {
        this.#sorted = false;
        break;
      }
    }
  }

  /** The samples with `fromMs <= time <= toMs`; nothing is appended after that. */
  finish(fromMs: number, toMs: number): { timestampsMs: Float64Array; values: Float64Array } {
    // Fast path: gathered in order.
    if (this.#sorted) {
      const first = lowerBound(this.#timestampsMs, this.#length, fromMs);
      const end = lowerBound(this.#timestampsMs, this.#length, toMs, true);
      if (first === 0 && end === this.#values.length) {
        return { timestampsMs: this.#timestampsMs, values: this.#values };
      }
      return { timestampsMs: this.#timestampsMs.slice(first, end), values: this.#values.slice(first, end) };
    }
    return this.#sort(fromMs, toMs);
  }

  #sort(fromMs: number, toMs: number): { timestampsMs: Float64Array; values: Float64Array } {
    const times = this.#timestampsMs;
    const order = Uint32Array.from({ length: this.#length }, (_, i) => i);
    order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
    const timestampsMs = new Float64Array(this.#length);
    const values = new Float64Array(this.#length);
    const bits = new Uint32Array(values.buffer);
    const from = new Uint32Array(this.#values.buffer);
    let kept = 0;
    for (const [i, row] of order.entries()) {
      const atMs = times[row] as number;
      if (atMs < fromMs || atMs > toMs || times[order[i + 1] ?? -1] === atMs) continue;
      timestampsMs[kept] = atMs;
      bits[2 * kept] = from[2 * row] as number;
      bits[2 * kept + 1] = from[2 * row + 1] as number;
      kept++;
    }
    return { timestampsMs: timestampsMs.slice(0, kept), values: values.slice(0, kept) };
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#values.length) return;
    const capacity = Math.max(needed, this.#values.length * 2);
    const timestampsMs = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    timestampsMs.set(this.#timestampsMs.subarray(0, this.#length));
    values.set(this.#values.subarray(0, this.#length));
    this.#timestampsMs = timestampsMs;
    this.#values = values;
  }
}

const NOTHING = new Float64Array(0);

/** The first index whose time is `>= wanted` (`> wanted` when `after`). */
function lowerBound(times: Float64Array, length: number, wanted: number, after = false): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const time = times[middle] as number;
    if (time < wanted || (after && time === wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}
