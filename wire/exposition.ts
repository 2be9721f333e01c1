import { isAscii, isUtf8 } from 'node:buffer';

import { parseDecimal } from '../lib/decimal-text.ts';
import { METRIC_NAME } from './labels.ts';

/**
 * Reads Prometheus's text exposition format 0.0.4 and 1.0 (names in quotes) and OpenMetrics 1.0, line by line over
 * the bytes: `while (reader.next())` stands at a sample, or at a line that is wrong and says why in `problem`.
 * Formats: prometheus/docs `instrumenting/exposition_formats.md`, `escaping_schemes.md`; the OpenMetrics
 * specification. HELP, TYPE, UNIT and exemplars are passed over: a sample counts by its own name, also one that no
 * TYPE line foretold. As in Prometheus an unknown escape stands for itself; blanks around tokens, a comma after
 * the last label and CR LF are taken.
 */
export class ExpositionReader {
  readonly #bytes: Buffer;
  readonly #openMetrics: boolean;
  readonly #ascii: boolean;
  readonly #utf8: boolean;
  #next = 0;
  #ended = false;
  /** Start and end of label name and value, by turns; the name of the metric comes with a name of (-1, -1). */
  readonly #tokens: number[] = [];
  #escaped = false;
  #token = 0;

  /** Counted from 1. */
  line = 0;
  /** Why this line is no sample; undefined when it is one. */
  problem: string | undefined;
  value = 0;
  /** NaN when the line has none. */
  timestampMs = NaN;
  /** The bytes of name and labels as they stand: equal bytes, equal series. */
  seriesStart = 0;
  seriesEnd = 0;

  /** `openMetrics`: timestamps are seconds instead of ms, and the text ends with `# EOF`. */
  constructor(bytes: Uint8Array, openMetrics: boolean) {
    this.#bytes = withNewline(bytes);
    this.#openMetrics = openMetrics;
    this.#ascii = isAscii(this.#bytes);
    this.#utf8 = this.#ascii || isUtf8(this.#bytes);
  }

  /** What `seriesStart` and `seriesEnd` are places of. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Goes to the next sample or wrong line; false at the end. */
  next(): boolean {
    const bytes = this.#bytes;
    while (this.#next < bytes.length) {
      const start = this.#skipBlanks(this.#next);
      this.line++;
      const first = bytes[start] as number;
      if (first === NEWLINE) {
        this.#next = start + 1;
        continue;
      }
      if (first === HASH && !this.#ended) {
        const end = bytes.indexOf(NEWLINE, start);
        this.#ended = this.#openMetrics && isEof(bytes, start, end);
        this.#next = end + 1;
        continue;
      }
      const at = this.#ended ? this.#wrong('it stands after # EOF') : this.#sample(start);
      // A line that is wrong ends at its newline, wherever the fault is.
      this.#next = (at < 0 ? bytes.indexOf(NEWLINE, start) : at) + 1;
      if (at >= 0) this.problem = this.#utf8 ? undefined : this.#refuseBytes(start, at);
      return true;
    }
    return false;
  }

  /** Is OpenMetrics's `# EOF` still to come? */
  get unfinished(): boolean {
    return this.#openMetrics && !this.#ended;
  }

  /** Names and values of the sample's labels by turns, in their order, the name of the metric as `__name__`. */
  labels(): string[] {
    const texts: string[] = [];
    for (let i = 0; i < this.#token; i += 4) {
      const nameStart = this.#tokens[i] as number;
      texts.push(
        nameStart < 0 ? METRIC_NAME : this.#text(nameStart, this.#tokens[i + 1] as number),
        this.#text(this.#tokens[i + 2] as number, this.#tokens[i + 3] as number),
      );
    }
    return texts;
  }

