import type { Expr } from '../../../../lang/promql/ast.ts';
import { quote } from '../../../../lang/promql/quote.ts';
import { labelsKey, labelValue } from '../../../../wire/labels.ts';
import { bucketQuantile } from '../bucket-quantile.ts';
import type { Context } from '../context.ts';
import { newColumn } from '../context.ts';
import { mergeSame } from '../merge.ts';
import { quantileRemark } from '../quantile.ts';
import type { Column } from '../value.ts';
import { columnsOf, dropName, filterLabels, scalarOf, vector } from '../value.ts';
import type { InstantFunction } from './table.ts';

/** One classic histogram: its buckets' columns in order of their upper bounds. */
interface Histogram {
  readonly first: Column;
  readonly buckets: { readonly bound: number; readonly column: Column }[];
}

const LE: ReadonlySet<string> = new Set(['le']);

/** Quantiles of classic histograms, whose buckets are series told apart by `le`. */
export const histogramQuantile: InstantFunction = (context, call) => {
  const [qExpr, vectorExpr] = call.args as [Expr, Expr];
  const q = scalarOf(context.evaluate(qExpr, context));
  const columns = columnsOf(context.evaluate(vectorExpr, context));
  for (const value of q) {
    const text = quantileRemark(value);
    if (text !== undefined) context.annotations.warn(qExpr, text);
  }
  const results = histograms(context, columns, vectorExpr).map((histogram) => {
    const { column, mended } = quantilesOf(context, histogram, q);
    if (mended) context.annotations.info(vectorExpr, MENDED);
    return column;
  });
  return vector(mergeSame(context, results));
};

const MENDED =
  'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';

function histograms(context: Context, columns: readonly Column[], at: Expr): Histogram[] {
  const byLabels = new Map<string, Histogram>();
  for (const column of columns) {
    const le = labelValue(column.labels, 'le');
    const bound = parseBound(le);
    if (bound === undefined) {
      context.annotations.warn(at, `bucket label "le" is missing or has a malformed value of ${quote(le)}`);
      continue;
    }
    const key = labelsKey(filterLabels(column.labels, LE, false));
    let histogram = byLabels.get(key);
    if (histogram === undefined) byLabels.set(key, (histogram = { first: column, buckets: [] }));
    histogram.buckets.push({ bound, column });
  }
  for (const { buckets } of byLabels.values())
    buckets.sort((a, b) => (a.bound < b.bound ? -1 : Number(a.bound > b.bound)));
  return [...byLabels.values()];
}

function quantilesOf(
  context: Context,
  { first, buckets }: Histogram,
  q: Float64Array,
): { column: Column; mended: boolean } {
  const out = newColumn(context, dropName(filterLabels(first.labels, LE, false)));
  const bounds = new Float64Array(buckets.length);
  const counts = new Float64Array(buckets.length);
  let mended = false;
  for (let i = 0; i < q.length; i++) {
    let size = 0;
    for (const { bound, column } of buckets) {
      if (column.present[i] === 0) continue;
      bounds[size] = bound;
      counts[size++] = column.values[i] as number;
    }
    context.budget.spend(buckets.length);
    if (size === 0) continue;
    const result = bucketQuantile(q[i] as number, bounds.subarray(0, size), counts.subarray(0, size));
    out.values[i] = result.value;
    out.present[i] = 1;
    mended ||= result.mended;
  }
  return { column: out, mended };
}

/** Go's `ParseFloat` on what a bucket's label may hold. */
function parseBound(text: string): number | undefined {
  const infinity = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
