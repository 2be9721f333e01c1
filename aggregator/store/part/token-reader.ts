import { Fault } from '../../../lib/fault.ts';
import { CHUNK_BITS } from './plain-bits.ts';
import { LEAST_STATE, SLOT_MASK, TOKEN_BITS } from './range-coder.ts';
import type { TokenTable } from './token-table.ts';
import { FREQUENCY_BITS } from './token-class.ts';
import { PLAIN_BITS, SMALL_TOKENS, SMALLEST } from './tokens.ts';

const OFFSET_SHIFT = TOKEN_BITS + FREQUENCY_BITS;
/** Right for tokens of at most `CHUNK_BITS` plain bits. */
const SMALLEST_INT32 = Int32Array.from(SMALLEST);
const CHUNK_MASK = (1 << CHUNK_BITS) - 1;

/**
 * Reads the numbers of a column back: first all of its tokens, then with their plain bits what they stand for.
 * Throws a `Fault` (`damaged`) where there are too few or too many bytes; four after them must be readable.
 */
export class TokenReader {
  readonly #view: DataView;
  /** By row. */
  #tokens = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #state = LEAST_STATE;
  /** In bits. */
  #plainAt = 0;
  #plainEnd = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Begins with a column of so many rows; `isCoded`: there are tokens that take bits. */
  open(from: number, to: number, rows: number, isCoded: boolean): void {
    if (this.#tokens.length < rows) this.#tokens = new Uint8Array(rows);
    this.#at = from;
    this.#end = to;
    this.#state = LEAST_STATE;
    if (!isCoded) return;
    if (to - from < 4) throw tooShort();
    this.#state = this.#view.getInt32(from, true) & 0x7fff_ffff;
    this.#at += 4;
  }

  /** The tokens of the rows from..to, all of one class. */
  readTokens(from: number, to: number, { only, slots }: TokenTable): void {
    if (only === undefined) this.#read(from, to, slots);
    else this.#tokens.fill(only, from, to);
  }

  /** Throws unless the tokens end as they began. Plain bits come next. */
  endTokens(): void {
    if (this.#state !== LEAST_STATE) {
      throw new Fault('damaged', `the tokens of a column end in the state ${this.#state}`);
    }
    this.#plainAt = this.#at * 8;
    this.#plainEnd = this.#end * 8;
  }

  /** Fills `numbers[from..to]` with what the tokens of these rows say, each with `base` added. */
  readNumbers(numbers: Float64Array, from: number, to: number, base: number, { largest }: TokenTable): void {
    if (largest < SMALL_TOKENS) this.#small(numbers, from, to, base);
    else if ((PLAIN_BITS[largest] as number) <= CHUNK_BITS) this.#middle(numbers, from, to, base);
    else this.#large(numbers, from, to, base);
  }

  /** Throws unless all was read. */
  end(): void {
    const left = this.#plainEnd - this.#plainAt;
    if (left >= 8) throw new Fault('damaged', `${left} bits are left over in a column`);
  }

  #read(from: number, to: number, slots: Int32Array): void {
    const tokens = this.#tokens;
    const view = this.#view;
    const end = this.#end;
    let state = this.#state;
    let at = this.#at;
    for (let row = from; row < to; row++) {
      const slot = slots[state & SLOT_MASK] as number;
      tokens[row] = slot;
      state =
        (Math.imul(((slot >>> TOKEN_BITS) & SLOT_MASK) + 1, state >>> FREQUENCY_BITS) +
          (slot >>> OFFSET_SHIFT)) |
        0;
      if (state >= LEAST_STATE) continue;
      if (at >= end) throw tooShort();
      state = (state << 16) | view.getUint16(at, true);
      at += 2;
    }
    this.#state = state;
    this.#at = at;
  }

  /** All tokens have no plain bits. */
  #small(numbers: Float64Array, from: number, to: number, base: number): void {
    const tokens = this.#tokens;
    for (let i = from; i < to; i++) {
      const token = tokens[i] as number;
      numbers[i] = base + ((token >> 1) ^ -(token & 1));
    }
  }

  /** All have few enough plain bits to be had from one word. */
  #middle(numbers: Float64Array, from: number, to: number, base: number): void {
    const tokens = this.#tokens;
    const view = this.#view;
    const end = this.#plainEnd;
    let at = this.#plainAt;
    for (let i = from; i < to; i++) {
      const token = tokens[i] as number;
      const bits = PLAIN_BITS[token] as number;
      if (at + bits > end) throw tooShort();
      const size = (SMALLEST_INT32[token] as number) + (wordAt(view, at) & ((1 << bits) - 1));
      at += bits;
      // Signs are random: a branch would cost more than all else.
      numbers[i] = base + (size ^ -(token & 1));
    }
    this.#plainAt = at;
  }

  #large(numbers: Float64Array, from: number, to: number, base: number): void {
    const tokens = this.#tokens;
    const view = this.#view;
    const end = this.#plainEnd;
    let at = this.#plainAt;
    for (let i = from; i < to; i++) {
      const token = tokens[i] as number;
      const bits = PLAIN_BITS[token] as number;
      if (at + bits > end) throw tooShort();
      const size = (SMALLEST[token] as number) + plainOf(view, at, bits);
      at += bits;
      const sign = token & 1;
      numbers[i] = base - sign + size * (1 - 2 * sign);
    }
    this.#plainAt = at;
  }
}

/** An integer of up to 53 bits, from any bit on. */
function plainOf(view: DataView, bit: number, bits: number): number {
  const low = wordAt(view, bit);
  if (bits <= CHUNK_BITS) return low & ((1 << bits) - 1);
  const middle = wordAt(view, bit + CHUNK_BITS);
  const left = bits - CHUNK_BITS;
  if (left <= CHUNK_BITS) return (low & CHUNK_MASK) + (middle & ((1 << left) - 1)) * 2 ** CHUNK_BITS;
  const high = wordAt(view, bit + 2 * CHUNK_BITS) & ((1 << (left - CHUNK_BITS)) - 1);
  return (low & CHUNK_MASK) + (middle & CHUNK_MASK) * 2 ** CHUNK_BITS + high * 2 ** (2 * CHUNK_BITS);
}

/** 25 bits at least, from any bit on. */
function wordAt(view: DataView, bit: number): number {
  return view.getInt32(bit >>> 3, true) >>> (bit & 7);
}

function tooShort(): Fault {
  return new Fault('damaged', 'the tokens of a column end too early');
}
