import type { Steps } from './value.ts';

/**
 * Where each step's range lies in one series: samples [lo, hi) have timestamps in (end - range, end], the ends
 * being the moments of a `Steps`.
 */
export interface Windows {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly ends: Steps;
  readonly rangeMs: number;
}

/** Finds the windows of series; those with the very same timestamps (one target's) share the work. */
export class WindowFinder {
  readonly #ends: Steps;
  readonly #rangeMs: number;
  #timestampsMs: Float64Array | undefined;
  #windows: Windows | undefined;

  constructor(ends: Steps, rangeMs: number) {
    this.#ends = ends;
    this.#rangeMs = rangeMs;
  }

  find(timestampsMs: Float64Array): Windows {
    if (this.#windows !== undefined && timestampsMs === this.#timestampsMs) return this.#windows;
    const ends = this.#ends;
    const rangeMs = this.#rangeMs;
    const windows = { lo: new Int32Array(ends.count), hi: new Int32Array(ends.count), ends, rangeMs };
    const length = timestampsMs.length;
    let lo = 0;
    let hi = 0;
    for (let i = 0; i < ends.count; i++) {
      const endMs = ends.startMs + i * ends.stepMs;
      while (hi < length && (timestampsMs[hi] as number) <= endMs) hi++;
      while (lo < hi && (timestampsMs[lo] as number) <= endMs - rangeMs) lo++;
      windows.lo[i] = lo;
      windows.hi[i] = hi;
    }
    this.#timestampsMs = timestampsMs;
    this.#windows = windows;
    return windows;
  }
}
