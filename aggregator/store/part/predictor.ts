import { MAX_DEPTH } from './frame.ts';
import { DELTA, LEVEL, type Neighbour, type Prediction, predict, REFERENCE, SECOND } from './prediction.ts';

/** Rows by which predictions are compared: some windows, evenly spread. */
const WINDOW = 20;
const WINDOWS = 6;
const ALL_ROWS = WINDOW * WINDOWS;
/** A reference costs its readers time, so it has to save a twentieth; the others a fiftieth. */
const REFERENCE_COST = 1.05;
const OTHER_COST = 1.02;
/** One bit in the unit of `Costs`. */
const BIT = 2 ** 20;
/** Rows of a segment by which a base is weighed. */
const BASE_ROWS = 64;

export const PLAIN_DELTA: Prediction = { kind: DELTA, slope: 0, distance: 0 };
const PLAIN_SECOND: Prediction = { kind: SECOND, slope: 0, distance: 0 };

/** Finds what predicts a column best, by the bits that its residuals would take. */
export class Predictor {
  readonly #double = new Float64Array(1);
  readonly #halves = new Uint32Array(this.#double.buffer);
  #residuals = new Float64Array(0);
  /** The windows of columns of `#rows` rows. */
  readonly #starts = new Int32Array(WINDOWS);
  readonly #ends = new Int32Array(WINDOWS);
  #rows = 0;

  /** What to take off the residuals from..to so that they are smallest: 0 or the usual one. */
  baseOf(residuals: Float64Array, from: number, to: number): number {
    const usual = usualOf(residuals, from, to);
    if (usual === 0) return 0;
    let plain = 0;
    let centred = 0;
    const step = Math.ceil((to - from) / BASE_ROWS);
    for (let row = from; row < to; row += step) {
      plain += this.#cost(residuals[row] as number);
      centred += this.#cost((residuals[row] as number) - usual);
    }
    return centred + (this.#cost(usual) + 4 * BIT) / step < plain ? usual : 0;
  }

  /**
   * Of `differences[1..rows]`, with the usual one; `mayLevel`: their sums are exact. `neighbours[0]` is the column
   * just before.
   */
  choose(
    differences: Float64Array,
    rows: number,
    mayLevel: boolean,
    usual: number,
    neighbours: readonly (Neighbour | undefined)[],
  ): Prediction {
    this.#setWindows(rows);
    const costs = this.#ownCosts(differences, rows, usual);
    let best: Prediction = PLAIN_DELTA;
    let least = costs.delta;
    if (costs.second * OTHER_COST < least) {
      least = costs.second * OTHER_COST;
      best = PLAIN_SECOND;
    }
    // Of what wanders two steps are half a bit larger than one; of noise around a level they are not.
    if (mayLevel && costs.twoSteps < costs.delta + (costs.rows * BIT) / 3) {
      const level: Prediction = { kind: LEVEL, slope: usual, distance: 0 };
      const cost = this.#levelCost(level, differences, rows) * OTHER_COST;
      if (cost < least) {
        least = cost;
        best = level;
      }
    }
    for (let i = 0; i < neighbours.length; i++) {
      const neighbour = neighbours[i];
      if (neighbour?.rows !== rows || neighbour.depth >= MAX_DEPTH) continue;
      const limit = least / REFERENCE_COST;
      const cost = this.#referenceCost(
        differences,
        neighbour.differences,
        rows,
        usual - neighbour.usual,
        limit,
      );
      if (cost >= limit) continue;
      least = cost * REFERENCE_COST;
      best = { kind: REFERENCE, slope: 0, distance: i + 1 };
    }
    return best;
  }

  #ownCosts(
    differences: Float64Array,
    rows: number,
    usual: number,
  ): { rows: number; delta: number; second: number; twoSteps: number } {
    let plain = 0;
    let centred = 0;
    let second = 0;
    let twoSteps = 0;
    let count = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const from = this.#starts[window] as number;
      const to = this.#ends[window] as number;
      count += to - from;
      let before = from > 1 ? (differences[from - 1] as number) : 0;
      for (let row = from; row < to; row++) {
        const difference = differences[row] as number;
        plain += this.#cost(difference);
        second += this.#cost(difference - before);
        if (usual !== 0) centred += this.#cost(difference - usual);
        twoSteps += this.#cost(difference + before - 2 * usual);
        before = difference;
      }
    }
    return { rows: count, delta: usual === 0 ? plain : Math.min(plain, centred), second, twoSteps };
  }

  #levelCost(level: Prediction, differences: Float64Array, rows: number): number {
    if (this.#residuals.length < rows) this.#residuals = new Float64Array(rows * 2);
    const residuals = this.#residuals;
    if (!predict(level, differences, rows, undefined, residuals)) return Infinity;
    let sum = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const from = this.#starts[window] as number;
      const to = this.#ends[window] as number;
      for (let row = from; row < to; row++) sum += this.#cost(residuals[row] as number);
    }
    return sum;
  }

  #referenceCost(
    differences: Float64Array,
    reference: Float64Array,
    rows: number,
    centre: number,
    limit: number,
  ): number {
    let plain = 0;
    let centred = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const from = this.#starts[window] as number;
      const to = this.#ends[window] as number;
      for (let row = from; row < to; row++) {
        const residual = (differences[row] as number) - (reference[row] as number);
        plain += this.#cost(residual);
        if (centre !== 0) centred += this.#cost(residual - centre);
      }
      // Two windows of six that take half of the limit: the rest won't be better.
      if (window === 1 && plain * 2 > limit && (centre === 0 || centred * 2 > limit)) return Infinity;
    }
    return centre === 0 ? plain : Math.min(plain, centred);
  }

  /** Of a short column each window begins where the one before ends. */
  #setWindows(rows: number): void {
    if (rows === this.#rows) return;
    this.#rows = rows;
    const isShort = rows <= ALL_ROWS;
    const step = isShort ? (rows - 1) / WINDOWS : (rows - 1 - WINDOW) / (WINDOWS - 1);
    for (let window = 0; window < WINDOWS; window++) {
      const from = 1 + Math.floor(step * window);
      this.#starts[window] = from;
      this.#ends[window] = isShort ? 1 + Math.floor(step * (window + 1)) : from + WINDOW;
    }
    if (isShort) this.#ends[WINDOWS - 1] = rows;
  }

  /** log2(1 + |n|), in 2^-20 bits and by a straight line between powers of two: a double's own upper bits. */
  #cost(n: number): number {
    this.#double[0] = 1 + Math.abs(n);
    return (this.#halves[1] as number) - 0x3ff00000;
  }
}

/** The mean, rounded; of a counter that of its rises, whatever its resets. */
export function usualOf(numbers: Float64Array, from: number, to: number): number {
  let sum = 0;
  let sizes = 0;
  let falls = 0;
  for (let row = from; row < to; row++) {
    const number = numbers[row] as number;
    sum += number;
    sizes += Math.abs(number);
    falls += number < 0 ? 1 : 0;
  }
  const rises = (sum + sizes) / 2;
  return Math.round((falls * 16 < to - from ? rises : sum) / (to - from));
}
