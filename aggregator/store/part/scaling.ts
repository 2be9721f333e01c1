import { decimalExponent, MANTISSA_LIMIT, MAX_EXPONENT, POWERS_OF_TEN } from '../../../lib/decimal.ts';

/**
 * How the values of a column become integers. Programs print most numbers as integers times a power of ten, and
 * reach the double in one of three ways that round differently; each is exact when undone the same way.
 */
const DIVIDED = 0;
/** `integer * 1e-3`: many exporters turn milliseconds into seconds so. */
export const MULTIPLIED = 1;
/** `integer / 1000 / 1000`: the pressure files' microseconds. */
export const DIVIDED_TWICE = 2;
/** The 64 bits of the double, taken as an integer: neighbours differ by their distance in units of the last place. */
export const BITS = 3;
/** Nothing of the kind: 8 bytes a value. */
export const RAW = 4;

/** A column with more numbers than one in 16 that don't fit its way is packed in another. */
const EXCEPTION_SHARE = 16;
/** The same where there is none but 8 bytes a value, against some 6. */
const BITS_EXCEPTION_SHARE = 6;
/** Differences stay below this, so that zigzag and the difference of two of them are safe integers. */
export const DIFFERENCE_LIMIT = 2 ** 52;
const TWO_32 = 2 ** 32;
/** Values that are looked at before all are. */
const PROBES = 16;
const DECIMAL_WAYS = [DIVIDED, MULTIPLIED, DIVIDED_TWICE] as const;
const LIKELY_EXPONENTS = [3, 6, 9, 2] as const;
const MICRO = 6;

/** A column as integers: the first one and, in the array given, the differences over their common factor. */
export interface Scaled {
  readonly way: number;
  readonly exponent: number;
  /** The integer of row 0; with BITS and RAW 0: the value's own bits stand for it. */
  readonly first: number;
  /** Differences are multiples of it; >= 1. */
  readonly factor: number;
}

/**
 * Fills `differences[1..]` and the rows that come back wrong from them. In a decimal way these repeat the row
 * before; with BITS the next difference is to their own bits. `differences` holds at least `rows` numbers and
 * `values` too; there is one row at least.
 */
export function toIntegers(
  values: Float64Array,
  rows: number,
  differences: Float64Array,
  exceptions: number[],
): Scaled {
  const limit = Math.floor(rows / EXCEPTION_SHARE);
  let best: { way: number; exponent: number } | undefined;
  let misfits = limit + 1;
  for (const way of DECIMAL_WAYS) {
    const exponent = way === DIVIDED ? 0 : way === MULTIPLIED ? likelyExponent(values, rows) : MICRO;
    const used = decimals(values, rows, differences, exceptions, way, exponent, misfits - 1);
    if (used === undefined) continue;
    best = { way, exponent: used };
    misfits = exceptions.length;
    if (misfits === 0) break;
  }
  if (best === undefined) return bits(values, rows, differences, exceptions);
  // A way that was tried after the best one has written over it.
  if (misfits > 0) decimals(values, rows, differences, exceptions, best.way, best.exponent, misfits);
  const first = differences[0] as number;
  toDifferences(differences, rows);
  return { ...best, first, factor: takeFactor(differences, rows) };
}

/** The exponent with which most of some rows fit. */
function likelyExponent(values: Float64Array, rows: number): number {
  const step = Math.ceil(rows / PROBES);
  for (const exponent of LIKELY_EXPONENTS) {
    const inverse = 1 / (POWERS_OF_TEN[exponent] as number);
    let fits = 0;
    for (let row = 0; row < rows; row += step) {
      const value = values[row] as number;
      if (Math.round(value / inverse) * inverse === value) fits += 2 * step;
    }
    if (fits > rows) return exponent;
  }
  return LIKELY_EXPONENTS[0];
}

/**
 * Fills `integers`, rows that don't fit with the number before; gives the exponent used, or undefined when there
 * are more than `limit` of them.
 */
