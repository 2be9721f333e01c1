import { ByteWriter } from './byte-writer.ts';
import { FIXED64, LENGTH, VARINT } from './protobuf-reader.ts';

/** Writes one protobuf message field by field (protobuf.dev, "Encoding"); what is zero or empty is for the caller to leave out. */
export class ProtobufWriter {
  readonly #out = new ByteWriter();

  get length(): number {
    return this.#out.length;
  }

  /** What was written so far; valid until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#out.bytes();
  }

  clear(): void {
    this.#out.clear();
  }

  /** An integer in 0..2^53. */
  uint(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#out.uvarint(value);
  }

  /** `sint32` or `sint64`, of at most 2^52 in size. */
  sint(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#out.varint(value);
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64);
    this.#out.f64(value);
  }

  /** A double at an index, with the bits of a NaN. */
  doubleAt(field: number, values: Float64Array, index: number): void {
    this.#tag(field, FIXED64);
    const value = values[index] as number;
    // Fast path.
    if (value === value) this.#out.f64(value);
    else this.#out.raw(new Uint8Array(values.buffer, values.byteOffset + index * 8, 8));
  }

  text(field: number, value: string): void {
    this.#tag(field, LENGTH);
    this.#out.text(value);
  }

  /** A message within, or bytes. */
  block(field: number, bytes: Uint8Array): void {
    this.#tag(field, LENGTH);
    this.#out.block(bytes);
  }

  /** Packed. */
  doubles(field: number, values: readonly number[]): void {
    this.#tag(field, LENGTH);
    this.#out.uvarint(values.length * 8);
    for (const value of values) this.#out.f64(value);
  }

  #tag(field: number, wireType: number): void {
    this.#out.uvarint(field * 8 + wireType);
  }
}
