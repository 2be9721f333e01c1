import { ByteReader } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { decimalExponent, MANTISSA_LIMIT, MAX_EXPONENT, POWERS_OF_TEN } from '../../../lib/decimal.ts';
import { Fault } from '../../../lib/fault.ts';

const CONSTANT = 0;
const DELTA = 1;
const DELTA_OF_DELTA = 2;
const PLANES = 3;

/** A column with more numbers than one in eight that are no short decimals is packed as planes. */
const EXCEPTION_SHARE = 8;

/** Packs values, at least one, in the way that suits them. */
export function encodeColumn(out: ByteWriter, values: Float64Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  if (isConstant(words)) {
    out.u8(CONSTANT);
    out.u32(words[0] ?? 0);
    out.u32(words[1] ?? 0);
    return;
  }
  const decimal = toDecimals(values);
  if (decimal === undefined) {
    out.u8(PLANES);
    writePlanes(out, words);
    return;
  }
  const smooth = size(decimal.mantissas, true) < size(decimal.mantissas, false);
  out.u8(smooth ? DELTA_OF_DELTA : DELTA);
  out.u8(decimal.exponent);
  out.uvarint(decimal.exceptions.length);
  for (const row of decimal.exceptions) {
    out.uvarint(row);
    out.u32(words[2 * row] as number);
    out.u32(words[2 * row + 1] as number);
  }
  writeDeltas(out, decimal.mantissas, smooth);
}

/** Fills the first `rows` of `into` with what `encodeColumn` packed. Throws a `Fault` on anything else. */
export function decodeColumn(bytes: Uint8Array, rows: number, into: Float64Array): void {
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  const values = into.subarray(0, rows);
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * rows);
  if (kind === CONSTANT) {
    const low = reader.u32();
    const high = reader.u32();
    for (let i = 0; i < words.length; i += 2) {
      words[i] = low;
      words[i + 1] = high;
    }
  } else if (kind === PLANES) {
    readPlanes(reader, words);
  } else if (kind === DELTA || kind === DELTA_OF_DELTA) {
    readDecimals(reader, values, kind === DELTA_OF_DELTA);
  } else {
    throw new Fault('damaged', `${kind} is not a kind of column`);
  }
  reader.end();
}

/** Packs rising times in milliseconds, at least one. */
export function encodeTimes(out: ByteWriter, timestampsMs: Float64Array): void {
  writeDeltas(out, timestampsMs, true);
}

/** Fills the first `rows` of `into` with what `encodeTimes` packed. Throws a `Fault` on anything else. */
export function decodeTimes(bytes: Uint8Array, rows: number, into: Float64Array): void {
  const reader = new ByteReader(bytes);
  readDeltas(reader, into.subarray(0, rows), true);
  reader.end();
}

function readDecimals(reader: ByteReader, values: Float64Array, smooth: boolean): void {
  const exponent = reader.u8();
  const power = POWERS_OF_TEN[exponent];
  if (power === undefined) throw new Fault('damaged', `${exponent} is not an exponent of a column`);
  const exceptions: [row: number, low: number, high: number][] = [];
  for (let left = reader.count(9); left > 0; left--)
    exceptions.push([reader.uvarint(), reader.u32(), reader.u32()]);
  readDeltas(reader, values, smooth);
  for (let row = 0; row < values.length; row++) values[row] = (values[row] as number) / power;
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  for (const [row, low, high] of exceptions) {
    if (row >= values.length) throw new Fault('damaged', `row ${row} of a column of ${values.length}`);
    words[2 * row] = low;
    words[2 * row + 1] = high;
  }
}

/** The column as integers of one decimal exponent; what does not fit repeats its neighbour and is listed. */
function toDecimals(
  values: Float64Array,
): { exponent: number; mantissas: Float64Array; exceptions: number[] } | undefined {
  let exponent = 0;
  let misfits = 0;
  for (const value of values) {
    const needed = decimalExponent(value, exponent);
    if (needed < 0) misfits++;
    else exponent = needed;
    if (misfits * EXCEPTION_SHARE > values.length) return undefined;
  }
  const power = POWERS_OF_TEN[Math.min(exponent, MAX_EXPONENT)] as number;
  const mantissas = new Float64Array(values.length);
  const exceptions: number[] = [];
  let last = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    const mantissa = Math.round(value * power);
    const fits = Math.abs(mantissa) < MANTISSA_LIMIT && mantissa / power === value && !Object.is(value, -0);
    if (fits) last = mantissa;
    else exceptions.push(row);
    mantissas[row] = last;
  }
  return exceptions.length * EXCEPTION_SHARE > values.length
    ? undefined
    : { exponent, mantissas, exceptions };
}

/** An estimate of the packed size: the bits of all differences; infinite when one is too large for a varint. */
function size(numbers: Float64Array, second: boolean): number {
  let bits = 0;
  let previous = 0;
  let delta = 0;
  for (const number of numbers) {
    const next = number - previous;
    const difference = Math.abs(second ? next - delta : next);
    bits += difference < 2 * MANTISSA_LIMIT ? Math.log2(1 + difference) : Infinity;
    delta = next;
    previous = number;
  }
  return bits;
}

/** Integers as differences, or as differences of differences, in zigzag LEB128. */
function writeDeltas(out: ByteWriter, numbers: Float64Array, second: boolean): void {
  let previous = 0;
  let delta = 0;
  for (const number of numbers) {
    const next = number - previous;
    out.varint(second ? next - delta : next);
    delta = next;
    previous = number;
  }
}

function readDeltas(reader: ByteReader, numbers: Float64Array, second: boolean): void {
  let previous = 0;
  let delta = 0;
  for (let i = 0; i < numbers.length; i++) {
    const next = reader.varint() + (second ? delta : 0);
    delta = next;
    previous += next;
    numbers[i] = previous;
  }
}

/** Doubles XORed with the one before, then all first bytes, all second bytes, ...: alike bytes lie together. */
function writePlanes(out: ByteWriter, words: Uint32Array): void {
  const mixed = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++)
    mixed[i] = (words[i] as number) ^ (i < 2 ? 0 : (words[i - 2] as number));
  const bytes = new Uint8Array(mixed.buffer);
  const planes = new Uint8Array(bytes.length);
  const rows = words.length / 2;
  for (let row = 0; row < rows; row++) {
    for (let plane = 0; plane < 8; plane++) planes[plane * rows + row] = bytes[row * 8 + plane] as number;
  }
  out.raw(planes);
}

function readPlanes(reader: ByteReader, words: Uint32Array): void {
  const rows = words.length / 2;
  const planes = reader.raw(rows * 8);
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let row = 0; row < rows; row++) {
    for (let plane = 0; plane < 8; plane++) bytes[row * 8 + plane] = planes[plane * rows + row] as number;
  }
  for (let i = 2; i < words.length; i++) words[i] = ((words[i] as number) ^ (words[i - 2] as number)) >>> 0;
}

function isConstant(words: Uint32Array): boolean {
  for (let i = 2; i < words.length; i++) if (words[i] !== words[i - 2]) return false;
  return true;
}
