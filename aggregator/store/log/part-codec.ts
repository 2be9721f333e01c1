import { ByteReader } from '../../../lib/byte-reader.ts';
import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { readTimesNs, writeTimesNs } from '../../../wire/times-ns.ts';
import type { LineBlock } from './line-block.ts';

/** Writes lines of one stream as one part of a block; drawn in FORMAT.md. */
export function encodePart(out: ByteWriter, scratch: ByteWriter, { timesNs, ends, bytes }: LineBlock): void {
  out.uvarint(timesNs.length);
  scratch.clear();
  writeTimesNs(scratch, timesNs);
  out.block(scratch.bytes());
  scratch.clear();
  let start = 0;
  for (const end of ends) {
    scratch.uvarint(end - start);
    start = end;
  }
  out.block(scratch.bytes());
  out.block(bytes);
}

/**
 * A part as it lies in a block. Times and ends are unpacked when they are first asked for: a part without a
 * hit never needs them. What is wrong in it throws a `Fault` `malformed`.
 */
export class StoredPart implements LineBlock {
  readonly bytes: Buffer;
  /** Number of lines. */
  readonly length: number;
  readonly #times: Uint8Array;
  readonly #lengths: Uint8Array;
  #timesNs: BigInt64Array | undefined;
  #ends: Uint32Array | undefined;

  /** Reads the part at the begin of `bytes`; more may follow it. */
  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    this.length = reader.count(2);
    this.#times = reader.block();
    this.#lengths = reader.block();
    const text = reader.block();
    this.bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }

  get timesNs(): BigInt64Array {
    return (this.#timesNs ??= readTimesNs(new ByteReader(this.#times), this.length));
  }

  get ends(): Uint32Array {
    return (this.#ends ??= this.#readEnds());
  }

  #readEnds(): Uint32Array {
    const reader = new ByteReader(this.#lengths);
    const ends = new Uint32Array(this.length);
    let end = 0;
    for (let i = 0; i < ends.length; i++) ends[i] = end += reader.uvarint();
    if (end !== this.bytes.length)
      throw new Fault('malformed', `lines of ${end} bytes in ${this.bytes.length} bytes`);
    return ends;
  }
}
