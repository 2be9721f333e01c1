const NEWLINE = 10;
const TAB = 9;
const SPACE = 32;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;

/**
 * Reads the kernel's text files line by line and word by word, straight from their bytes: numbers become
 * numbers without a string between. Nothing here throws; what is not there is `''` or NaN, and a NaN is
 * never recorded (see `Recorder`).
 */
export class Text {
  bytes: Buffer;
  /** Where the content ends in `bytes`. */
  end: number;
  /** Where the next word of the line is looked for. */
  pos = 0;
  /** Where the line ends, without its newline. */
  lineEnd = 0;
  #next = 0;

  constructor(bytes: Buffer, end: number = bytes.length) {
    this.bytes = bytes;
    this.end = end;
  }

  /** Takes other bytes (the same buffer filled anew, or a bigger one) and stands before the first line. */
  reset(bytes: Buffer, end: number): this {
    this.bytes = bytes;
    this.end = end;
    this.pos = 0;
    this.lineEnd = 0;
    this.#next = 0;
    return this;
  }

  /** Goes to the next line; false at the end. */
  nextLine(): boolean {
    const { bytes, end } = this;
    let i = this.#next;
    if (i >= end) return false;
    this.pos = i;
    while (i < end && bytes[i] !== NEWLINE) i++;
    this.lineEnd = i;
    this.#next = i + 1;
    return true;
  }

  /** The byte that the line goes on with; -1 at its end. */
  peek(): number {
    return this.pos < this.lineEnd ? (this.bytes[this.pos] as number) : -1;
  }

  skipBlanks(): void {
    const { bytes, lineEnd } = this;
    let i = this.pos;
    while (i < lineEnd && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
    this.pos = i;
  }

  skipWords(count: number): void {
    for (let n = 0; n < count; n++) {
      this.skipBlanks();
      this.pos = this.#wordEnd();
    }
  }

  /** The next word of the line, `''` when there is none. */
  word(): string {
    this.skipBlanks();
    const start = this.pos;
    this.pos = this.#wordEnd();
    return this.bytes.toString('latin1', start, this.pos);
  }

  /** What stands before the byte `stop`, without leading blanks, and goes behind it; `''` if it isn't there. */
  before(stop: number): string {
    this.skipBlanks();
    const { bytes, lineEnd, pos } = this;
    let i = pos;
    while (i < lineEnd && bytes[i] !== stop) i++;
    if (i >= lineEnd) return '';
    this.pos = i + 1;
    return bytes.toString('latin1', pos, i);
  }

  /** The rest of the line as UTF-8, without leading blanks. */
  rest(): string {
    this.skipBlanks();
    const text = this.bytes.toString('utf8', this.pos, this.lineEnd);
    this.pos = this.lineEnd;
    return text;
  }

  /**
   * The next decimal number (`-12`, `0.53`), which a letter, a digit or a dot may not follow; NaN otherwise.
   * A fraction is one division of two exact integers, so the result is the nearest double.
   */
  number(): number {
    this.skipBlanks();
    const { bytes, lineEnd } = this;
    let i = this.pos;
    const negative = i < lineEnd && bytes[i] === MINUS;
    if (negative) i++;
    const start = i;
    let value = 0;
    let digit: number;
    while (i < lineEnd && (digit = (bytes[i] as number) - ZERO) >= 0 && digit <= 9) {
      value = value * 10 + digit;
      i++;
    }
    let digits = i - start;
    if (i < lineEnd && bytes[i] === DOT) {
      i++;
      let scale = 1;
      while (i < lineEnd && (digit = (bytes[i] as number) - ZERO) >= 0 && digit <= 9) {
        value = value * 10 + digit;
        scale *= 10;
        digits++;
        i++;
      }
      value /= scale;
    }
    this.pos = i;
    if (digits === 0 || (i < lineEnd && isWordByte(bytes[i] as number))) return Number.NaN;
    return negative ? -value : value;
  }

  /** The next hexadecimal number, with or without `0x`; NaN otherwise. */
  hex(): number {
    this.skipBlanks();
    const { bytes, lineEnd } = this;
    let i = this.pos;
    if (bytes[i] === ZERO && i + 1 < lineEnd && ((bytes[i + 1] as number) | 32) === 120) i += 2;
    const start = i;
    let value = 0;
    for (; i < lineEnd; i++) {
      const digit = hexDigit(bytes[i] as number);
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    this.pos = i;
    return i === start || (i < lineEnd && isWordByte(bytes[i] as number)) ? Number.NaN : value;
  }

  #wordEnd(): number {
    const { bytes, lineEnd } = this;
    let i = this.pos;
    while (i < lineEnd && bytes[i] !== SPACE && bytes[i] !== TAB) i++;
    return i;
  }
}

/** Byte values that the collectors stop at. */
export const COLON = 58;
export const EQUALS = 61;

function isWordByte(byte: number): boolean {
  const lower = byte | 32;
  return byte === DOT || (byte >= ZERO && byte <= 57) || (lower >= 97 && lower <= 122);
}

function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= 57) return byte - ZERO;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
