import { labelsFrom, printLabels } from '../../../wire/labels.ts';
import type { LabelRecord } from '../../api/answer.ts';
import { inkOf } from '../../chart/hue.ts';
import type { Line } from '../../chart/line.ts';
import type { Unit } from '../../format/unit.ts';
import type { Frame } from '../../series/buffer.ts';

/** A series as PromQL writes it; one without labels is called by its query. */
export function seriesName(labels: LabelRecord, query: string): string {
  const name = printLabels(labelsFrom(labels));
  return name === '{}' ? query : name;
}

/** The lines of a query's series, in the order of their names. */
export function resultLines(frame: Frame, query: string): Line[] {
  const named = frame.series.map((series) => ({ ...series, name: seriesName(series.labels, query) }));
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  return named.map(({ key, name, values }, i) => ({
    key,
    label: name,
    ...inkOf(i),
    stacked: false,
    filled: named.length === 1,
    faint: false,
    below: false,
    values,
  }));
}

const RATE = /\b(?:i?rate|deriv)\s*\(/;

/**
 * The unit that the metric names of a query tell, by the naming rules of Prometheus; a plain number as soon as
 * the query divides, multiplies or counts.
 */
export function unitOf(query: string): Unit {
  const bare = query.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\{[^}]*\}|\[[^\]]*\]/g, '');
  if (/[*/%^]|\b(?:count|count_over_time|changes|resets|stdvar)\b/.test(bare)) return 'number';
  const units = new Set(
    [...bare.matchAll(/\w+_(bytes|seconds|ratio)(?:_total|_sum)?\b/g)].map((match) => match[1]),
  );
  if (units.size !== 1) return 'number';
  if (units.has('bytes')) return RATE.test(bare) ? 'bytes-per-second' : 'bytes';
  if (units.has('ratio')) return 'ratio';
  return RATE.test(bare) ? 'number' : 'seconds';
}