function decimals(
  values: Float64Array,
  rows: number,
  integers: Float64Array,
  exceptions: number[],
  way: number,
  exponent: number,
  limit: number,
): number | undefined {
  exceptions.length = 0;
  const power = POWERS_OF_TEN[exponent] as number;
  const inverse = 1 / power;
  let last = NaN;
  for (let row = 0; row < rows; row++) {
    const value = values[row] as number;
    const integer = Math.round(value * power);
    const back =
      way === DIVIDED ? integer / power : way === MULTIPLIED ? integer * inverse : integer / 1e3 / 1e3;
    if (back === value && Math.abs(integer) < MANTISSA_LIMIT && (integer !== 0 || !Object.is(value, -0))) {
      integers[row] = last = integer;
      continue;
    }
    if (way === DIVIDED && exponent < MAX_EXPONENT) {
      const longer = decimalExponent(value, exponent + 1);
      if (longer > 0) return decimals(values, rows, integers, exceptions, way, longer, limit);
    }
    exceptions.push(row);
    if (exceptions.length > limit) return undefined;
    integers[row] = last;
  }
  // Rows before the first that fits take its number.
  let row = 0;
  while (row < rows && Number.isNaN(integers[row])) row++;
  if (row === rows) return undefined;
  integers.fill(integers[row] as number, 0, row);
  return exponent;
}

function bits(values: Float64Array, rows: number, differences: Float64Array, exceptions: number[]): Scaled {
  exceptions.length = 0;
  const words = new Uint32Array(values.buffer, values.byteOffset, rows * 2);
  const limit = Math.floor(rows / BITS_EXCEPTION_SHARE);
  let low = words[0] as number;
  let high = words[1] as number;
  for (let row = 1; row < rows; row++) {
    const nextLow = words[2 * row] as number;
    const nextHigh = words[2 * row + 1] as number;
    const difference = (nextHigh - high) * TWO_32 + (nextLow - low);
    low = nextLow;
    high = nextHigh;
    differences[row] = difference;
    if (Math.abs(difference) < DIFFERENCE_LIMIT) continue;
    differences[row] = 0;
    exceptions.push(row);
    if (exceptions.length > limit) {
      exceptions.length = 0;
      return { way: RAW, exponent: 0, first: 0, factor: 1 };
    }
  }
  return { way: BITS, exponent: 0, first: 0, factor: takeFactor(differences, rows) };
}

function toDifferences(integers: Float64Array, count: number): void {
  let last = integers[0] as number;
  for (let row = 1; row < count; row++) {
    const next = integers[row] as number;
    integers[row] = next - last;
    last = next;
  }
}

/** Divides `numbers[1..]` by their greatest common divisor, which bytes in pages and floats of 32 bits have. */
function takeFactor(numbers: Float64Array, count: number): number {
  let factor = 0;
  for (let i = 1; i < count && factor !== 1; i++) {
    const number = Math.abs(numbers[i] as number);
    if (number === 0) continue;
    // Fast path: of integers below 2^52 the quotient is an integer only when it divides.
    const quotient = number / factor;
    if (quotient === Math.floor(quotient) && factor !== 0) continue;
    factor = greatestDivisor(factor, number);
  }
  if (factor <= 1) return 1;
  for (let i = 1; i < count; i++) numbers[i] = (numbers[i] as number) / factor;
  return factor;
}

function greatestDivisor(a: number, b: number): number {
  let larger = a;
  let smaller = b;
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

/** The way back of the decimal ways, in place: `column[1..]` holds the differences. Bad input gives some value. */
export function fromDecimals(column: Float64Array, { way, exponent, first, factor }: Scaled): void {
  const power = POWERS_OF_TEN[exponent] as number;
  let integer = first;
  column[0] = 0;
  const inverse = 1 / power;
  if (way === DIVIDED) {
    for (let row = 0; row < column.length; row++) {
      integer += (column[row] as number) * factor;
      column[row] = integer / power;
    }
  } else if (way === MULTIPLIED) {
    for (let row = 0; row < column.length; row++) {
      integer += (column[row] as number) * factor;
      column[row] = integer * inverse;
    }
  } else {
    for (let row = 0; row < column.length; row++) {
      integer += (column[row] as number) * factor;
      column[row] = integer / 1e3 / 1e3;
    }
  }
}

/**
 * The way back of BITS, in place: `column[from]` holds a value and `column[from + 1..to]` the differences. Called
 * anew from each exception on.
 */
export function fromBits(column: Float64Array, from: number, to: number, factor: number): void {
  const words = new Uint32Array(column.buffer, column.byteOffset, column.length * 2);
  let low = words[2 * from] as number;
  let high = words[2 * from + 1] as number;
  for (let row = from + 1; row < to; row++) {
    const sum = low + (column[row] as number) * factor;
    const carry = Math.floor(sum / TWO_32);
    low = sum - carry * TWO_32;
    high = (high + carry) >>> 0;
    words[2 * row] = low;
    words[2 * row + 1] = high;
  }
}
