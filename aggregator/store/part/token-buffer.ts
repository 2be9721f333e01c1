import { PlainBits } from './plain-bits.ts';
import { PLAIN_BITS, SMALL_TOKENS, SMALLEST } from './tokens.ts';

/** Numbers as tokens, one a byte, with their plain bits beside them. */
export class TokenBuffer {
  readonly plain = new PlainBits();
  readonly #double = new Float64Array(1);
  readonly #halves = new Uint32Array(this.#double.buffer);
  #tokens = new Uint8Array(1 << 17);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The first `length` of them are valid, until the next `put`. */
  get tokens(): Uint8Array {
    return this.#tokens;
  }

  clear(): void {
    this.#length = 0;
    this.plain.clear();
  }

  /**
   * Integers below 2^53 once `base` is taken off. Returns how large they are: twice the bits of the mean,
   * doubled, plus 1 when some are negative; below 255.
   */
  put(numbers: Float64Array, from: number, to: number, base: number): number {
    this.#reserve(to - from);
    const tokens = this.#tokens;
    let at = this.#length;
    let bits = 0;
    let negative = 0;
    for (let i = from; i < to; i++) {
      const number = (numbers[i] as number) - base;
      const sign = number < 0 ? 1 : 0;
      negative |= sign;
      const size = Math.abs(number) - sign;
      if (size * 2 < SMALL_TOKENS) {
        tokens[at++] = size * 2 + sign;
        bits += 32 - Math.clz32(size * 2 + sign);
        continue;
      }
      // The exponent and the highest bit of the mantissa of the double, which is exact.
      this.#double[0] = size;
      const upper = ((this.#halves[1] as number) >>> 19) - 2 * 1026;
      const token = SMALL_TOKENS + 2 * upper + sign;
      const plainBits = PLAIN_BITS[token] as number;
      tokens[at++] = token;
      bits += plainBits + 3;
      this.plain.put(size - (SMALLEST[token] as number), plainBits);
    }
    this.#length = at;
    return Math.round((2 * bits) / (to - from)) * 2 + negative;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#tokens.length) return;
    const grown = new Uint8Array(2 * (this.#length + count));
    grown.set(this.#tokens);
    this.#tokens = grown;
  }
}
