import { METRIC_NAME, type Labels } from '../../wire/labels.ts';
import type { TimeRange } from '../store/store.ts';

interface Named {
  readonly name: string;
  readonly value: number;
}

/** The `data` of Prometheus's `/api/v1/status/tsdb` (prometheus/docs `querying/api.md`, "TSDB Stats"). */
export interface Cardinality {
  readonly headStats: Readonly<
    Record<'numSeries' | 'numLabelPairs' | 'chunkCount' | 'minTime' | 'maxTime', number>
  >;
  readonly seriesCountByMetricName: readonly Named[];
  readonly labelValueCountByLabelName: readonly Named[];
  readonly memoryInBytesByLabelName: readonly Named[];
  readonly seriesCountByLabelValuePair: readonly Named[];
}

/**
 * What makes the series many: the `most` largest of each kind. The bytes of a label name are those of its different
 * values as text. There are no chunks in this store.
 */
export function cardinalityOf(
  series: readonly Labels[],
  { fromMs, toMs }: TimeRange,
  most: number,
): Cardinality {
  const byName = new Map<string, Map<string, number>>();
  for (const labels of series) {
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i] as string;
      const value = labels[i + 1] as string;
      let values = byName.get(name);
      if (values === undefined) byName.set(name, (values = new Map()));
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  const names = [...byName];
  const pairs = names.flatMap(([name, values]) =>
    Array.from(values, ([value, count]): [string, number] => [`${name}=${value}`, count]),
  );
  const bytesOf = (values: Iterable<string>): number => {
    let bytes = 0;
    for (const value of values) bytes += Buffer.byteLength(value);
    return bytes;
  };
  return {
    headStats: {
      numSeries: series.length,
      numLabelPairs: pairs.length,
      chunkCount: 0,
      minTime: fromMs,
      maxTime: toMs,
    },
    seriesCountByMetricName: largest(byName.get(METRIC_NAME) ?? [], most),
    labelValueCountByLabelName: largest(
      names.map(([name, values]) => [name, values.size]),
      most,
    ),
    memoryInBytesByLabelName: largest(
      names.map(([name, values]) => [name, bytesOf(values.keys())]),
      most,
    ),
    seriesCountByLabelValuePair: largest(pairs, most),
  };
}

function largest(counts: Iterable<readonly [string, number]>, most: number): Named[] {
  return Array.from(counts, ([name, value]) => ({ name, value }))
    .sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}
