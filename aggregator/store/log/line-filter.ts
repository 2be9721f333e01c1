import { RE2JS } from 're2js';

import { Fault, reasonOf } from '../../../lib/fault.ts';
import type { LineCondition } from '../log-store.ts';
import { lineAt, startOf, type LineBlock } from './line-block.ts';

/** One condition made ready. */
interface Test {
  /** Can any line of these bytes pass? May say yes too often. */
  mayMatch(bytes: Buffer): boolean;
  /** Calls `visit` with the lines from..to that pass, in order. */
  each(lines: LineBlock, from: number, to: number, visit: (line: number) => void): void;
  one(bytes: Buffer, start: number, end: number): boolean;
}

/**
 * Finds the lines of a block for which all conditions hold. A substring is looked for in the bytes of the whole
 * block at once, and only the line around a hit is looked at; a regular expression is asked line by line.
 * Letter case is ignored for the letters A to Z in a substring that has no others, and as RE2's `(?i)` does in
 * all else.
 */
export class LineFilter {
  readonly #first: Test | undefined;
  readonly #others: readonly Test[];

  /** Throws a `Fault` `bad_data` when a regular expression is wrong. */
  constructor(conditions: readonly LineCondition[]) {
    const real = conditions.filter(({ text }) => text !== '');
    // The longest substring first: it is the rarest and the quickest to find.
    const rank = ({ kind, ignoreCase, text }: LineCondition): number =>
      (kind === 'regex' ? 0 : ignoreCase ? 1e6 : 2e6) + Math.min(text.length, 1e5);
    const [first, ...others] = real.sort((a, b) => rank(b) - rank(a)).map(compile);
    this.#first = first;
    this.#others = others;
  }

  /** Is there no condition at all? */
  get passesAll(): boolean {
    return this.#first === undefined;
  }

  /** Can any line of these bytes pass? Asked before times and lengths are unpacked. */
  mayMatch(bytes: Buffer): boolean {
    return this.#first?.mayMatch(bytes) ?? true;
  }

  /** Calls `visit` with the lines `from`..`to` (not included) that pass, in order. */
  each(lines: LineBlock, from: number, to: number, visit: (line: number) => void): void {
    if (this.#first === undefined) {
      for (let line = from; line < to; line++) visit(line);
      return;
    }
    this.#first.each(lines, from, to, (line) => {
      const start = startOf(lines, line);
      const end = lines.ends[line] as number;
      if (this.#others.every((test) => test.one(lines.bytes, start, end))) visit(line);
    });
  }
}

const IS_ASCII = /^\p{ASCII}*$/u;

function compile({ kind, text, ignoreCase }: LineCondition): Test {
  if (kind === 'regex') return regexTest(text, ignoreCase);
  if (!ignoreCase) {
    const needle = Buffer.from(text);
    return textTest(needle.length, (bytes, _start, stop) => {
      const view = bytes.subarray(0, stop);
      return (from) => view.indexOf(needle, from);
    });
  }
  if (!IS_ASCII.test(text)) return regexTest(RE2JS.quote(text), true);
  const needle = text.toLowerCase();
  return textTest(needle.length, (bytes, start, stop) => {
    // As latin1, bytes are characters, and those that are not ASCII never become ASCII by folding.
    const folded = bytes.toString('latin1', start, stop).toLowerCase();
    return (from) => {
      const at = folded.indexOf(needle, from - start);
      return at < 0 ? at : at + start;
    };
  });
}

/** `scan` gives a function that finds the first place of the text at or after one in `start`..`stop`, else -1. */
function textTest(
  length: number,
  scan: (bytes: Buffer, start: number, stop: number) => (from: number) => number,
): Test {
  return {
    mayMatch: (bytes) => scan(bytes, 0, bytes.length)(0) >= 0,
    one: (bytes, start, end) => scan(bytes, start, end)(start) >= 0,
    each: (lines, from, to, visit) => {
      if (from >= to) return;
      let line = from;
      let at = startOf(lines, from);
      const find = scan(lines.bytes, at, lines.ends[to - 1] as number);
      while ((at = find(at)) >= 0) {
        line = lineAt(lines.ends, at, line);
        const end = lines.ends[line] as number;
        // A hit across the border of two lines is none.
        if (at + length > end) at++;
        else {
          visit(line);
          at = end;
        }
      }
    },
  };
}

function regexTest(text: string, ignoreCase: boolean): Test {
  const pattern = compileRegex(text, ignoreCase);
  // A short-lived string is two to four times as fast here as the bytes: RE2JS reads those one rune at a time.
  const one = (bytes: Buffer, start: number, end: number): boolean =>
    pattern.test(bytes.toString('utf8', start, end));
  return {
    mayMatch: () => true,
    one,
    each: (lines, from, to, visit) => {
      let start = startOf(lines, from);
      for (let line = from; line < to; line++) {
        const end = lines.ends[line] as number;
        if (one(lines.bytes, start, end)) visit(line);
        start = end;
      }
    },
  };
}

function compileRegex(text: string, ignoreCase: boolean): RE2JS {
  try {
    return RE2JS.compile(text, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (thrown) {
    throw new Fault(
      'bad_data',
      `the regular expression ${JSON.stringify(text)} is wrong: ${reasonOf(thrown)}`,
    );
  }
}
