import type { Expr } from '../../../../lang/promql/ast.ts';
import { labelValue } from '../../../../wire/labels.ts';
import { constant, newColumn } from '../context.ts';
import type { Column } from '../value.ts';
import { columnsOf, compareLabels, floatsOf, isEmpty, scalarOf, textOf, vector } from '../value.ts';
import { compareNaturally } from './natural-order.ts';
import type { InstantFunction } from './table.ts';

/** Functions that turn scalars into vectors and back, or order a vector. */
export const scalar: InstantFunction = (context, call) => {
  const columns = columnsOf(context.evaluate(call.args[0] as Expr, context));
  const values = scalarOf(constant(context, NaN));
  const seen = new Uint32Array(values.length);
  for (const column of columns.map(floatsOf)) {
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

/** The moments and lengths of the whole query in seconds, whatever subquery asks for them. */
export const queryStart: InstantFunction = (context) => constant(context, context.queryStartMs / 1000);
export const queryEnd: InstantFunction = (context) => constant(context, context.queryEndMs / 1000);
export const queryStep: InstantFunction = (context) => constant(context, context.queryStepMs / 1000);
export const queryRange: InstantFunction = (context) =>
  constant(context, (context.queryEndMs - context.queryStartMs) / 1000);

/** Orders the answer of an instant query by labels, digits by their value; equals by all their labels. */
export function sortByLabel(sign: 1 | -1): InstantFunction {
  return (context, call) => {
    const columns = columnsOf(context.evaluate(call.args[0] as Expr, context));
    const names = call.args.slice(1).map((arg) => textOf(context.evaluate(arg, context)));
    if (context.steps.count > 1) return vector(columns);
    const byLabels = (a: Column, b: Column): number => {
      for (const name of names) {
        const order = compareNaturally(labelValue(a.labels, name), labelValue(b.labels, name));
        if (order !== 0) return order;
      }
      return compareLabels(a.labels, b.labels);
    };
    return vector([...columns].sort((a, b) => sign * byLabels(a, b)));
  };
}

/** Orders the answer of an instant query by value, NaN last; a range query's answer has an order of its own. */
export function sortBy(sign: 1 | -1): InstantFunction {
  return (context, call) => {
    const columns = columnsOf(context.evaluate(call.args[0] as Expr, context));
    const floats = columns.map(floatsOf).filter((column) => !isEmpty(column));
    if (context.steps.count > 1) return vector(floats);
    return vector(floats.sort((a, b) => sign * order(a, b, sign)));
  };
}

function order(a: Column, b: Column, sign: 1 | -1): number {
  const left = a.values[0] as number;
  const right = b.values[0] as number;
  if (Number.isNaN(left) || Number.isNaN(right))
    return sign * (Number(Number.isNaN(left)) - Number(Number.isNaN(right)));
  return left - right;
}
