/**
 * Tokens in as many bits as their frequency makes worth: range asymmetric numeral systems (J. Duda, "Asymmetric
 * numeral systems", arXiv:1311.2540), a state of 31 bits that gives and takes 16 at a time. What is written last is
 * read first, so the encoder goes backwards.
 */
import { FREQUENCY_BITS, FREQUENCY_SUM } from './token-class.ts';

export const LEAST_STATE = 1 << 15;
export const SLOT_MASK = FREQUENCY_SUM - 1;
export const TOKEN_BITS = 8;
/** Of the 31 bits of a state those that a token may not fill. */
const SPARE_BITS = 31 - FREQUENCY_BITS;

/** Of one class, for encoding: the first slot of each token. */
export function startsOf(frequencies: Uint16Array): Uint16Array {
  const starts = new Uint16Array(frequencies.length);
  let start = 0;
  for (const [token, frequency] of frequencies.entries()) {
    starts[token] = start;
    start += frequency;
  }
  return starts;
}

/**
 * Of one class, for decoding: by slot the token (8 bits), its frequency less 1 (FREQUENCY_BITS) and the slot's
 * number within those of the token (FREQUENCY_BITS).
 */
export function slotsOf(frequencies: Uint16Array): Int32Array {
  const slots = new Int32Array(FREQUENCY_SUM);
  let slot = 0;
  for (let token = 0; token < frequencies.length; token++) {
    const end = slot + (frequencies[token] as number);
    let entry = (((frequencies[token] as number) - 1) << TOKEN_BITS) | token;
    for (; slot < end; slot++) {
      slots[slot] = entry;
      entry = (entry + (1 << (TOKEN_BITS + FREQUENCY_BITS))) | 0;
    }
  }
  return slots;
}

/** Writes backwards into its buffer. */
export class RangeEncoder {
  #bytes = new Uint8Array(1 << 12);
  #at = this.#bytes.length;
  #state = LEAST_STATE;

  /** `tokens[from..to]`, after which come those that were put before. */
  put(tokens: Uint8Array, from: number, to: number, frequencies: Uint16Array, starts: Uint16Array): void {
    this.#reserve(2 * (to - from));
    const bytes = this.#bytes;
    let at = this.#at;
    let state = this.#state;
    for (let i = to - 1; i >= from; i--) {
      const token = tokens[i] as number;
      const frequency = frequencies[token] as number;
      if (state >>> SPARE_BITS >= frequency) {
        at -= 2;
        bytes[at] = state;
        bytes[at + 1] = state >>> 8;
        state >>>= 16;
      }
      const quotient = (state / frequency) | 0;
      state = (quotient << FREQUENCY_BITS) + (state - quotient * frequency) + (starts[token] as number);
    }
    this.#at = at;
    this.#state = state;
  }

  /** The state and all that was put; valid until the next write. Begins anew. */
  end(): Uint8Array {
    this.#reserve(4);
    this.#at -= 4;
    new DataView(this.#bytes.buffer).setUint32(this.#at, this.#state, true);
    const all = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    this.#state = LEAST_STATE;
    return all;
  }

  #reserve(count: number): void {
    if (count <= this.#at) return;
    const used = this.#bytes.length - this.#at;
    const grown = new Uint8Array(2 * (used + count));
    grown.set(this.#bytes.subarray(this.#at), grown.length - used);
    this.#at = grown.length - used;
    this.#bytes = grown;
  }
}
