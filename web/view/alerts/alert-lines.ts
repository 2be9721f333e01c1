import type { ActiveAlert } from '../../alert/alert.ts';
import type { Threshold } from '../../alert/threshold.ts';
import { inkOf } from '../../chart/hue.ts';
import type { Line } from '../../chart/line.ts';
import type { Frame, FrameSeries } from '../../series/buffer.ts';
import { seriesName } from '../metrics/result-lines.ts';

/** More are not told apart in a small chart. */
const MAX_LINES = 6;

/** Is a series that of an alert? All its labels are the alert's; those of the rule come on top. */
export function isOfAlert(series: Pick<FrameSeries, 'labels'>, alert: Pick<ActiveAlert, 'labels'>): boolean {
  return Object.entries(series.labels).every(
    ([name, value]) => name === '__name__' || alert.labels[name] === value,
  );
}

/** What is measured for an alert, and its limit as a dashed line. */
export function alertLines(
  frame: Frame,
  alert: ActiveAlert,
  query: string,
  threshold: Threshold | null,
): Line[] {
  const lines = frame.series
    .filter((series) => isOfAlert(series, alert))
    .slice(0, MAX_LINES)
    .map(({ key, labels, values }, i) => ({
      key,
      label: seriesName(labels, query),
      ...inkOf(i),
      stacked: false,
      filled: i === 0,
      faint: false,
      below: false,
      values,
    }));
  if (!threshold || lines.length === 0) return lines;
  return [
    ...lines,
    {
      key: 'limit',
      label: `limit ${threshold.operator} ${threshold.limit}`,
      hue: 'slate',
      dash: [5, 4],
      stacked: false,
      filled: false,
      faint: false,
      below: false,
      values: frame.times.map(() => threshold.limit),
    },
  ];
}
