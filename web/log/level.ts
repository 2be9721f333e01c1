import type { LabelRecord } from '../api/answer.ts';
import type { Hue } from '../chart/hue.ts';

/** How bad a line says it is, worst first, as the server counts them. */
export const LEVELS = ['error', 'warn', 'info', 'debug', 'unknown'] as const;
export type Level = (typeof LEVELS)[number];

export interface LevelLook {
  readonly word: string;
  /** Stands in the mark of a line, so that the colour never tells it alone. */
  readonly letter: string;
  readonly hue: Hue;
}

export const LEVEL_LOOKS: Readonly<Record<Level, LevelLook>> = {
  error: { word: 'error', letter: 'E', hue: 'rose' },
  warn: { word: 'warning', letter: 'W', hue: 'amber' },
  info: { word: 'info', letter: 'I', hue: 'blue' },
  debug: { word: 'debug', letter: 'D', hue: 'teal' },
  unknown: { word: 'no level', letter: '·', hue: 'slate' },
};

/** The words of loggers, syslog (RFC 5424) and klog for each level. */
const WORDS: ReadonlyMap<string, Level> = new Map(
  Object.entries({
    error: 'error err fatal panic crit critical alert emerg emergency severe',
    warn: 'warn warning',
    info: 'info notice',
    debug: 'debug trace',
  }).flatMap(([level, words]) => words.split(' ').map((word) => [word, level as Level] as const)),
);
const KLOG: Readonly<Record<string, Level>> = { I: 'info', W: 'warn', E: 'error', F: 'error' };
/** What is further behind is the message. */
const LOOKED_AT = 160;

/**
 * The level of a line: that of its label `level`, else klog's letter (`E0102 ...`), else the first word near the
 * begin that names one. The server counts by the same rules, so that marks and bars agree.
 */
export function levelOf(labels: LabelRecord, line: string): Level {
  const label = labels['level'];
  if (label) return WORDS.get(label.toLowerCase()) ?? 'unknown';
  const klog = /^([IWEF])\d{4}./.exec(line)?.[1];
  if (klog) return KLOG[klog] as Level;
  for (const [word] of line.slice(0, LOOKED_AT + 10).matchAll(/[A-Za-z]+/g)) {
    const level = WORDS.get(word.toLowerCase());
    if (level) return level;
  }
  return 'unknown';
}
