import { DIFFERENCE_LIMIT } from './scaling.ts';

/**
 * What is expected of the next difference of a column. Stored is by how much it was missed: the residual.
 * Row 0 has none.
 */
export const CONSTANT = 0;
/** Nothing: the difference itself. Counters, and what wanders. */
export const DELTA = 1;
/** The difference before. */
export const SECOND = 2;
/** Back to the mean of late, on a line of constant slope: noise around a level. */
export const LEVEL = 3;
/** The difference in the same row of a column before: buckets of one histogram. */
export const REFERENCE = 4;

export interface Prediction {
  readonly kind: number;
  /** LEVEL: the slope, a row; else 0. */
  readonly slope: number;
  /** REFERENCE: how many columns before, from 1; else 0. */
  readonly distance: number;
}

/** A column that may be referred to; its differences from row 1 on. */
export interface Neighbour {
  readonly differences: Float64Array;
  readonly rows: number;
  /** `usualOf` the differences. */
  readonly usual: number;
  /** References that must be followed to read it. */
  readonly depth: number;
}

/** The running mean is that of all rows at first, then takes a 16th of each new one. */
const GAINS = Float64Array.from({ length: 15 }, (_, i) => 1 / (i + 2));
const LAST_GAIN = GAINS.length - 1;

/** Residuals of one column; `residuals[1..rows]` is filled. False when one is too large to be stored. */
export function predict(
  { kind, slope }: Prediction,
  differences: Float64Array,
  rows: number,
  reference: Float64Array | undefined,
  residuals: Float64Array,
): boolean {
  let largest = 0;
  let before = 0;
  let integer = 0;
  let mean = 0;
  for (let row = 1; row < rows; row++) {
    const difference = differences[row] as number;
    let residual = difference;
    if (kind === SECOND) {
      residual -= before;
      before = difference;
    } else if (kind === LEVEL) {
      integer += difference - slope;
      residual = integer - Math.round(mean);
      mean += (integer - mean) * (GAINS[row <= LAST_GAIN ? row - 1 : LAST_GAIN] as number);
      // Their sums have to be exact, too.
      largest = Math.max(largest, Math.abs(integer));
    } else if (reference !== undefined) {
      residual -= reference[row] as number;
    }
    residuals[row] = residual;
    largest = Math.max(largest, Math.abs(residual));
  }
  return largest < DIFFERENCE_LIMIT;
}

/** The way back, in place: `column[1..]` holds residuals, and then differences. REFERENCE: see `addReference`. */
export function restore({ kind, slope }: Prediction, column: Float64Array): void {
  if (kind === SECOND) {
    let difference = 0;
    for (let row = 1; row < column.length; row++) {
      difference += column[row] as number;
      column[row] = difference;
    }
  } else if (kind === LEVEL) {
    let mean = 0;
    let last = 0;
    for (let row = 1; row < column.length; row++) {
      const integer = (column[row] as number) + Math.round(mean);
      mean += (integer - mean) * (GAINS[row <= LAST_GAIN ? row - 1 : LAST_GAIN] as number);
      column[row] = integer - last + slope;
      last = integer;
    }
  }
}

/** `column`, the differences that were referred to, becomes those of the column with these residuals. */
export function addReference(column: Float64Array, residuals: Float64Array): void {
  for (let row = 1; row < column.length; row++) {
    column[row] = (column[row] as number) + (residuals[row] as number);
  }
}
