import type { Labels } from '../../../wire/labels.ts';
import { METRIC_NAME } from '../../../wire/labels.ts';
import type { NativeHistogram } from '../../store/native-histogram.ts';

/** The moments that an expression is evaluated at; an instant query has one. A step of 0 repeats one moment. */
export interface Steps {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/**
 * One series over all steps. `present[i]` tells whether it has a value at step i; where it has none,
 * `values[i]` means nothing. Absent is not NaN. A finished column is never changed: it may be shared.
 */
export interface Column {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
  /** Where a sample is a native histogram it stands here, and `values[i]` means nothing. Undefined: there is none. */
  histograms?: HistogramCells;
}

export type HistogramCells = (NativeHistogram | undefined)[];

/** One cell of a column, or what a calculation gives for it. */
export type Sample = number | NativeHistogram;

export function putSample(column: Column, index: number, sample: Sample): void {
  column.present[index] = 1;
  if (typeof sample === 'number') column.values[index] = sample;
  else (column.histograms ??= [])[index] = sample;
}

/** The sample at an index where there is one. */
export function sampleAt({ values, histograms }: Column, index: number): Sample {
  return histograms?.[index] ?? (values[index] as number);
}

/** The column without its histograms; itself when it has none. */
export function floatsOf(column: Column): Column {
  const { labels, values, present, histograms } = column;
  if (histograms === undefined) return column;
  return { labels, values, present: present.map((there, i) => (histograms[i] === undefined ? there : 0)) };
}

export interface VectorValue {
  readonly kind: 'vector';
  readonly columns: readonly Column[];
}

/** What an expression gives over all steps. A scalar has a value at every step. */
export type Value =
  | VectorValue
  | { readonly kind: 'scalar'; readonly values: Float64Array }
  | { readonly kind: 'string'; readonly text: string };

export function vector(columns: readonly Column[]): VectorValue {
  return { kind: 'vector', columns };
}

export function columnsOf(value: Value | undefined): readonly Column[] {
  if (value?.kind !== 'vector') throw new Error(`BUG: expected a vector, got ${value?.kind}`);
  return value.columns;
}

export function scalarOf(value: Value | undefined): Float64Array {
  if (value?.kind !== 'scalar') throw new Error(`BUG: expected a scalar, got ${value?.kind}`);
  return value.values;
}

export function textOf(value: Value | undefined): string {
  if (value?.kind !== 'string') throw new Error(`BUG: expected a string, got ${value?.kind}`);
  return value.text;
}

export function isEmpty(column: Column): boolean {
  return !column.present.includes(1);
}

/** The labels without the metric name. */
export function dropName(labels: Labels): Labels {
  const at = labels.indexOf(METRIC_NAME);
  if (at < 0) return labels;
  // A value may read `__name__` too.
  if (at % 2 === 1) return labels.filter((_, i) => labels[i - (i % 2)] !== METRIC_NAME);
  return [...labels.slice(0, at), ...labels.slice(at + 2)];
}

/** The labels whose names are in the set, or (`keep` false) are not. */
export function filterLabels(labels: Labels, names: ReadonlySet<string>, keep: boolean): Labels {
  const kept: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    if (names.has(labels[i] as string) === keep) kept.push(labels[i] as string, labels[i + 1] as string);
  }
  return kept;
}

/** Orders label sets as Prometheus orders the series of a matrix: name, value, name, value; the shorter first. */
export function compareLabels(a: Labels, b: Labels): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return (a[i] as string) < (b[i] as string) ? -1 : 1;
  }
  return a.length - b.length;
}
