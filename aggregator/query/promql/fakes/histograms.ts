import { labelsKey, labelValue, withLabels } from '../../../../wire/labels.ts';
import type { Buckets, NativeHistogram } from '../../../store/native-histogram.ts';
import { CUSTOM_BOUNDS } from '../../../store/native-histogram.ts';
import type { MemorySeries } from './memory-reader.ts';

/** Native histograms as Prometheus's scripts write them: `schema:1 count:3 sum:5 buckets:[1 2]` (without the braces). */
export function readHistogram(text: string): NativeHistogram {
  const fields = new Map<string, string>();
  for (const [, name, list, word] of text.matchAll(/(\w+):\s*(?:\[([^\]]*)\]|(\S+))/g)) {
    fields.set(name as string, (list ?? word) as string);
  }
  const numberOf = (name: string): number => toNumber(fields.get(name) ?? '0');
  const listOf = (name: string): number[] =>
    (fields.get(name) ?? '').split(/\s+/).filter(Boolean).map(toNumber);
  const schema = numberOf('schema');
  // Positive buckets begin at index 0; the spans' offset moves them.
  const bucketsOf = (name: string, offset: string): Buckets => {
    const counts = listOf(name).map((count, i): [number, number] => [numberOf(offset) + i, count]);
    return counts.filter(([, count]) => count !== 0);
  };
  return {
    schema,
    count: numberOf('count'),
    sum: numberOf('sum'),
    zeroThreshold: schema === CUSTOM_BOUNDS ? 0 : numberOf('z_bucket_w'),
    zeroCount: numberOf('z_bucket'),
    resetHint: ['unknown', 'reset', 'not_reset', 'gauge'].indexOf(
      fields.get('counter_reset_hint') ?? 'unknown',
    ),
    positive: bucketsOf('buckets', 'offset'),
    negative: bucketsOf('n_buckets', 'n_offset'),
    bounds: listOf('custom_values'),
  };
}

function toNumber(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** The classic histograms among the series, as native ones with custom bounds (`load_with_nhcb`). */
export function customHistograms(series: readonly MemorySeries[]): MemorySeries[] {
  const parts = new Map<string, MemorySeries[]>();
  for (const one of series) {
    const name = labelValue(one.labels, '__name__');
    const base = /^(.*)_(?:bucket|count|sum)$/.exec(name)?.[1];
    if (base === undefined || (name.endsWith('_bucket') && labelValue(one.labels, 'le') === '')) continue;
    const key = labelsKey(withLabels(one.labels, { __name__: base, le: '' }));
    parts.set(key, [...(parts.get(key) ?? []), one]);
  }
  return [...parts.values()].filter((all) => all.some(isBucket)).map(customHistogram);
}

const isBucket = ({ labels }: MemorySeries): boolean => labelValue(labels, 'le') !== '';

function customHistogram(parts: readonly MemorySeries[]): MemorySeries {
  const buckets = parts
    .filter(isBucket)
    .map((part) => ({ part, bound: toNumber(labelValue(part.labels, 'le')) }));
  buckets.sort((a, b) => a.bound - b.bound);
  const [first] = buckets as [{ part: MemorySeries; bound: number }, ...unknown[]];
  const name = labelValue(first.part.labels, '__name__').replace(/_bucket$/, '');
  const sums = parts.find(({ labels }) => labelValue(labels, '__name__') === `${name}_sum`);
  const counts = parts.find(({ labels }) => labelValue(labels, '__name__') === `${name}_count`);
  const times = [...new Set(buckets.flatMap(({ part }) => [...part.timestampsMs]))].sort((a, b) => a - b);
  const valueAt = (part: MemorySeries | undefined, ms: number): number | undefined =>
    part?.values[part.timestampsMs.indexOf(ms)];
  const histograms = times.map((ms): NativeHistogram => {
    const there = buckets.filter(({ part }) => valueAt(part, ms) !== undefined);
    const cumulative = there.map(({ part }) => valueAt(part, ms) as number);
    const bounds = there.map(({ bound }) => bound).filter(Number.isFinite);
    const counted = valueAt(counts, ms) ?? cumulative.at(-1) ?? 0;
    const all = bounds.length === there.length ? [...cumulative, counted] : cumulative;
    return {
      ...readHistogram(`schema:${CUSTOM_BOUNDS}`),
      count: counted,
      sum: valueAt(sums, ms) ?? 0,
      positive: all
        .map((count, i): [number, number] => [i, count - (all[i - 1] ?? 0)])
        .filter(([, count]) => count !== 0),
      bounds,
    };
  });
  return {
    labels: withLabels(first.part.labels, { __name__: name, le: '' }),
    timestampsMs: Float64Array.from(times),
    values: Float64Array.from(histograms, ({ sum }) => sum),
    histograms,
  };
}
