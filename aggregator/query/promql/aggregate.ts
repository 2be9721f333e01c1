import type { Aggregate } from '../../../lang/promql/ast.ts';
import type { Labels } from '../../../wire/labels.ts';
import { labelsKey, labelValue, METRIC_NAME } from '../../../wire/labels.ts';
import type { NativeHistogram } from '../../store/native-histogram.ts';
import { checkLabel, countValues } from './count-values.ts';
import type { Context } from './context.ts';
import { newColumn } from './context.ts';
import { INCOMPATIBLE, total } from './histogram/arithmetic.ts';
import { hasCustomBounds } from './histogram/buckets.ts';
import { conflictDuring, mixedSchemas, reconciledDuring } from './histogram/remarks.ts';
import { selectFirst, selectRatio } from './limited.ts';
import { mergeSame } from './merge.ts';
import { quantile, quantileRemark } from './quantile.ts';
import type { Reducer } from './reducers.ts';
import { REDUCERS } from './reducers.ts';
import { selectRanked } from './ranked.ts';
import type { Column, Value } from './value.ts';
import { columnsOf, filterLabels, floatsOf, isEmpty, putSample, scalarOf, textOf, vector } from './value.ts';

/** The input series of one output series, in the order of the input. */
export interface Group {
  readonly labels: Labels;
  readonly columns: readonly Column[];
}

export function evaluateAggregate(context: Context, expr: Aggregate): Value {
  const param = expr.param === undefined ? undefined : context.evaluate(expr.param, context);
  if (expr.op === 'count_values') checkLabel(textOf(param));
  const groups = groupBy(columnsOf(context.evaluate(expr.expr, context)), expr);
  switch (expr.op) {
    case 'topk':
    case 'bottomk':
      return vector(
        selectRanked(context, floatGroups(context, groups, expr), scalarOf(param), expr.op === 'topk'),
      );
    case 'quantile':
      return vector(quantiles(context, floatGroups(context, groups, expr), scalarOf(param), expr));
    case 'count_values':
      return vector(mergeSame(context, countValues(context, groups, textOf(param))));
    case 'limitk':
      return vector(selectFirst(context, groups, scalarOf(param)));
    case 'limit_ratio':
      return vector(selectRatio(context, groups, scalarOf(param), expr.param ?? expr));
    case 'sum':
    case 'avg':
      return vector(reduceMixed(context, groups, expr, REDUCERS[expr.op]));
    case 'count':
    case 'group':
      return vector(reduce(context, groups, REDUCERS[expr.op]));
    case 'min':
    case 'max':
    case 'stddev':
    case 'stdvar':
      return vector(reduce(context, floatGroups(context, groups, expr), REDUCERS[expr.op]));
  }
}

/** The groups without their histograms, of which is told that they were left out. */
function floatGroups(context: Context, groups: readonly Group[], expr: Aggregate): readonly Group[] {
  if (groups.every(({ columns }) => columns.every(({ histograms }) => histograms === undefined)))
    return groups;
  const at = expr.op === 'topk' || expr.op === 'bottomk' ? expr : expr.expr;
  context.annotations.info(at, `ignored histogram in ${expr.op} aggregation`);
  return groups
    .map(({ labels, columns }) => ({
      labels,
      columns: columns.map(floatsOf).filter((column) => !isEmpty(column)),
    }))
    .filter(({ columns }) => columns.length > 0);
}

/** Sums and means, of floats or of histograms; where a group has both there is no answer. */
function reduceMixed(
  context: Context,
  groups: readonly Group[],
  expr: Aggregate,
  reducer: Reducer,
): Column[] {
  const results: Column[] = [];
  for (const group of groups) {
    const { labels, columns } = group;
    const natives = columns.filter(({ histograms }) => histograms !== undefined);
    const [out] = reduce(context, [{ labels, columns: columns.map(floatsOf) }], reducer);
    if (natives.length === 0) {
      if (out) results.push(out);
      continue;
    }
    const mixed = out ?? newColumn(context, labels);
    addHistograms(context, natives, expr, mixed);
    if (!isEmpty(mixed)) results.push(mixed);
  }
  return results;
}

function addHistograms(
  context: Context,
  columns: readonly Column[],
  { op, expr }: Aggregate,
  out: Column,
): void {
  const { annotations } = context;
  for (let i = 0; i < out.present.length; i++) {
    const cells = columns.filter(({ histograms }) => histograms?.[i] !== undefined);
    const found = cells.map(({ histograms }) => histograms?.[i] as NativeHistogram);
    if (found.length === 0) continue;
    context.budget.spend(found.length * 16);
    if (out.present[i] === 1) {
      out.present[i] = 0;
      annotations.warn(expr, 'encountered a mix of histograms and floats for aggregation');
      continue;
    }
    const sum = total(found, op === 'avg');
    if (sum === INCOMPATIBLE) {
      const custom = hasCustomBounds(found[0] as NativeHistogram);
      const other = cells.find((_, c) => hasCustomBounds(found[c] as NativeHistogram) !== custom);
      annotations.warn(expr, mixedSchemas(labelValue(other?.labels ?? [], METRIC_NAME)));
      continue;
    }
    if (sum.reconciled) annotations.info(expr, reconciledDuring('aggregation'));
    if (sum.conflicting) annotations.warn(expr, conflictDuring('aggregation'));
    putSample(out, i, sum.histogram);
  }
}

function groupBy(columns: readonly Column[], { without, grouping }: Aggregate): Group[] {
  const names = new Set(without ? [...grouping, METRIC_NAME] : grouping);
  const groups = new Map<string, { labels: Labels; columns: Column[] }>();
  for (const column of columns) {
    const labels = filterLabels(column.labels, names, !without);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, columns: [column] });
    else group.columns.push(column);
  }
  return [...groups.values()];
}

function reduce(context: Context, groups: readonly Group[], reducer: Reducer): Column[] {
  const results: Column[] = [];
  for (const { labels, columns } of groups) {
    const out = newColumn(context, labels);
    reducer(columns, out, () => context.budget.spend(out.present.length));
    if (!isEmpty(out)) results.push(out);
  }
  return results;
}

function quantiles(context: Context, groups: readonly Group[], q: Float64Array, expr: Aggregate): Column[] {
  const remark = q.map((value) => (quantileRemark(value) === undefined ? 0 : 1)).indexOf(1);
  if (remark >= 0)
    context.annotations.warn(expr.param ?? expr, quantileRemark(q[remark] as number) as string);
  return groups.map(({ labels, columns }) => {
    const out = newColumn(context, labels);
    const values = new Float64Array(columns.length);
    for (let i = 0; i < q.length; i++) {
      let count = 0;
      for (const column of columns) if (column.present[i] === 1) values[count++] = column.values[i] as number;
      context.budget.spend(columns.length);
      if (count === 0) continue;
      out.values[i] = quantile(q[i] as number, values.subarray(0, count));
      out.present[i] = 1;
    }
    return out;
  });
}
