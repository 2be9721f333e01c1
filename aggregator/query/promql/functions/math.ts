import type { Call } from '../../../../lang/promql/ast.ts';
import type { Context } from '../context.ts';
import { newColumn } from '../context.ts';
import { mergeSame, sameName } from '../merge.ts';
import type { Column, Value } from '../value.ts';
import { columnsOf, dropName, floatsOf, isEmpty, scalarOf, vector } from '../value.ts';
import type { InstantFunction } from './table.ts';

/** Functions of one number each. */
export const MATH: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  sgn: (value) => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

export function ofEachValue(calculate: (value: number) => number): InstantFunction {
  return (context, call) => mapVector(context, call, [], calculate);
}

/** Ties are rounded up. */
export const round: InstantFunction = (context, call) => {
  return mapVector(context, call, call.args.slice(1), (value, nearest) => {
    const inverse = 1 / nearest;
    return Math.floor(value * inverse + 0.5) / inverse;
  });
};

export const clampMin: InstantFunction = (context, call) => {
  return mapVector(context, call, call.args.slice(1), (value, min) => Math.max(min, value));
};

export const clampMax: InstantFunction = (context, call) => {
  return mapVector(context, call, call.args.slice(1), (value, max) => Math.min(max, value));
};

/** Gives nothing at steps where the bounds are the wrong way round. */
export const clamp: InstantFunction = (context, call) => {
  const columns = columnsOf(context.evaluate(call.args[0] as Call, context));
  const min = scalarOf(context.evaluate(call.args[1] as Call, context));
  const max = scalarOf(context.evaluate(call.args[2] as Call, context));
  return finish(context, columns, (column, out) => {
    for (let i = 0; i < min.length; i++) {
      if (column.present[i] === 0 || (max[i] as number) < (min[i] as number)) continue;
      out.values[i] = Math.max(min[i] as number, Math.min(max[i] as number, column.values[i] as number));
      out.present[i] = 1;
    }
  });
};

/** The first argument value by value, with the scalar argument at that step; 1 where it is left out. */
function mapVector(
  context: Context,
  call: Call,
  rest: Call['args'],
  calculate: (value: number, param: number) => number,
): Value {
  const columns = columnsOf(context.evaluate(call.args[0] as Call, context));
  const param = rest[0] === undefined ? undefined : scalarOf(context.evaluate(rest[0], context));
  return finish(context, columns, (column, out) => {
    out.present.set(column.present);
    for (let i = 0; i < out.values.length; i++) {
      out.values[i] = calculate(column.values[i] as number, param === undefined ? 1 : (param[i] as number));
    }
  });
}

function finish(
  context: Context,
  columns: readonly Column[],
  fill: (column: Column, out: Column) => void,
): Value {
  const results = columns.map(floatsOf).map((column) => {
    const out = newColumn(context, dropName(column.labels));
    fill(column, out);
    return out;
  });
  return vector(sameName(columns) ? results.filter((out) => !isEmpty(out)) : mergeSame(context, results));
}
