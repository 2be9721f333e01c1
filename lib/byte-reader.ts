import { Fault } from './fault.ts';

/**
 * Reads what `ByteWriter` wrote, and trusts nothing: a read past the end, a number that is too long and
 * text that is not UTF-8 throw a `Fault` of code `malformed` that says where.
 */
export class ByteReader {
  /** All of them, also those that are read. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  u8(): number {
    this.#need(1);
    return this.bytes[this.#at++] as number;
  }

  u32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  f64(): number {
    this.#need(8);
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  uvarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      this.#need(1);
      const byte = this.bytes[this.#at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw malformed(`a number of more than 53 bits ends at byte ${this.#at}`);
  }

  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A count of things that take at least `leastBytes` each: refused when they can't fit into what is left. */
  count(leastBytes = 1): number {
    const count = this.uvarint();
    if (count * leastBytes > this.remaining) {
      throw malformed(
        `${count} items are announced at byte ${this.#at} where ${this.remaining} bytes are left`,
      );
    }
    return count;
  }

  /** Length and bytes; a view, not a copy. */
  block(): Uint8Array {
    return this.raw(this.count());
  }

  /** Passes over a block; its bytes stand from the returned place to before `offset`. */
  passBlock(): number {
    const length = this.count();
    this.#at += length;
    return this.#at - length;
  }

  raw(length: number): Uint8Array {
    this.#need(length);
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    const bytes = this.block();
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new Fault('malformed', `the text that ends at byte ${this.#at} is not UTF-8`, { cause });
    }
  }

  /** Throws when bytes are left over. */
  end(): void {
    if (this.remaining > 0) throw malformed(`${this.remaining} bytes are left over at byte ${this.#at}`);
  }

  #need(count: number): void {
    if (count > this.remaining) {
      throw malformed(`${count} bytes are needed at byte ${this.#at} where ${this.remaining} are left`);
    }
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function malformed(what: string): Fault {
  return new Fault('malformed', what);
}
