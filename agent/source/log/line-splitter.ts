import { isAscii, isUtf8 } from 'node:buffer';

/**
 * What stands before a place in a file: the end of a line (or nothing), a piece of a line that was handed out
 * for want of its end, or one that was cut and whose rest is passed over.
 */
export type LineState = 'start' | 'flushed' | 'cut';

/** Ends a line that was longer than is taken. */
export const CUT_MARK = '…[cut]';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const REPLACEMENT = '\ufffd';

export interface SplitResult {
  /** Bytes that are done with. */
  readonly consumed: number;
  readonly state: LineState;
  readonly lines: number;
  /** Lines of which the rest was left out. */
  readonly cut: number;
  /** Lines in which bytes that are no text were replaced. */
  readonly repaired: number;
}

/**
 * Bytes to lines: split at \n, a \r before it left out. Bytes that are not UTF-8 become U+FFFD, and so does a
 * run of NULs (a file that was truncated under a writer without O_APPEND has a hole of them). A line past
 * `maxLineBytes` is cut and marked. A last line without an end stays, unless it is too long already.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #take: (line: string) => void;
  #lines = 0;
  #cut = 0;
  #repaired = 0;

  constructor(maxLineBytes: number, take: (line: string) => void) {
    this.#maxLineBytes = maxLineBytes;
    this.#take = take;
  }

  /** The whole lines of `bytes`. */
  split(bytes: Buffer, state: LineState): SplitResult {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0) return this.#withoutEnd(bytes, state);
    let start = 0;
    if (state === 'cut') start = bytes.indexOf(NEWLINE) + 1;
    // The end of a line that was handed out already, and nothing more.
    else if (state === 'flushed') start = lengthOfEmpty(bytes);
    if (start < end) this.#whole(bytes.subarray(start, end));
    return this.#result(end, 'start');
  }

  /** All of `bytes` as a line, though its end is not there. */
  flush(bytes: Buffer): SplitResult {
    this.#line(bytes);
    return this.#result(bytes.length, 'flushed');
  }

  #withoutEnd(bytes: Buffer, state: LineState): SplitResult {
    if (state === 'cut') return this.#result(bytes.length, 'cut');
    if (bytes.length <= this.#maxLineBytes) return this.#result(0, state);
    const nuls = leadingNuls(bytes);
    // One stays, so that the line is marked when its text comes.
    if (nuls > 1) return this.#result(nuls - 1, state);
    this.#line(bytes);
    return this.#result(bytes.length, 'cut');
  }

  #whole(bytes: Buffer): void {
    // Fast path: one string for all, which the lines are slices of.
    if (!bytes.includes(0) && isUtf8(bytes)) {
      const text = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
      for (let start = 0; start < text.length;) {
        const newline = text.indexOf('\n', start);
        const end = text.charCodeAt(newline - 1) === CARRIAGE_RETURN ? newline - 1 : newline;
        this.#textLine(text.slice(start, end));
        start = newline + 1;
      }
      return;
    }
    // Slow path.
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline > start && bytes[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline;
      this.#line(bytes.subarray(start, end));
      start = newline + 1;
    }
  }

  #textLine(line: string): void {
    // A character is three bytes at most, or two of four.
    if (line.length * 3 > this.#maxLineBytes && Buffer.byteLength(line) > this.#maxLineBytes) {
      this.#line(Buffer.from(line));
      return;
    }
    this.#take(line);
    this.#lines++;
  }

  #line(bytes: Buffer): void {
    const most = this.#maxLineBytes;
    const whole = bytes.length > most ? bytes.subarray(Math.max(0, leadingNuls(bytes) - 1)) : bytes;
    const isCut = whole.length > most;
    const kept = isCut ? whole.subarray(0, characterEnd(whole, most)) : whole;
    const text = kept.toString();
    const isRepaired = kept.includes(0) || !isUtf8(kept);
    const clean = isRepaired ? text.replace(/\0+/g, REPLACEMENT) : text;
    this.#take(isCut ? clean + CUT_MARK : clean);
    this.#lines++;
    if (isCut) this.#cut++;
    if (isRepaired) this.#repaired++;
  }

  #result(consumed: number, state: LineState): SplitResult {
    const result = { consumed, state, lines: this.#lines, cut: this.#cut, repaired: this.#repaired };
    this.#lines = this.#cut = this.#repaired = 0;
    return result;
  }
}

function lengthOfEmpty(bytes: Buffer): number {
  if (bytes[0] === NEWLINE) return 1;
  return bytes[0] === CARRIAGE_RETURN && bytes[1] === NEWLINE ? 2 : 0;
}

function leadingNuls(bytes: Buffer): number {
  let count = 0;
  while (bytes[count] === 0) count++;
  return count;
}

/** The last place at or before `most` where a character ends. */
function characterEnd(bytes: Buffer, most: number): number {
  let end = most;
  while (end > most - 4 && end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return end;
}
