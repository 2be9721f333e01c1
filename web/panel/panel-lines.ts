import { inkOf } from '../chart/hue.ts';
import type { Hue } from '../chart/hue.ts';
import type { Line } from '../chart/line.ts';
import type { Frame, FrameSeries } from '../series/buffer.ts';
import { legendOf } from './panel.ts';
import type { Panel, PanelQuery } from './panel.ts';

/** A limit: the same dash everywhere. */
const LIMIT_DASH = [5, 4];

/** The lines of a panel from the series of its queries, in the order in which they are drawn and named. */
export function panelLines(panel: Panel, frame: Frame): Line[] {
  const values = sharedValues(panel, frame);
  return panel.queries.flatMap((query, index) => {
    const series = frame.series.filter((series) => series.query === index && isWorthALine(query, series));
    return sortBy(query, series).map((series) => lineOf(panel, query, series, values));
  });
}

/** All values of the label by which a panel splits: one value has one hue in all its queries. */
function sharedValues(panel: Panel, frame: Frame): string[] {
  const values = frame.series.map(
    (series) => series.labels[panel.queries[series.query]?.by?.label ?? ''] ?? '',
  );
  return [...new Set(values)].sort();
}

function lineOf(panel: Panel, query: PanelQuery, series: FrameSeries, sharedValues: readonly string[]): Line {
  const { hue, dash } = inkFor(query, series, sharedValues);
  const below = query.below === true;
  return {
    key: series.key,
    label: legendOf(query.legend, series.labels) || panel.title,
    hue,
    dash: query.loose ? LIMIT_DASH : dash,
    stacked: panel.stacked === true && !query.loose,
    filled: !query.loose,
    faint: query.faint === true,
    below,
    values: below ? series.values.map((value) => value && -value) : series.values,
  };
}

function inkFor(
  query: PanelQuery,
  series: FrameSeries,
  sharedValues: readonly string[],
): { hue: Hue; dash: readonly number[] } {
  if (query.hue) return { hue: query.hue, dash: [] };
  const value = series.labels[query.by?.label ?? ''] ?? '';
  const named = query.by?.hues?.[value];
  return named ? { hue: named, dash: [] } : inkOf(sharedValues.indexOf(value));
}

function isWorthALine(query: PanelQuery, series: FrameSeries): boolean {
  return !query.hideZero || series.values.some((value) => value !== null && value !== 0);
}

function sortBy(query: PanelQuery, series: readonly FrameSeries[]): FrameSeries[] {
  const label = query.by?.label ?? '';
  const named = Object.keys(query.by?.hues ?? {});
  const rank = (series: FrameSeries): number => {
    const at = named.indexOf(series.labels[label] ?? '');
    return at === -1 ? named.length : at;
  };
  return [...series].sort(
    (a, b) => rank(a) - rank(b) || (a.labels[label] ?? '').localeCompare(b.labels[label] ?? ''),
  );
}
