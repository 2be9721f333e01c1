import type { Expr } from '../../../../lang/promql/ast.ts';
import { unwrapParens } from '../../../../lang/promql/ast.ts';
import type { Labels } from '../../../../wire/labels.ts';
import { labelsFrom, METRIC_NAME } from '../../../../wire/labels.ts';
import type { Context } from '../context.ts';
import { newColumn } from '../context.ts';
import { evaluateRange } from '../range-vector.ts';
import type { Value } from '../value.ts';
import { columnsOf, isEmpty, vector } from '../value.ts';
import { WindowFinder } from '../windows.ts';
import type { InstantFunction } from './table.ts';

/** 1 at the steps where there is no series at all. */
export const absent: InstantFunction = (context, call) => {
  const arg = call.args[0] as Expr;
  const columns = columnsOf(context.evaluate(arg, context));
  return inverse(context, arg, (seen) => {
    for (const { present } of columns) {
      for (let i = 0; i < seen.length; i++) seen[i] = (seen[i] as number) | (present[i] as number);
    }
  });
};

/** 1 at the steps where no series has a sample in the range. */
export const absentOverTime: InstantFunction = (context, call) => {
  const arg = call.args[0] as Expr;
  const { series, ends, rangeMs } = evaluateRange(context, arg, call.name);
  const finder = new WindowFinder(ends, rangeMs);
  return inverse(context, arg, (seen) => {
    for (const { timestampsMs } of series) {
      const { lo, hi } = finder.find(timestampsMs);
      for (let i = 0; i < seen.length; i++) if ((hi[i] as number) > (lo[i] as number)) seen[i] = 1;
    }
  });
};

function inverse(context: Context, arg: Expr, mark: (seen: Uint8Array) => void): Value {
  const seen = new Uint8Array(context.steps.count);
  mark(seen);
  const out = newColumn(context, labelsOfSelector(arg));
  for (let i = 0; i < seen.length; i++) {
    if (seen[i] === 1) continue;
    out.values[i] = 1;
    out.present[i] = 1;
  }
  return vector(isEmpty(out) ? [] : [out]);
}

/** What is known of the absent series: the labels that the selector sets with `=`, once each. */
function labelsOfSelector(arg: Expr): Labels {
  const inner = unwrapParens(arg);
  const selector = inner.kind === 'matrixSelector' ? inner.selector : inner;
  if (selector.kind !== 'vectorSelector') return [];
  const known: Record<string, string> = Object.create(null);
  const set = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === METRIC_NAME) continue;
    if (op === '=' && !set.has(name)) {
      known[name] = value;
      set.add(name);
    } else {
      delete known[name];
    }
  }
  return labelsFrom(known);
}
