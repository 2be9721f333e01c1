import type { ByteReader } from '../lib/byte-reader.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import { Fault } from '../lib/fault.ts';
import { decimalExponent, MANTISSA_LIMIT, MAX_EXPONENT, POWERS_OF_TEN } from '../lib/decimal.ts';

/** The code of a value that is no short decimal and travels as its 8 bytes. */
const RAW = 15;

/**
 * One row of unlike numbers: first a code a value (the decimal exponent, or "raw"), then all mantissas, then
 * all raw doubles. Codes hardly change from row to row and vanish in zstd. Exact for every bit pattern.
 */
export function encodeValues(out: ByteWriter, values: Float64Array): void {
  const codes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const exponent = decimalExponent(values[i] as number);
    codes[i] = exponent < 0 ? RAW : exponent;
  }
  out.raw(codes);
  for (let i = 0; i < values.length; i++) {
    const code = codes[i] as number;
    if (code !== RAW) out.varint(Math.round((values[i] as number) * (POWERS_OF_TEN[code] as number)));
  }
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < values.length; i++) if (codes[i] === RAW) out.raw(bytes.subarray(i * 8, i * 8 + 8));
}

/** Reads a row of values, as many as `values` has room for. */
export function decodeValues(reader: ByteReader, values: Float64Array): void {
  const count = values.length;
  const codes = reader.raw(count);
  for (let i = 0; i < count; i++) {
    const code = codes[i] as number;
    if (code === RAW) continue;
    if (code > MAX_EXPONENT) throw new Fault('malformed', `${code} is not a code of a value`);
    const mantissa = reader.varint();
    if (Math.abs(mantissa) >= MANTISSA_LIMIT)
      throw new Fault('malformed', `the mantissa ${mantissa} is too large`);
    values[i] = mantissa / (POWERS_OF_TEN[code] as number);
  }
  if (!codes.includes(RAW)) return;
  const bytes = new Uint8Array(values.buffer, values.byteOffset);
  for (let i = 0; i < count; i++) if (codes[i] === RAW) bytes.set(reader.raw(8), i * 8);
}
