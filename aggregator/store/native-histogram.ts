import { labelValue, withLabels, type Labels } from '../../wire/labels.ts';
import type { SeriesSamples } from './store.ts';

/**
 * A native histogram (prometheus/docs `specs/native_histograms.md`) is kept as a group of plain series, one for each
 * of its parts, that share their timestamps: the label `HISTOGRAM_PART` tells them apart, and is never shown. So all
 * that the store can do with numbers it can do with histograms: counts that grow pack as counters do.
 *
 * Parts are `count`, `sum`, `schema`, `zero_threshold`, `zero` (the population of the zero bucket), `reset_hint`, and
 * for each bucket with something in it `+i` or `-i`, its population, by its index. With the schema of custom bounds
 * the bounds are the parts `bound i`. A sample whose sum is a staleness marker ends the series.
 */
export const HISTOGRAM_PART = '__histogram__';

/** The schema whose bounds are told one by one. */
export const CUSTOM_BOUNDS = -53;
export const LEAST_SCHEMA = -4;
export const HIGHEST_SCHEMA = 8;

/** As the protocol numbers them. */
export const RESET_GAUGE = 3;

/** Populations by index of the bucket, in rising order. */
export type Buckets = readonly (readonly [index: number, population: number])[];

export interface NativeHistogram {
  readonly schema: number;
  readonly count: number;
  /** A staleness marker: the series has ended. Its bits are those of `values[1]` of `partsOf`. */
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly resetHint: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Upper bounds of the buckets but the last; empty unless the schema is `CUSTOM_BOUNDS`. */
  readonly bounds: readonly number[];
}

/** Names of the parts of a histogram, and their values in the same order. `sum` is the second. */
export function partsOf(histogram: NativeHistogram): { names: string[]; values: number[] } {
  const { schema, count, sum, zeroThreshold, zeroCount, resetHint } = histogram;
  const names = ['count', 'sum', 'schema', 'zero_threshold', 'zero', 'reset_hint'];
  const values = [count, sum, schema, zeroThreshold, zeroCount, resetHint];
  const add = (name: string, value: number): void => {
    names.push(name);
    values.push(value);
  };
  for (const [index, population] of histogram.positive) add(`+${index}`, population);
  for (const [index, population] of histogram.negative) add(`-${index}`, population);
  for (const [i, bound] of histogram.bounds.entries()) add(`bound ${i}`, bound);
  return { names, values };
}

/** The series of a part. */
export function partLabels(labels: Labels, part: string): Labels {
  return withLabels(labels, { [HISTOGRAM_PART]: part });
}

/** A series of histograms, in order of time. */
export interface HistogramSamples {
  /** Without the label of the parts. */
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  readonly histograms: readonly NativeHistogram[];
}

/** Puts the parts of one series together, whose label `HISTOGRAM_PART` is still there. */
export function joinParts(parts: readonly SeriesSamples[]): HistogramSamples {
  const byName = new Map(parts.map((part) => [labelValue(part.labels, HISTOGRAM_PART), part]));
  const counts = byName.get('count') ?? NO_SAMPLES;
  const { timestampsMs } = counts;
  const columnOf = (name: string): Float64Array => columnAt(byName.get(name) ?? NO_SAMPLES, timestampsMs);
  const [sums, schemas, zeroThresholds, zeros, hints] = [
    'sum',
    'schema',
    'zero_threshold',
    'zero',
    'reset_hint',
  ].map(columnOf) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const positive = indexed(byName, '+', timestampsMs);
  const negative = indexed(byName, '-', timestampsMs);
  const bounds = indexed(byName, 'bound ', timestampsMs);
  const histograms = Array.from(timestampsMs, (_, row): NativeHistogram => {
    const schema = schemas[row] as number;
    return {
      schema,
      count: counts.values[row] as number,
      sum: sums[row] as number,
      zeroThreshold: zeroThresholds[row] as number,
      zeroCount: zeros[row] as number,
      resetHint: hints[row] as number,
      positive: bucketsAt(positive, row),
      negative: bucketsAt(negative, row),
      bounds: schema === CUSTOM_BOUNDS ? boundsAt(bounds, row) : [],
    };
  });
  const [{ labels } = NO_SAMPLES] = parts;
  return { labels: withLabels(labels, { [HISTOGRAM_PART]: '' }), timestampsMs, histograms };
}

const NO_SAMPLES: SeriesSamples = {
  labels: [],
  timestampsMs: new Float64Array(0),
  values: new Float64Array(0),
};

interface IndexedColumn {
  readonly index: number;
  /** NaN where the part has no sample. */
  readonly values: Float64Array;
}

function indexed(
  parts: ReadonlyMap<string, SeriesSamples>,
  prefix: string,
  timestampsMs: Float64Array,
): IndexedColumn[] {
  const columns: IndexedColumn[] = [];
  for (const [name, part] of parts) {
    if (!name.startsWith(prefix)) continue;
    columns.push({ index: Number(name.slice(prefix.length)), values: columnAt(part, timestampsMs) });
  }
  return columns.sort((a, b) => a.index - b.index);
}

/** The values of a part at these times; NaN where it has none. */
function columnAt(part: SeriesSamples, timestampsMs: Float64Array): Float64Array {
  const values = new Float64Array(timestampsMs.length).fill(NaN);
  for (let row = 0, at = 0; row < timestampsMs.length; row++) {
    while (at < part.timestampsMs.length && (part.timestampsMs[at] as number) < (timestampsMs[row] as number))
      at++;
    if (part.timestampsMs[at] === timestampsMs[row]) values.set(part.values.subarray(at, at + 1), row);
  }
  return values;
}

function bucketsAt(columns: readonly IndexedColumn[], row: number): Buckets {
  const buckets: [number, number][] = [];
  for (const { index, values } of columns) {
    const population = values[row] as number;
    if (!Number.isNaN(population)) buckets.push([index, population]);
  }
  return buckets;
}

function boundsAt(columns: readonly IndexedColumn[], row: number): number[] {
  const bounds: number[] = [];
  for (const { values } of columns) {
    const bound = values[row] as number;
    if (!Number.isNaN(bound)) bounds.push(bound);
  }
  return bounds;
}
