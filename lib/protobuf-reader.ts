import { isUtf8 } from 'node:buffer';

import { Fault } from './fault.ts';

/** The wire types of protobuf that are in use. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
const FIXED32 = 5;

/**
 * Walks one protobuf message, field by field, without building objects. Every read is checked against the
 * end; what is wrong throws a `Fault` `malformed`. Format: protobuf.dev, "Encoding".
 */
export class ProtobufReader {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #at: number;
  field = 0;
  wireType = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#start = start;
    this.#at = start;
    this.#end = end;
  }

  /** Goes back before the first field. */
  rewind(): void {
    this.#at = this.#start;
  }

  /** Goes to the next field and sets `field` and `wireType`; false at the end. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.int64();
    this.field = Math.floor(tag / 8);
    this.wireType = tag & 7;
    if (this.field <= 0) throw malformed(`field ${this.field} at byte ${this.#at}`);
    return true;
  }

  /** A varint as a signed 64-bit integer; beyond 2^53 the nearest double. */
  int64(): number {
    // Fast path: one byte.
    if (this.#at < this.#end && (this.#bytes[this.#at] as number) < 0x80)
      return this.#bytes[this.#at++] as number;
    // Two bytes, as most lengths.
    if (this.#at + 1 < this.#end && (this.#bytes[this.#at + 1] as number) < 0x80) {
      this.#at += 2;
      return ((this.#bytes[this.#at - 2] as number) & 0x7f) | ((this.#bytes[this.#at - 1] as number) << 7);
    }
    // Slow path.
    let low = 0;
    let high = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) throw malformed('a number runs past the end');
      const byte = this.#bytes[this.#at++] as number;
      if (i === 5) scale = 1;
      if (i < 5) low += (byte & 0x7f) * scale;
      else high += (byte & 0x7f) * scale;
      if (byte < 0x80) return high === 0 ? low : signed(low, high);
      scale *= 128;
    }
    throw malformed(`a number of more than ten bytes ends at byte ${this.#at}`);
  }

  /** Appends the varints of a repeated field, which come packed or one by one; at most `maxCount` in all. */
  int64s(into: number[], maxCount: number): void {
    const single = this.wireType === VARINT;
    const numbers = single ? this : this.message();
    const end = single ? this.#at + 1 : numbers.#end;
    while (numbers.#at < end) {
      if (into.length >= maxCount) throw malformed(`more than ${maxCount} numbers in field ${this.field}`);
      into.push(numbers.int64());
    }
  }

  /** 8 bytes as a double. The bits of a NaN are kept when they are taken by `doubleInto`. */
  doubleInto(values: Float64Array, index: number): void {
    const at = this.#take(8);
    const value = this.#bytes.readDoubleLE(at);
    // Fast path.
    if (value === value) values[index] = value;
    else
      new Uint8Array(values.buffer, values.byteOffset + index * 8, 8).set(this.#bytes.subarray(at, at + 8));
  }

  /** A varint as a signed 64-bit integer, exact. */
  bigInt64(): bigint {
    this.#expect(VARINT);
    const start = this.#at;
    this.int64();
    let value = 0n;
    for (let at = this.#at - 1; at >= start; at--)
      value = (value << 7n) | BigInt((this.#bytes[at] as number) & 0x7f);
    return BigInt.asIntN(64, value);
  }

  /** 8 bytes as an unsigned integer. */
  fixed64(): bigint {
    this.#expect(FIXED64);
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  /** 8 bytes as a double; of a NaN only that it is one. */
  double(): number {
    this.#expect(FIXED64);
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** A length-delimited field as it is: a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.#length();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Where the next byte stands. */
  get offset(): number {
    return this.#at;
  }

  /** Passes over a length-delimited field; its bytes stand from the returned place to before `offset`. */
  passBytes(): number {
    return this.#take(this.#length());
  }

  /** The bytes of these places as text; undefined when they are not UTF-8. */
  textBetween(start: number, end: number): string | undefined {
    // Fast path.
    if (this.#isAscii(start, end)) return this.#bytes.toString('latin1', start, end);
    // Slow path.
    return isUtf8(this.#bytes.subarray(start, end)) ? this.#bytes.toString('utf8', start, end) : undefined;
  }

  /** A length-delimited field as a message of its own. */
  message(): ProtobufReader {
    const length = this.#length();
    const start = this.#take(length);
    return new ProtobufReader(this.#bytes, start, start + length);
  }

  /** The bytes that are left, a character each: equal keys stand for equal bytes. */
  key(): string {
    return Buffer.prototype.latin1Slice.call(this.#bytes, this.#at, this.#end);
  }

  text(): string {
    const text = this.textOrUndefined();
    if (text === undefined) throw new Fault('malformed', `the text before byte ${this.#at} is not UTF-8`);
    return text;
  }

  /** Undefined when it is not UTF-8. */
  textOrUndefined(): string | undefined {
    const start = this.passBytes();
    return this.textBetween(start, this.#at);
  }

  /** Passes over a field that is not wanted. */
  skip(): void {
    if (this.wireType === VARINT) this.int64();
    else if (this.wireType === FIXED64) this.#take(8);
    else if (this.wireType === LENGTH) this.#take(this.#length());
    else if (this.wireType === FIXED32) this.#take(4);
    else throw malformed(`wire type ${this.wireType} at byte ${this.#at}`);
  }

  #expect(wireType: number): void {
    if (this.wireType !== wireType)
      throw malformed(`field ${this.field} has wire type ${this.wireType}, not ${wireType}`);
  }

  #isAscii(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if ((this.#bytes[at] as number) > 0x7f) return false;
    return true;
  }

  #length(): number {
    this.#expect(LENGTH);
    return this.int64();
  }

  /** The place of the next `count` bytes, which are passed over. */
  #take(count: number): number {
    const start = this.#at;
    if (count < 0 || count > this.#end - start) {
      throw malformed(`${count} bytes are told at byte ${start} where ${this.#end - start} are left`);
    }
    this.#at += count;
    return start;
  }
}

/** What a varint of type `sint32` or `sint64` stands for; exact to 2^52. */
export function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** From 35 low and 35 high bits to a signed number. */
function signed(low: number, high: number): number {
  const unsigned = low + high * 2 ** 35;
  return unsigned >= 2 ** 63 ? -Number(2n ** 64n - (BigInt(low) + BigInt(high) * 2n ** 35n)) : unsigned;
}

function malformed(what: string): Fault {
  return new Fault('malformed', `not the protobuf that was expected: ${what}`);
}
