import type { Aggregate } from '../../../lang/promql/ast.ts';
import type { Labels } from '../../../wire/labels.ts';
import { labelsKey, METRIC_NAME } from '../../../wire/labels.ts';
import { checkLabel, countValues } from './count-values.ts';
import type { Context } from './context.ts';
import { newColumn } from './context.ts';
import { selectFirst, selectRatio } from './limited.ts';
import { mergeSame } from './merge.ts';
import { quantile, quantileRemark } from './quantile.ts';
import type { Reducer } from './reducers.ts';
import { REDUCERS } from './reducers.ts';
import { selectRanked } from './ranked.ts';
import type { Column, Value } from './value.ts';
import { columnsOf, filterLabels, isEmpty, scalarOf, textOf, vector } from './value.ts';

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
      return vector(selectRanked(context, groups, scalarOf(param), expr.op === 'topk'));
    case 'quantile':
      return vector(quantiles(context, groups, scalarOf(param), expr));
    case 'count_values':
      return vector(mergeSame(context, countValues(context, groups, textOf(param))));
    case 'limitk':
      return vector(selectFirst(context, groups, scalarOf(param)));
    case 'limit_ratio':
      return vector(selectRatio(context, groups, scalarOf(param), expr.param ?? expr));
    case 'sum':
    case 'avg':
    case 'count':
    case 'group':
    case 'min':
    case 'max':
    case 'stddev':
    case 'stdvar':
      return vector(reduce(context, groups, REDUCERS[expr.op]));
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
