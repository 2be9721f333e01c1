const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** From here on an integer may have been rounded. */
const EXACT = 2 ** 53;

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NOT_A_NUMBER = /^[+-]?nan$/i;

/**
 * Reads `bytes[start, end)` as a number in Go's notation without hexadecimals and underscores, as Prometheus's
 * text formats have it: decimal, `+Inf`, `NaN`, in any case. Undefined when it is none or no double can hold it.
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const sign = bytes[at];
  if (sign === 0x2d || sign === 0x2b) at++;
  let mantissa = 0;
  let digits = 0;
  let exponent = 0;
  for (; at < end; at++, digits++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    mantissa = mantissa * 10 + digit;
  }
  if (bytes[at] === 0x2e && at < end) {
    for (at++; at < end; at++, digits++, exponent--) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      mantissa = mantissa * 10 + digit;
    }
  }
  if (at < end && digits > 0 && ((bytes[at] as number) | 0x20) === 0x65) {
    const power = parseExponent(bytes, at + 1, end);
    if (power === undefined) return undefined;
    exponent += power;
    at = end;
  }
  // Fast path: a quotient or product of two exact doubles is rounded once, so correctly (Clinger 1990).
  if (at === end && digits > 0 && mantissa < EXACT && exponent >= -22 && exponent <= 22) {
    const value =
      exponent < 0
        ? mantissa / (POWERS_OF_TEN[-exponent] as number)
        : mantissa * (POWERS_OF_TEN[exponent] as number);
    return sign === 0x2d ? -value : value;
  }
  // Slow path.
  return parseText(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'));
}

function parseExponent(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const sign = bytes[at];
  if (sign === 0x2d || sign === 0x2b) at++;
  if (at >= end) return undefined;
  let power = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    power = power * 10 + digit;
  }
  return sign === 0x2d ? -power : power;
}

function parseText(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (NOT_A_NUMBER.test(text)) return NaN;
  const infinite = INFINITE.exec(text);
  if (!infinite) return undefined;
  return infinite[1] === '-' ? -Infinity : Infinity;
}
