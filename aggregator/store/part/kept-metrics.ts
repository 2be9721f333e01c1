import type { LabelColumn } from './label-column.ts';
import type { Metric } from './metric-table.ts';
import type { PartReader } from './part-reader.ts';

/** Does a metric of this name stay when parts are merged? */
export type Keeps = (metricName: string) => boolean;

/** The metrics of a part, those that `keeps` keeps, in order of their names. */
export function* metricsOf(part: PartReader, keeps?: Keeps): Generator<Metric, undefined> {
  for (let block = 0; block < part.metricBlocks; block++) {
    for (const metric of part.metricsOf(block)) {
      if (keeps === undefined || keeps(part.symbols.text(metric.name))) yield metric;
    }
  }
}

/** By source 1 for each symbol that a metric that stays needs, else 0; yields between slices of work. */
export function* neededSymbols(
  sources: readonly PartReader[],
  keeps: Keeps,
): Generator<undefined, Uint8Array[]> {
  const needed = sources.map(({ symbols }) => new Uint8Array(symbols.count));
  for (const [i, source] of sources.entries()) {
    const ofSource = needed[i] as Uint8Array;
    for (const metric of metricsOf(source, keeps)) {
      ofSource[metric.name] = 1;
      for (const label of metric.labelNames) {
        ofSource[label] = 1;
        const { dictionary } = source.columnOf(metric, label) as LabelColumn;
        for (const symbol of dictionary) ofSource[symbol] = 1;
      }
      yield;
    }
    source.forget();
  }
  return needed;
}
