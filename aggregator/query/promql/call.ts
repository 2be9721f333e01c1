import type { Call, Expr } from '../../../lang/promql/ast.ts';
import { unwrapParens } from '../../../lang/promql/ast.ts';
import { unsupported } from '../../../lang/promql/fault.ts';
import { typeOf } from '../../../lang/promql/check.ts';
import { labelValue, METRIC_NAME } from '../../../wire/labels.ts';
import type { Context } from './context.ts';
import { newColumn } from './context.ts';
import { extendedFunction } from './functions/extended.ts';
import { FUNCTIONS } from './functions/table.ts';
import type { RangeFunction } from './functions/range-function.ts';
import { overMixedSeries } from './functions/mixed-window.ts';
import { RANGE_FUNCTIONS } from './functions/range-table.ts';
import { refuseSame } from './merge.ts';
import { quantileRemark } from './quantile.ts';
import { evaluateRange } from './range-vector.ts';
import type { Column, Value } from './value.ts';
import { dropName, isEmpty, scalarOf, vector } from './value.ts';
import { WindowFinder } from './windows.ts';

/** Evaluates a function call by the tables of functions. */
export function evaluateCall(context: Context, call: Call): Value {
  const instant = FUNCTIONS.get(call.name);
  if (instant !== undefined) return instant(context, call);
  const range = RANGE_FUNCTIONS.get(call.name);
  if (range === undefined) throw unsupported(`function ${call.name}()`);
  return vector(refuseSame(context, overRange(context, call, range)));
}

function overRange(context: Context, call: Call, rangeFunction: RangeFunction): Column[] {
  const matrix = call.args.find((arg) => typeOf(arg) === 'range vector') as Expr;
  const params = call.args
    .filter((arg) => arg !== matrix)
    .map((arg) => scalarOf(context.evaluate(arg, context)));
  const range = evaluateRange(context, matrix, call.name);
  const { series, ends, rangeMs } = range;
  const extension = extensionOf(call.name, unwrapParens(matrix));
  const finder = new WindowFinder(ends, rangeMs);
  const columns: Column[] = [];
  for (const one of series) {
    const { labels, timestampsMs, values, counts } = one;
    const out = newColumn(context, rangeFunction.keepsName ? labels : dropName(labels));
    if (one.histograms !== undefined) {
      if (extension !== undefined) throw unsupported('native histograms in an anchored or smoothed range');
      overMixedSeries(context, matrix, one, range, params, rangeFunction, out);
      if (!isEmpty(out)) columns.push(out);
      continue;
    }
    const windows = finder.find(timestampsMs);
    (extension ?? rangeFunction).evaluate(
      { timestampsMs, values, counts, windows, params, steps: context.steps, budget: context.budget },
      out,
    );
    if (!isEmpty(out)) columns.push(out);
  }
  if (columns.length > 0) {
    // A histogram is a counter by its kind, and not by its name.
    const first = series.find(({ histograms }) => histograms === undefined);
    remark(context, call, matrix, labelValue(first?.labels ?? [], METRIC_NAME), params[0]);
  }
  return columns;
}

function extensionOf(name: string, matrix: Expr): ReturnType<typeof extendedFunction> {
  if (matrix.kind !== 'matrixSelector' || matrix.selector.extent === undefined) return undefined;
  return extendedFunction(name, matrix.selector.extent, matrix.rangeMs);
}

/** What Prometheus tells about a doubtful use of these functions. */
function remark(
  context: Context,
  call: Call,
  matrix: Expr,
  metric: string,
  param: Float64Array | undefined,
): void {
  if (call.name === 'rate' || call.name === 'increase') {
    if (metric === '' || /_(total|sum|count|bucket)$/.test(metric)) return;
    const doubt = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket:';
    context.annotations.info(matrix, `${doubt} "${metric}"`);
  }
  if (call.name !== 'quantile_over_time' || param === undefined) return;
  for (const q of param) {
    const text = quantileRemark(q);
    if (text !== undefined) return context.annotations.warn(call.args[0] as Expr, text);
  }
}
