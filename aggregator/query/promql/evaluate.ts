import type { Expr } from '../../../lang/promql/ast.ts';
import { evaluateAggregate } from './aggregate.ts';
import { evaluateBinary } from './binary.ts';
import { evaluateCall } from './call.ts';
import type { Context } from './context.ts';
import { constant, newColumn } from './context.ts';
import { isFixed } from './fixed.ts';
import { multiply } from './histogram/arithmetic.ts';
import { refuseSame } from './merge.ts';
import { selectInstant } from './selector.ts';
import type { Column, Value } from './value.ts';
import { columnsOf, dropName, vector } from './value.ts';

/**
 * Evaluates an expression over all steps of the context at once. What does not change from step to step
 * (`@`) is evaluated at one and repeated.
 */
export function evaluate(expr: Expr, context: Context): Value {
  const heldBefore = context.budget.held;
  const once = context.steps.count > 1 && isFixed(expr);
  const value = once
    ? repeat(context, evaluateNode(expr, { ...context, steps: { ...context.steps, count: 1 } }))
    : evaluateNode(expr, context);
  // What the inputs held is free now.
  context.budget.held = heldBefore + cells(value);
  return value;
}

function evaluateNode(expr: Expr, context: Context): Value {
  switch (expr.kind) {
    case 'number':
      return constant(context, expr.value);
    case 'string':
      return { kind: 'string', text: expr.value };
    case 'paren':
      return context.evaluate(expr.expr, context);
    case 'vectorSelector':
      return vector(selectInstant(context, expr));
    case 'unary':
      return expr.op === '-'
        ? negate(context, context.evaluate(expr.expr, context))
        : context.evaluate(expr.expr, context);
    case 'binary':
      return evaluateBinary(context, expr);
    case 'aggregate':
      return evaluateAggregate(context, expr);
    case 'call':
      return evaluateCall(context, expr);
    case 'matrixSelector':
    case 'subquery':
      throw new Error(`BUG: ${expr.kind} evaluated as if it were no range vector`);
  }
}

function cells(value: Value): number {
  if (value.kind === 'string') return 0;
  if (value.kind === 'scalar') return value.values.length;
  return value.columns.length * (value.columns[0]?.values.length ?? 0);
}

function negate(context: Context, value: Value): Value {
  if (value.kind === 'scalar') return { kind: 'scalar', values: value.values.map((x) => -x) };
  const columns = columnsOf(value).map((column): Column => {
    const out = newColumn(context, dropName(column.labels));
    out.present.set(column.present);
    for (let i = 0; i < out.values.length; i++) out.values[i] = -(column.values[i] as number);
    if (column.histograms) out.histograms = column.histograms.map((one) => one && multiply(one, -1));
    return out;
  });
  return vector(refuseSame(context, columns));
}

/** A value over one step, over all steps of the context. */
function repeat(context: Context, value: Value): Value {
  if (value.kind === 'string') return value;
  if (value.kind === 'scalar') return constant(context, value.values[0] as number);
  const columns = value.columns.map((column) => {
    const out = newColumn(context, column.labels);
    out.values.fill(column.values[0] as number);
    out.present.fill(1);
    const histogram = column.histograms?.[0];
    if (histogram) out.histograms = Array.from(out.values, () => histogram);
    return out;
  });
  return vector(columns);
}
