import type { Expr } from '../../../../lang/promql/ast.ts';
import { quote } from '../../../../lang/promql/quote.ts';
import type { Labels } from '../../../../wire/labels.ts';
import { labelsKey, labelValue, METRIC_NAME } from '../../../../wire/labels.ts';
import type { Context } from '../context.ts';
import type { Column } from '../value.ts';
import { filterLabels, floatsOf, isEmpty } from '../value.ts';

/** One classic histogram: its buckets' columns in order of their upper bounds. */
export interface ClassicHistogram {
  /** Without `le`. */
  readonly labels: Labels;
  readonly buckets: { readonly bound: number; readonly column: Column }[];
  /** Steps at which it is not looked at. */
  readonly omitted: Set<number>;
  readonly bounds: Float64Array;
  readonly counts: Float64Array;
}

/** The histograms of a vector of both kinds. */
export interface Histograms {
  readonly classic: readonly ClassicHistogram[];
  readonly natives: readonly Column[];
}

const LE: ReadonlySet<string> = new Set(['le']);

/** Where a histogram is there as a classic and as a native one, neither is taken. */
export function splitHistograms(context: Context, columns: readonly Column[], at: Expr): Histograms {
  const classic = classicHistograms(context, columns, at);
  const natives = columns
    .filter(({ histograms }) => histograms !== undefined)
    .map((native): Column => {
      const twin = classic.get(labelsKey(native.labels));
      if (twin === undefined) return native;
      const present = native.present.map((there, i) => {
        const isBoth =
          there === 1 && native.histograms?.[i] !== undefined && bucketsAt(twin, i) !== undefined;
        if (isBoth) twin.omitted.add(i);
        return isBoth ? 0 : there;
      });
      if (twin.omitted.size > 0) {
        const name = labelValue(native.labels, METRIC_NAME);
        const text = 'vector contains a mix of classic and native histograms';
        context.annotations.warn(at, name === '' ? text : `${text} for metric name "${name}"`);
      }
      return { ...native, present };
    });
  return { classic: [...classic.values()], natives };
}

function classicHistograms(
  context: Context,
  columns: readonly Column[],
  at: Expr,
): Map<string, ClassicHistogram> {
  const found = new Map<string, { labels: Labels; buckets: { bound: number; column: Column }[] }>();
  for (const column of columns.map(floatsOf)) {
    if (isEmpty(column)) continue;
    const le = labelValue(column.labels, 'le');
    const bound = parseBound(le);
    if (bound === undefined) {
      context.annotations.warn(at, `bucket label "le" is missing or has a malformed value of ${quote(le)}`);
      continue;
    }
    const labels = filterLabels(column.labels, LE, false);
    const key = labelsKey(labels);
    const known = found.get(key);
    if (known === undefined) found.set(key, { labels, buckets: [{ bound, column }] });
    else known.buckets.push({ bound, column });
  }
  const histograms = new Map<string, ClassicHistogram>();
  for (const [key, { labels, buckets }] of found) {
    buckets.sort((a, b) => (a.bound < b.bound ? -1 : Number(a.bound > b.bound)));
    const [bounds, counts] = [new Float64Array(buckets.length), new Float64Array(buckets.length)];
    histograms.set(key, { labels, buckets, omitted: new Set(), bounds, counts });
  }
  return histograms;
}

/** The buckets that have a value at a step, valid until the next call; undefined when there are none. */
export function bucketsAt(
  { buckets, omitted, bounds, counts }: ClassicHistogram,
  step: number,
): { bounds: Float64Array; counts: Float64Array } | undefined {
  if (omitted.has(step)) return undefined;
  let size = 0;
  for (const { bound, column } of buckets) {
    if (column.present[step] === 0) continue;
    bounds[size] = bound;
    counts[size++] = column.values[step] as number;
  }
  if (size === 0) return undefined;
  return { bounds: bounds.subarray(0, size), counts: counts.subarray(0, size) };
}

/** Go's `ParseFloat` on what a bucket's label may hold. */
function parseBound(text: string): number | undefined {
  const infinity = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
