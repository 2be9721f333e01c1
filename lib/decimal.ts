/**
 * Most measured numbers are short decimals: 1234.56 seconds, 0.25 per cent. As `mantissa / 10^exponent`
 * they are small integers, which pack far better than the bits of a double. Dividing an integer below 2^53
 * by a power of ten up to 10^22 is correctly rounded (IEEE 754), so the way back is exact.
 */
export const MAX_EXPONENT = 9;

export const POWERS_OF_TEN: readonly number[] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** Mantissas stay below this, so that zigzag and the difference of two of them are safe integers. */
export const MANTISSA_LIMIT = 2 ** 51;

/**
 * The smallest exponent in `least`..9 with which the value is exact, or -1: for NaN, infinities, -0 and
 * numbers with more digits. The mantissa is then `Math.round(value * POWERS_OF_TEN[exponent])`.
 */
export function decimalExponent(value: number, least = 0): number {
  if (value === 0) return Object.is(value, -0) ? -1 : least;
  for (let exponent = least; exponent <= MAX_EXPONENT; exponent++) {
    const power = POWERS_OF_TEN[exponent] as number;
    const mantissa = Math.round(value * power);
    // Written so that NaN fails too.
    if (!(Math.abs(mantissa) < MANTISSA_LIMIT)) return -1;
    if (mantissa / power === value) return exponent;
  }
  return -1;
}
