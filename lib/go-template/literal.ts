import { GO_ESCAPES } from '../go-escapes.ts';

/** Go's constants. Each gives undefined for what is none. */

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gs;

/** The text of a literal in quotes of any kind; bytes (`\xe4`) are read as UTF-8. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0] as string;
  const body = literal.slice(1, -1);
  if (quote === '`') return body.replaceAll('\r', '');
  let valid = true;
  // Bytes first, since several of them may make one character.
  const parts: Buffer[] = [];
  let last = 0;
  for (const match of body.matchAll(ESCAPE)) {
    const [whole, hex, short, long, octal, simple] = match;
    parts.push(Buffer.from(body.slice(last, match.index)));
    last = match.index + whole.length;
    if (hex !== undefined) parts.push(Buffer.of(Number.parseInt(hex, 16)));
    else if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8) & 0xff));
    else if (simple !== undefined) {
      const text = simple === quote ? quote : GO_ESCAPES[simple];
      valid &&= text !== undefined;
      parts.push(Buffer.from(text ?? ''));
    } else {
      const code = Number.parseInt(short ?? (long as string), 16);
      valid &&= code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      if (valid) parts.push(Buffer.from(String.fromCodePoint(code)));
    }
  }
  parts.push(Buffer.from(body.slice(last)));
  return valid ? Buffer.concat(parts).toString() : undefined;
}

/** A whole number is Go's int, one with point or exponent a float64. */
export function readNumber(literal: string): bigint | number | undefined {
  const plain = literal.replaceAll('_', '').replace(/^\+/, '');
  const digits = plain.replace(/^-/, '');
  if (/[.]|^\d+[eE]/.test(digits)) {
    const value = Number(plain);
    return Number.isFinite(value) ? value : undefined;
  }
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  try {
    const value = BigInt(octal);
    const signed = plain.startsWith('-') ? -value : value;
    return BigInt.asIntN(64, signed) === signed ? signed : undefined;
  } catch {
    return undefined;
  }
}
