import type { LogHistogram } from '../../api/log-answer.ts';
import type { Line } from '../../chart/line.ts';
import { LEVELS, LEVEL_LOOKS } from '../../log/level.ts';
import type { Level } from '../../log/level.ts';

/** The bars of each level that has lines; the worst stands on the axis, where it is seen best. */
export function levelLines(histogram: LogHistogram): Line[] {
  return LEVELS.filter((level) => countOf(histogram, level) > 0).map((level) => ({
    key: level,
    label: LEVEL_LOOKS[level].word,
    hue: LEVEL_LOOKS[level].hue,
    dash: [],
    stacked: true,
    filled: true,
    // On top of all others, so that nothing shines through.
    faint: level === 'unknown',
    below: false,
    values: histogram.counts[level],
  }));
}

/** Lines of a level in the whole range. */
export function countOf({ counts }: LogHistogram, level: Level): number {
  return counts[level].reduce((sum, count) => sum + count, 0);
}

export function totalOf(histogram: LogHistogram): number {
  return LEVELS.reduce((sum, level) => sum + countOf(histogram, level), 0);
}
