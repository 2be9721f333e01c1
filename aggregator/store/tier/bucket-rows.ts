import { KahanSum } from '../../../lib/kahan.ts';
import { isStale, putStale } from '../../../wire/sample.ts';
import { STATISTICS, type Statistic } from './statistic.ts';

/**
 * Sums up the samples of one series of one day by buckets. A bucket is open on its left as PromQL's windows are,
 * ((k - 1) * bucketMs, k * bucketMs], so that windows that begin and end at multiples hold whole buckets. Its row is
 * at its end; that of the day's last one is a millisecond before, in the day, since a sample of the next midnight
 * belongs to the next day's file, where it has a row of its own at that time. Any time within the bucket will do.
 *
 * Staleness markers count in no statistic, and windows do not see them. But where one is the last of its bucket an
 * instant selector finds nothing at the bucket's end: then there is a marker in all statistics, and the
 * row, if there is any, is a millisecond before it.
 *
 * NaN is as in PromQL's functions over time: min and max are NaN only where all is. Sums are Kahan's.
 */
export class BucketRows {
  readonly #bucketMs: number;
  readonly #dayEndMs: number;
  readonly #columns = new Map<Statistic, Float64Array>();
  #timesMs = new Float64Array(0);
  #count = 0;

  /** `bucketMs` divides a day; `dayEndMs` is the last millisecond of the day. */
  constructor(bucketMs: number, dayEndMs: number) {
    this.#bucketMs = bucketMs;
    this.#dayEndMs = dayEndMs;
  }

  /** Sums up rising times with their values. The rows before are gone. */
  take(timestampsMs: Float64Array, values: Float64Array): void {
    this.#reserve(values.length);
    this.#count = 0;
    for (let from = 0; from < values.length;) {
      const endMs = Math.ceil((timestampsMs[from] as number) / this.#bucketMs) * this.#bucketMs;
      let to = from + 1;
      while (to < values.length && (timestampsMs[to] as number) <= endMs) to++;
      const atMs = Math.min(endMs, this.#dayEndMs);
      const hasEnded = isStale(values, to - 1);
      this.#addRow(hasEnded ? atMs - 1 : atMs, values, from, to);
      if (hasEnded) this.#addMarker(atMs);
      from = to;
    }
  }

  get timesMs(): Float64Array {
    return this.#timesMs.subarray(0, this.#count);
  }

  valuesOf(statistic: Statistic): Float64Array {
    return (this.#columns.get(statistic) as Float64Array).subarray(0, this.#count);
  }

  #addRow(atMs: number, values: Float64Array, from: number, to: number): void {
    const sum = new KahanSum();
    let first = NaN;
    let last = NaN;
    let min = NaN;
    let max = NaN;
    let count = 0;
    for (let i = from; i < to; i++) {
      const value = values[i] as number;
      // Fast path: not a NaN of any kind.
      if (value !== value && isStale(values, i)) continue;
      if (count++ === 0) first = min = max = value;
      else {
        if (value < min || min !== min) min = value;
        if (value > max || max !== max) max = value;
      }
      last = value;
      sum.add(value);
    }
    if (count === 0) return;
    const total = Math.abs(sum.sum) === Infinity ? sum.sum : sum.total();
    const row: Record<Statistic, number> = { first, min, max, last, sum: total, count };
    for (const statistic of STATISTICS) {
      (this.#columns.get(statistic) as Float64Array)[this.#count] = row[statistic];
    }
    this.#timesMs[this.#count++] = atMs;
  }

  #addMarker(atMs: number): void {
    for (const column of this.#columns.values()) putStale(column, this.#count);
    this.#timesMs[this.#count++] = atMs;
  }

  /** A bucket with one sample has one row, with more at most two. */
  #reserve(rows: number): void {
    if (rows <= this.#timesMs.length) return;
    this.#timesMs = new Float64Array(2 * rows);
    for (const statistic of STATISTICS) this.#columns.set(statistic, new Float64Array(2 * rows));
  }
}
