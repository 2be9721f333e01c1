import { GO_ESCAPES } from '../../lib/go-escapes.ts';

/**
 * String literals with Go's escapes. A byte that is no UTF-8 (`"\xc5"`) becomes the lone surrogate
 * U+DC00 + byte, so that it survives printing and `isWellFormed()` tells that the string is no valid text.
 */

const ESCAPE = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/;

/** The value of a literal with its quotes (`"`, `'` or a backtick); undefined when it is malformed. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0] as string;
  const body = literal.slice(1, -1);
  if (literal.length < 2 || literal.at(-1) !== quote) return undefined;
  if (quote === '`') return body.includes('`') ? undefined : body.replaceAll('\r', '');
  if (body.includes('\n')) return undefined;
  let value = '';
  let bytes: number[] = [];
  for (let i = 0; i < body.length;) {
    const char = body[i] as string;
    if (char === quote) return undefined;
    const escape = char === '\\' ? readEscape(body.slice(i + 1, i + 10), quote) : { text: char, length: 0 };
    if (escape === undefined) return undefined;
    if (escape.byte !== undefined) bytes.push(escape.byte);
    else {
      value += decode(bytes) + escape.text;
      bytes = [];
    }
    i += 1 + escape.length;
  }
  return value + decode(bytes);
}

interface Escape {
  readonly text: string;
  readonly length: number;
  /** Set for `\x` and octal escapes, which are bytes of UTF-8 and not characters. */
  readonly byte?: number;
}

function readEscape(rest: string, quote: string): Escape | undefined {
  const first = rest[0] ?? '';
  const simple = first === quote ? quote : GO_ESCAPES[first];
  if (simple !== undefined) return { text: simple, length: 1 };
  const match = ESCAPE.exec(rest);
  if (match === null) return undefined;
  const [whole, hex, short, long, octal] = match;
  const code =
    octal === undefined ? Number.parseInt(hex ?? short ?? (long as string), 16) : Number.parseInt(octal, 8);
  if (hex !== undefined || octal !== undefined) {
    return code > 0xff ? undefined : { text: '', length: whole.length, byte: code };
  }
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
  return { text: String.fromCodePoint(code), length: whole.length };
}

function decode(bytes: readonly number[]): string {
  if (bytes.length === 0) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return bytes.map((byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
  }
}

/** A literal in double quotes that `unquote` reads back. */
export function quote(value: string): string {
  const escaped = value.replace(/[\\"\p{Cc}\udc80-\udcff]/gu, (char) => {
    const code = char.charCodeAt(0);
    if (char === '"' || char === '\\') return `\\${char}`;
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    if (code >= 0x80 && code < 0xdc80) return char;
    return `\\x${(code & 0xff).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
