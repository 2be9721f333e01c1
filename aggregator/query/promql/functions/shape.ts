import type { Expr } from '../../../../lang/promql/ast.ts';
import { constant, newColumn } from '../context.ts';
import type { Column } from '../value.ts';
import { columnsOf, scalarOf, vector } from '../value.ts';
import type { InstantFunction } from './table.ts';

/** Functions that turn scalars into vectors and back, or order a vector. */
export const scalar: InstantFunction = (context, call) => {
  const columns = columnsOf(context.evaluate(call.args[0] as Expr, context));
  const values = scalarOf(constant(context, NaN));
  const seen = new Uint32Array(values.length);
  for (const column of columns) {
    for (let i = 0; i < values.length; i++) {
      if (column.present[i] === 0) continue;
      // Only a single series is a scalar.
      values[i] = (seen[i] = (seen[i] as number) + 1) === 1 ? (column.values[i] as number) : NaN;
    }
  }
  return { kind: 'scalar', values };
};

export const vectorOf: InstantFunction = (context, call) => {
  const values = scalarOf(context.evaluate(call.args[0] as Expr, context));
  const out = newColumn(context, []);
  return vector([{ labels: [], values, present: out.present.fill(1) }]);
};

export const pi: InstantFunction = (context) => constant(context, Math.PI);

/** Orders the answer of an instant query by value, NaN last; a range query's answer has an order of its own. */
export function sortBy(sign: 1 | -1): InstantFunction {
  return (context, call) => {
    const columns = columnsOf(context.evaluate(call.args[0] as Expr, context));
    if (context.steps.count > 1) return vector(columns);
    return vector([...columns].sort((a, b) => sign * order(a, b, sign)));
  };
}

function order(a: Column, b: Column, sign: 1 | -1): number {
  const left = a.values[0] as number;
  const right = b.values[0] as number;
  if (Number.isNaN(left) || Number.isNaN(right))
    return sign * (Number(Number.isNaN(left)) - Number(Number.isNaN(right)));
  return left - right;
}
