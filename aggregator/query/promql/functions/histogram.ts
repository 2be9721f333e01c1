import type { Expr } from '../../../../lang/promql/ast.ts';
import { withLabels, type Labels } from '../../../../wire/labels.ts';
import type { NativeHistogram } from '../../../store/native-histogram.ts';
import { bucketFraction } from '../bucket-fraction.ts';
import { bucketQuantile } from '../bucket-quantile.ts';
import type { Context } from '../context.ts';
import { newColumn } from '../context.ts';
import type { Statistic } from '../histogram/statistics.ts';
import { fractionOf, quantileOf, variance } from '../histogram/statistics.ts';
import { mergeSame } from '../merge.ts';
import { printGo, quantileRemark } from '../quantile.ts';
import type { Column } from '../value.ts';
import { columnsOf, dropName, isEmpty, putSample, scalarOf, textOf, vector } from '../value.ts';
import type { ClassicHistogram, Histograms } from './classic-histogram.ts';
import { bucketsAt, splitHistograms } from './classic-histogram.ts';
import type { InstantFunction } from './table.ts';

/** Functions of native histograms by name: one number of each. */
export const HISTOGRAM_NUMBERS: Readonly<Record<string, InstantFunction>> = {
  histogram_avg: ofEachHistogram(({ sum, count }) => sum / count),
  histogram_count: ofEachHistogram(({ count }) => count),
  histogram_stddev: ofEachHistogram((histogram) => Math.sqrt(variance(histogram))),
  histogram_stdvar: ofEachHistogram(variance),
  histogram_sum: ofEachHistogram(({ sum }) => sum),
};

function ofEachHistogram(calculate: (histogram: NativeHistogram) => number): InstantFunction {
  return (context, call) => {
    const columns = columnsOf(context.evaluate(call.args[0] as Expr, context));
    const results = columns.flatMap(({ labels, histograms, present }) => {
      if (histograms === undefined) return [];
      const out = newColumn(context, dropName(labels));
      for (let i = 0; i < present.length; i++) {
        const histogram = present[i] === 1 ? histograms[i] : undefined;
        if (histogram !== undefined) putSample(out, i, calculate(histogram));
      }
      return [out];
    });
    return vector(mergeSame(context, results));
  };
}

/** Quantiles of native histograms, and of classic ones, whose buckets are series told apart by `le`. */
export const histogramQuantile: InstantFunction = (context, call) => {
  const [qExpr, vectorExpr] = call.args as [Expr, Expr];
  const q = quantilesOf(context, qExpr);
  const columns = columnsOf(context.evaluate(vectorExpr, context));
  const input = splitHistograms(context, columns, vectorExpr);
  return vector(mergeSame(context, quantiles(context, input, q, vectorExpr)));
};

/** Several quantiles at once, told apart by a label. */
export const histogramQuantiles: InstantFunction = (context, call) => {
  const [vectorExpr, labelExpr, ...qExprs] = call.args as [Expr, Expr, ...Expr[]];
  const columns = columnsOf(context.evaluate(vectorExpr, context));
  const label = textOf(context.evaluate(labelExpr, context));
  const input = splitHistograms(context, columns, vectorExpr);
  const results = qExprs.flatMap((qExpr) => {
    const q = quantilesOf(context, qExpr);
    return [...new Set(q)].flatMap((value) => {
      const named = (labels: Labels): Labels => withLabels(labels, { [label]: printOpenMetrics(value) });
      const isMeant = q.map((other) => Number(Object.is(other, value)));
      return quantiles(context, input, q, vectorExpr, isMeant).map((column) => ({
        ...column,
        labels: named(column.labels),
      }));
    });
  });
  return vector(mergeSame(context, results));
};

/** The share of observations between two values. */
export const histogramFraction: InstantFunction = (context, call) => {
  const [lowerExpr, upperExpr, vectorExpr] = call.args as [Expr, Expr, Expr];
  const lower = scalarOf(context.evaluate(lowerExpr, context));
  const upper = scalarOf(context.evaluate(upperExpr, context));
  const columns = columnsOf(context.evaluate(vectorExpr, context));
  const results = evaluateBoth(context, splitHistograms(context, columns, vectorExpr), {
    at: vectorExpr,
    ofClassic: (i, bounds, counts) => ({
      value: bucketFraction(lower[i] as number, upper[i] as number, bounds, counts),
    }),
    ofNative: (i, histogram) => fractionOf(lower[i] as number, upper[i] as number, histogram),
  });
  return vector(mergeSame(context, results));
};

function quantilesOf(context: Context, qExpr: Expr): Float64Array {
  const q = scalarOf(context.evaluate(qExpr, context));
  for (const value of q) {
    const text = quantileRemark(value);
    if (text !== undefined) context.annotations.warn(qExpr, text);
  }
  return q;
}

/** The quantile at each step, or at those that are meant. */
function quantiles(
  context: Context,
  input: Histograms,
  q: Float64Array,
  at: Expr,
  isMeant?: Float64Array,
): Column[] {
  const results = evaluateBoth(context, input, {
    at,
    ofClassic: (i, bounds, counts) => {
      const { value, mended } = bucketQuantile(q[i] as number, bounds, counts);
      if (mended) context.annotations.info(at, MENDED);
      return { value };
    },
    ofNative: (i, histogram) => quantileOf(q[i] as number, histogram),
  });
  if (isMeant === undefined) return results;
  return results.map((column) => ({
    ...column,
    present: column.present.map((there, i) => there & (isMeant[i] as number)),
  }));
}

const MENDED =
  'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';

interface Calculation {
  readonly at: Expr;
  ofClassic(step: number, bounds: Float64Array, counts: Float64Array): Statistic;
  ofNative(step: number, histogram: NativeHistogram): Statistic;
}

const REMARKS: Readonly<Record<NonNullable<Statistic['remark']>, string>> = {
  none: 'input to histogram_quantile has NaN observations, result is NaN',
  skewed: 'input to histogram_quantile has NaN observations, result is skewed higher',
  excluded: 'input to histogram_fraction has NaN observations, which are excluded from all fractions',
};

function evaluateBoth(
  context: Context,
  { classic, natives }: Histograms,
  calculation: Calculation,
): Column[] {
  const results = natives.map(({ labels, histograms, present }) => {
    const out = newColumn(context, dropName(labels));
    for (let i = 0; i < present.length; i++) {
      const histogram = present[i] === 1 ? histograms?.[i] : undefined;
      if (histogram === undefined) continue;
      context.budget.spend(16);
      const { value, remark } = calculation.ofNative(i, histogram);
      if (remark !== undefined) context.annotations.info(calculation.at, REMARKS[remark]);
      putSample(out, i, value);
    }
    return out;
  });
  for (const histogram of classic) results.push(evaluateClassic(context, histogram, calculation));
  return results.filter((column) => !isEmpty(column));
}

function evaluateClassic(context: Context, histogram: ClassicHistogram, calculation: Calculation): Column {
  const out = newColumn(context, dropName(histogram.labels));
  for (let i = 0; i < out.present.length; i++) {
    const found = bucketsAt(histogram, i);
    context.budget.spend(histogram.buckets.length);
    if (found !== undefined) putSample(out, i, calculation.ofClassic(i, found.bounds, found.counts).value);
  }
  return out;
}

/** As OpenMetrics writes numbers: with a point or an exponent always. */
function printOpenMetrics(value: number): string {
  const text = printGo(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
