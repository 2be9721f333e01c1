import type { Expr, MatrixSelector, Subquery, VectorSelector } from '../../../lang/promql/ast.ts';
import { unwrapParens } from '../../../lang/promql/ast.ts';
import { RESET_GAUGE } from '../../store/native-histogram.ts';
import type { Context } from './context.ts';
import { executionFault } from './context.ts';
import { EXTENDED_NAMES } from './functions/extended.ts';
import { RESET_UNKNOWN } from './histogram/histogram-sum.ts';
import type { SampledSeries } from './selector.ts';
import { readSamples, shifted, withoutStale } from './selector.ts';
import type { Column, Steps } from './value.ts';
import { columnsOf } from './value.ts';

/** A range vector over all steps: the samples of its series, and the moments at which its ranges end. */
export interface RangeVector {
  readonly series: readonly SampledSeries[];
  readonly ends: Steps;
  readonly rangeMs: number;
}

/**
 * The samples of a range selector or subquery, without staleness markers; of a selector statistics of them that
 * say the same to the function, undefined when there is none.
 */
export function evaluateRange(context: Context, expr: Expr, functionName: string | undefined): RangeVector {
  const inner = unwrapParens(expr);
  if (inner.kind === 'matrixSelector') return ofSelector(context, inner, functionName);
  if (inner.kind === 'subquery') return ofSubquery(context, inner);
  throw new Error(`BUG: ${inner.kind} is no range vector`);
}

function ofSelector(
  context: Context,
  { selector, rangeMs }: MatrixSelector,
  functionName: string | undefined,
): RangeVector {
  const window = extended(context, selector, rangeMs, functionName);
  const series = readSamples(context, selector, window.ends, window.rangeMs, functionName);
  return { series: series.map(withoutStale), ...window };
}

/** The ranges of the selector; those of an `anchored` or `smoothed` one reach on for as long as a sample may be old. */
function extended(
  context: Context,
  selector: VectorSelector,
  rangeMs: number,
  functionName: string | undefined,
): { ends: Steps; rangeMs: number } {
  const ends = shifted(context, selector);
  const { extent } = selector;
  if (extent === undefined) return { ends, rangeMs };
  const names = EXTENDED_NAMES[extent];
  if (!names.includes(functionName ?? '')) {
    const used = `${names.join(', ')} - not with ${functionName ?? 'a range alone'}`;
    throw executionFault(`${extent} modifier can only be used with: ${used}`);
  }
  const { lookbackMs } = context;
  if (extent === 'anchored') return { ends, rangeMs: rangeMs + lookbackMs };
  return { ends: { ...ends, startMs: ends.startMs + lookbackMs }, rangeMs: rangeMs + 2 * lookbackMs };
}

/**
 * A subquery evaluates its expression once over all that its ranges cover. Its steps lie at multiples of the
 * step since the epoch, whatever the start of the query.
 */
function ofSubquery(context: Context, subquery: Subquery): RangeVector {
  const ends = shifted(context, subquery);
  const { rangeMs } = subquery;
  const stepMs = subquery.stepMs ?? context.subqueryStepMs;
  const openMs = ends.startMs - rangeMs;
  let startMs = Math.trunc(openMs / stepMs) * stepMs;
  if (startMs <= openMs) startMs += stepMs;
  const endMs = ends.startMs + (ends.count - 1) * ends.stepMs;
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  if (count < 1) return { series: [], ends, rangeMs };
  const steps: Steps = { startMs, stepMs, count };
  const columns = columnsOf(context.evaluate(subquery.expr, { ...context, steps }));
  return { series: columns.map((column) => withoutHints(samplesOf(column, steps))), ends, rangeMs };
}

/** A subquery may skip the sample that a hint of a reset speaks of, or repeat the one with the hint: neither counts. */
function withoutHints(series: SampledSeries): SampledSeries {
  if (series.histograms === undefined) return series;
  const histograms = series.histograms.map((one) => {
    return one === undefined || one.resetHint === RESET_GAUGE ? one : { ...one, resetHint: RESET_UNKNOWN };
  });
  return { ...series, histograms };
}

/** The values of a column as samples. */
export function samplesOf({ labels, values, present, histograms }: Column, steps: Steps): SampledSeries {
  let count = 0;
  for (let i = 0; i < present.length; i++) count += present[i] as number;
  const timestampsMs = new Float64Array(count);
  const kept = new Float64Array(count);
  let next = 0;
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 0) continue;
    timestampsMs[next] = steps.startMs + i * steps.stepMs;
    kept[next++] = values[i] as number;
  }
  if (histograms === undefined) return { labels, timestampsMs, values: kept };
  const cells = Array.from(present, (_, i) => histograms[i]).filter((_, i) => present[i] === 1);
  return { labels, timestampsMs, values: kept, histograms: cells };
}
