import type { Labels } from '../../../wire/labels.ts';
import { labelValue } from '../../../wire/labels.ts';

/** How bad a line says it is; `unknown` when it does not say. */
export const LEVELS = ['error', 'warn', 'info', 'debug', 'unknown'] as const;
export type Level = (typeof LEVELS)[number];

const UNKNOWN = LEVELS.indexOf('unknown');

/** Words for a level, as loggers, syslog (RFC 5424) and klog write them; upper case counts too. */
const WORDS = new Map<string, Level>(
  Object.entries({
    error: 'error',
    err: 'error',
    fatal: 'error',
    panic: 'error',
    crit: 'error',
    critical: 'error',
    alert: 'error',
    emerg: 'error',
    emergency: 'error',
    severe: 'error',
    warn: 'warn',
    warning: 'warn',
    info: 'info',
    notice: 'info',
    debug: 'debug',
    trace: 'debug',
  }),
);

interface Word {
  readonly letters: Uint8Array;
  readonly level: number;
}

/** By the first letter, lower or upper case. */
const BY_FIRST: Readonly<Record<number, readonly Word[]>> = wordsByFirst();

/** What a byte is: no part of a word, a part, or one with which a word of a level may begin. */
const NONE = 0;
const PART = 1;
const FIRST = 2;
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte in BY_FIRST ? FIRST : /\w/.test(String.fromCharCode(byte)) ? PART : NONE,
);

/** Only the begin of a line is looked at; what is further behind is the message. */
const LOOKED_AT = 160;

/** klog's first letter, followed by month and day: `E0102`. */
const KLOG: Readonly<Record<number, Level>> = { 0x49: 'info', 0x57: 'warn', 0x45: 'error', 0x46: 'error' };

/** The level of a stream by its label `level`, as an index into `LEVELS`; undefined when it has no such label. */
export function levelOfLabels(labels: Labels): number | undefined {
  const value = labelValue(labels, 'level');
  if (value === '') return undefined;
  const level = WORDS.get(value.toLowerCase());
  return level === undefined ? UNKNOWN : LEVELS.indexOf(level);
}

/**
 * The level of one line as an index into `LEVELS`: klog's letter, or the first whole word near the begin of the
 * line that is the name of a level. A guess, made cheaply.
 */
export function detectLevel(bytes: Buffer, start: number, end: number): number {
  const klog = KLOG[bytes[start] as number];
  if (klog !== undefined && end - start > 5 && areDigits(bytes, start + 1, 4)) return LEVELS.indexOf(klog);
  const stop = Math.min(end, start + LOOKED_AT);
  let inWord = false;
  for (let at = start; at < stop; at++) {
    const byte = bytes[at] as number;
    const kind = CLASS[byte];
    // Fast path.
    if (kind === NONE || inWord) {
      inWord = kind !== NONE;
      continue;
    }
    inWord = true;
    if (kind !== FIRST) continue;
    for (const { letters, level } of BY_FIRST[byte] as readonly Word[]) {
      if (isWord(letters, bytes, at, end)) return level;
    }
  }
  return UNKNOWN;
}

function isWord(letters: Uint8Array, bytes: Buffer, at: number, end: number): boolean {
  const after = at + letters.length;
  if (after > end || (after < end && CLASS[bytes[after] as number] !== NONE)) return false;
  for (let i = 1; i < letters.length; i++)
    if (((bytes[at + i] as number) | 0x20) !== letters[i]) return false;
  return true;
}

function wordsByFirst(): Record<number, Word[]> {
  const words: Record<number, Word[]> = {};
  for (const [word, level] of WORDS) {
    const letters = Buffer.from(word);
    for (const first of [letters[0] as number, (letters[0] as number) & ~0x20])
      (words[first] ??= []).push({ letters, level: LEVELS.indexOf(level) });
  }
  return words;
}

function areDigits(bytes: Buffer, from: number, count: number): boolean {
  for (let at = from; at < from + count; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}
