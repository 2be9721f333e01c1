import type { ArithmeticOp, Binary } from '../../../lang/promql/ast.ts';
import { isComparison, isSetOperator, isTrim } from '../../../lang/promql/ast.ts';
import type { Context } from './context.ts';
import { newColumn } from './context.ts';
import { operateMixed } from './mixed-operators.ts';
import { matchVectors } from './matching.ts';
import { mergeSame, sameName } from './merge.ts';
import { calculate, compare } from './operators.ts';
import { combineSets } from './sets.ts';
import type { Column, Value } from './value.ts';
import { dropName, isEmpty, vector } from './value.ts';

/** Evaluates an operation on two scalars, a scalar and a vector, or two vectors. */
export function evaluateBinary(context: Context, expr: Binary): Value {
  const left = context.evaluate(expr.left, context);
  const right = context.evaluate(expr.right, context);
  if (left.kind === 'scalar' && right.kind === 'scalar')
    return onScalars(context, expr, left.values, right.values);
  if (left.kind === 'vector' && right.kind === 'vector') {
    if (isSetOperator(expr.op)) return vector(combineSets(context, expr, left.columns, right.columns));
    return vector(matchVectors(context, expr, left.columns, right.columns));
  }
  if (left.kind === 'vector' && right.kind === 'scalar') {
    return vector(withScalar(context, expr, left.columns, right.values, false));
  }
  if (left.kind === 'scalar' && right.kind === 'vector') {
    return vector(withScalar(context, expr, right.columns, left.values, true));
  }
  throw new Error(`BUG: operation ${expr.op} on ${left.kind} and ${right.kind}`);
}

function onScalars(context: Context, { op }: Binary, left: Float64Array, right: Float64Array): Value {
  context.budget.hold(left.length);
  const values = new Float64Array(left.length);
  const comparison = isComparison(op);
  for (let i = 0; i < values.length; i++) {
    const l = left[i] as number;
    const r = right[i] as number;
    values[i] = comparison ? Number(compare(op, l, r)) : calculate(op as ArithmeticOp, l, r);
  }
  return { kind: 'scalar', values };
}

/** `swapped`: the scalar stands on the left. A filter keeps the vector's values, whichever side it is on. */
function withScalar(
  context: Context,
  expr: Binary,
  columns: readonly Column[],
  scalar: Float64Array,
  swapped: boolean,
): Column[] {
  const { op, bool } = expr;
  const filters = isComparison(op) && !bool;
  const keepsName = filters || isTrim(op);
  const results: Column[] = [];
  for (const column of columns) {
    const out = newColumn(context, keepsName ? column.labels : dropName(column.labels));
    if (column.histograms !== undefined || isTrim(op)) {
      const other: Column = { labels: [], values: scalar, present: column.present };
      const [left, right] = swapped ? [other, column] : [column, other];
      operateMixed(context, expr, left, right, out, swapped);
      if (!isEmpty(out)) results.push(out);
      continue;
    }
    for (let i = 0; i < scalar.length; i++) {
      if (column.present[i] === 0) continue;
      const value = column.values[i] as number;
      const left = swapped ? (scalar[i] as number) : value;
      const right = swapped ? value : (scalar[i] as number);
      if (isComparison(op)) {
        const holds = compare(op, left, right);
        if (filters && !holds) continue;
        out.values[i] = filters ? value : Number(holds);
      } else {
        out.values[i] = calculate(op as ArithmeticOp, left, right);
      }
      out.present[i] = 1;
    }
    if (!isEmpty(out)) results.push(out);
  }
  return keepsName || sameName(columns) ? results : mergeSame(context, results);
}
