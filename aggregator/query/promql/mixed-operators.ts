import type { ArithmeticOp, Binary } from '../../../lang/promql/ast.ts';
import { isComparison, isTrim } from '../../../lang/promql/ast.ts';
import type { NativeHistogram } from '../../store/native-histogram.ts';
import type { Context } from './context.ts';
import { add, divide, multiply, subtract } from './histogram/arithmetic.ts';
import { equals } from './histogram/compare.ts';
import { conflictDuring, reconciledDuring } from './histogram/remarks.ts';
import { trim } from './histogram/trim.ts';
import { calculate, compare } from './operators.ts';
import type { Column, Sample } from './value.ts';
import { putSample, sampleAt } from './value.ts';

/**
 * An operation on two columns of which one has histograms at least: step by step. What has no meaning gives
 * nothing, and is told. `keepsRight`: a filter keeps the right side.
 */
export function operateMixed(
  context: Context,
  expr: Binary,
  left: Column,
  right: Column,
  out: Column,
  keepsRight: boolean,
): void {
  for (let i = 0; i < out.present.length; i++) {
    if (left.present[i] === 0 || right.present[i] === 0) continue;
    context.budget.spend(16);
    const [l, r] = [sampleAt(left, i), sampleAt(right, i)];
    if (isComparison(expr.op)) {
      const holds = compareSamples(context, expr, l, r);
      if (holds === undefined || (!holds && !expr.bool)) continue;
      putSample(out, i, expr.bool ? Number(holds) : keepsRight ? r : l);
    } else {
      const result = calculateSamples(context, expr, l, r);
      if (result !== undefined) putSample(out, i, result);
    }
  }
}

function compareSamples(context: Context, expr: Binary, l: Sample, r: Sample): boolean | undefined {
  if (!isComparison(expr.op)) throw new Error(`BUG: ${expr.op} is no comparison`);
  if (typeof l === 'number' && typeof r === 'number') return compare(expr.op, l, r);
  const isEquality = expr.op === '==' || expr.op === '!=';
  if (typeof l === 'number' || typeof r === 'number' || !isEquality) return refuse(context, expr, l, r);
  return equals(l, r) === (expr.op === '==');
}

function calculateSamples(context: Context, expr: Binary, l: Sample, r: Sample): Sample | undefined {
  if (isTrim(expr.op)) {
    if (typeof l === 'number' || typeof r !== 'number') return refuse(context, expr, l, r);
    return trim(l, r, expr.op === '</');
  }
  const op = expr.op as ArithmeticOp;
  if (typeof l === 'number' && typeof r === 'number') return calculate(op, l, r);
  if (typeof l !== 'number' && typeof r !== 'number') {
    return op === '+' || op === '-' ? combine(context, expr, l, r) : refuse(context, expr, l, r);
  }
  if (op === '*') return typeof l === 'number' ? multiply(r as NativeHistogram, l) : multiply(l, r as number);
  if (op === '/' && typeof l !== 'number') return divide(l, r as number);
  return refuse(context, expr, l, r);
}

function combine(
  { annotations }: Context,
  expr: Binary,
  l: NativeHistogram,
  r: NativeHistogram,
): NativeHistogram | undefined {
  const result = expr.op === '+' ? add(l, r) : subtract(l, r);
  const operation = expr.op === '+' ? 'addition' : 'subtraction';
  if (result === undefined) {
    annotations.warn(expr, `incompatible bucket layout encountered for binary operator ${expr.op}`);
    return undefined;
  }
  if (result.reconciled) annotations.info(expr, reconciledDuring(operation));
  if (result.conflicting) annotations.warn(expr, conflictDuring(operation));
  return result.histogram;
}

function refuse({ annotations }: Context, expr: Binary, l: Sample, r: Sample): undefined {
  const [left, right] = [l, r].map((side) => (typeof side === 'number' ? 'float' : 'histogram'));
  const types = `"${expr.op}": ${left} ${expr.op} ${right}`;
  annotations.info(expr, `incompatible sample types encountered for binary operator ${types}`);
}
