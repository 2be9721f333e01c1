import type { Labels } from '../../../wire/labels.ts';
import { labelValue } from '../../../wire/labels.ts';

/** How bad a line says it is; `unknown` when it does not say. */
export const LEVELS = ['error', 'warn', 'info', 'debug', 'unknown'] as const;
export type Level = (typeof LEVELS)[number];

const UNKNOWN = LEVELS.indexOf('unknown');

/** Words for a level, as loggers, syslog (RFC 5424) and klog write them; upper case counts too. */
const WORDS: Readonly<Record<string, Level>> = {
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
};
const LONGEST = Math.max(...Object.keys(WORDS).map((word) => word.length));
const NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries(WORDS).map(([word, level]) => [word, LEVELS.indexOf(level)]),
);
/** Bytes with which a word of a level may begin, lower case: the others cost one look. */
const FIRST = new Uint8Array(256);
for (const word of Object.keys(WORDS)) FIRST[word.charCodeAt(0)] = 1;

/** Only the begin of a line is looked at; what is further behind is the message. */
const LOOKED_AT = 160;

/** klog's first letter, followed by month and day: `E0102`. */
const KLOG: Readonly<Record<number, Level>> = { 0x49: 'info', 0x57: 'warn', 0x45: 'error', 0x46: 'error' };

/** The level of a stream by its label `level`, as an index into `LEVELS`; undefined when it has no such label. */
export function levelOfLabels(labels: Labels): number | undefined {
  const value = labelValue(labels, 'level');
  return value === '' ? undefined : (NUMBERS.get(value.toLowerCase()) ?? UNKNOWN);
}

/**
 * The level of one line as an index into `LEVELS`: klog's letter, or the first whole word near the begin of the
 * line that is the name of a level. A guess, made cheaply.
 */
export function detectLevel(bytes: Buffer, start: number, end: number): number {
  const klog = KLOG[bytes[start] as number];
  if (klog !== undefined && end - start > 5 && areDigits(bytes, start + 1, 4)) return LEVELS.indexOf(klog);
  const stop = Math.min(end, start + LOOKED_AT);
  for (let at = start; at < stop; at++) {
    const letter = (bytes[at] as number) | 0x20;
    if (!isLetter(letter)) continue;
    let wordEnd = at + 1;
    while (wordEnd < end && isLetter((bytes[wordEnd] as number) | 0x20)) wordEnd++;
    if (FIRST[letter] === 1 && wordEnd - at <= LONGEST) {
      const level = NUMBERS.get(bytes.toString('latin1', at, wordEnd).toLowerCase());
      if (level !== undefined) return level;
    }
    at = wordEnd;
  }
  return UNKNOWN;
}

function isLetter(lowerCase: number): boolean {
  return lowerCase >= 0x61 && lowerCase <= 0x7a;
}

function areDigits(bytes: Buffer, from: number, count: number): boolean {
  for (let at = from; at < from + count; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}