  /** The place of the newline behind a sample, or -1. */
  #sample(start: number): number {
    const bytes = this.#bytes;
    this.#token = 0;
    this.#escaped = false;
    this.seriesStart = start;
    let at = start;
    if (((CLASS[bytes[at] as number] as number) & NAME_START) !== 0) {
      at = this.#skip(at, NAME);
      this.#push(-1, -1, start, at);
    } else if (bytes[at] !== BRACE) return this.#wrong('it does not begin with the name of a metric');
    this.seriesEnd = at;
    at = this.#skipBlanks(at);
    if (bytes[at] === BRACE) {
      at = this.#labels(at + 1);
      if (at < 0) return at;
      this.seriesEnd = at;
      at = this.#skipBlanks(at);
    } else if (at === this.seriesEnd && bytes[at] !== NEWLINE)
      return this.#wrong('the name of the metric has a character that needs quotes');
    const valueEnd = this.#skipWord(at);
    if (valueEnd === at) return this.#wrong('it has no value');
    const value = parseDecimal(bytes, at, valueEnd);
    if (value === undefined) return this.#wrong(`the value ${this.#quote(at, valueEnd)} is no number`);
    this.value = value;
    return this.#rest(this.#skipBlanks(valueEnd));
  }

  /** What follows the value: a timestamp and an exemplar, or nothing. */
  #rest(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    this.timestampMs = NaN;
    if (bytes[at] !== NEWLINE && bytes[at] !== HASH) {
      const end = this.#skipWord(at);
      const time = parseDecimal(bytes, at, end);
      this.timestampMs = this.#openMetrics ? Math.round((time ?? NaN) * 1000) : (time ?? NaN);
      if (!Number.isSafeInteger(this.timestampMs)) {
        const unit = this.#openMetrics ? 'of seconds' : 'of milliseconds, whole,';
        return this.#wrong(`the timestamp ${this.#quote(at, end)} is no number ${unit} since 1970`);
      }
      at = this.#skipBlanks(end);
    }
    if (bytes[at] === HASH && bytes[this.#skipBlanks(at + 1)] === BRACE) return bytes.indexOf(NEWLINE, at);
    return bytes[at] === NEWLINE ? at : this.#wrong('something stands behind value and timestamp');
  }

  /** From behind the opening brace to behind the closing one, or -1. */
  #labels(start: number): number {
    const bytes = this.#bytes;
    let at = this.#skipBlanks(start);
    while (bytes[at] !== CLOSING_BRACE) {
      if (this.#token >= 4 * MAX_LABELS) return this.#wrong(`it has more than ${MAX_LABELS} labels`);
      const quoted = bytes[at] === QUOTE;
      const nameStart = quoted ? at + 1 : at;
      const nameEnd = quoted ? this.#skipQuoted(at + 1) : this.#skip(at, LABEL);
      if (nameEnd < 0) return nameEnd;
      if (nameEnd === nameStart || (!quoted && isDigit(bytes[at] as number)))
        return this.#wrong('a label has no name, or one that needs quotes');
      at = this.#skipBlanks(quoted ? nameEnd + 1 : nameEnd);
      if (bytes[at] === EQUALS) {
        at = this.#skipBlanks(at + 1);
        if (bytes[at] !== QUOTE) return this.#wrong('the value of a label does not stand in quotes');
        const end = this.#skipQuoted(at + 1);
        if (end < 0) return end;
        this.#push(nameStart, nameEnd, at + 1, end);
        at = this.#skipBlanks(end + 1);
      } else if (quoted) this.#push(-1, -1, nameStart, nameEnd);
      else return this.#wrong(`there is no = behind the label ${this.#quote(nameStart, nameEnd)}`);
      if (bytes[at] === COMMA) at = this.#skipBlanks(at + 1);
      else if (bytes[at] !== CLOSING_BRACE) return this.#wrong('the labels do not end with }');
    }
    return at + 1;
  }

  /** The place of the closing quote, or -1. */
  #skipQuoted(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (bytes[at] !== QUOTE) {
      if (bytes[at] === BACKSLASH) {
        this.#escaped = true;
        at++;
      }
      if (bytes[at] === NEWLINE) return this.#wrong('a quote is not closed');
      at++;
    }
    return at;
  }

  /** The next place whose byte is not of these classes. */
  #skip(start: number, classes: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (((CLASS[bytes[at] as number] as number) & classes) !== 0) at++;
    return at;
  }

  #skipBlanks(start: number): number {
    return this.#skip(start, BLANK);
  }

  #skipWord(start: number): number {
    return this.#skip(start, WORD);
  }

  #push(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const tokens = this.#tokens;
    tokens[this.#token++] = nameStart;
    tokens[this.#token++] = nameEnd;
    tokens[this.#token++] = valueStart;
    tokens[this.#token++] = valueEnd;
  }

  #text(start: number, end: number): string {
    const text = this.#ascii
      ? this.#bytes.toString('latin1', start, end)
      : this.#bytes.toString('utf8', start, end);
    // Fast path.
    if (!this.#escaped) return text;
    return text.replace(/\\([\\"n])/g, (_whole, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }

  /** Only where some line of the text is not UTF-8: is it this one? */
  #refuseBytes(start: number, end: number): string | undefined {
    return isUtf8(this.#bytes.subarray(start, end)) ? undefined : 'it is not UTF-8';
  }

  #quote(start: number, end: number): string {
    return JSON.stringify(this.#bytes.toString('utf8', start, Math.min(end, start + MAX_QUOTED)));
  }

  #wrong(problem: string): number {
    this.problem = problem;
    return -1;
  }
}

/** Is the last line `# EOF`, as it is in OpenMetrics alone? For bodies that come without a name of their format. */
export function endsAsOpenMetrics(bytes: Uint8Array): boolean {
  const tail = Buffer.from(bytes.subarray(-16)).toString('latin1').trimEnd();
  return tail === '# EOF' || tail.endsWith('\n# EOF');
}

/** More than any setting allows; what a line can cost in memory. */
const MAX_LABELS = 2000;
const MAX_QUOTED = 80;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const HASH = 0x23;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

const NAME_START = 1;
const NAME = 2;
const LABEL = 4;
const BLANK = 8;
const WORD = 16;

/** What each byte may be part of; the newline at the end of the text is of no class and stops every loop. */
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (/[a-zA-Z_]/.test(character)) return NAME_START | NAME | LABEL | WORD;
  if (character === ':') return NAME_START | NAME | WORD;
  if (/\d/.test(character)) return NAME | LABEL | WORD;
  if (/[ \t\r]/.test(character)) return BLANK;
  return character === '\n' ? 0 : WORD;
});

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Every loop may rely on a newline at the end. */
function withNewline(bytes: Uint8Array): Buffer {
  const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return own.length === 0 || own[own.length - 1] === NEWLINE ? own : Buffer.concat([own, Buffer.from('\n')]);
}

function isEof(bytes: Buffer, start: number, end: number): boolean {
  return end - start <= 6 && bytes.toString('latin1', start, end).trimEnd() === '# EOF';
}
