import type { Expr } from '../../../lang/promql/ast.ts';
import { childrenOf } from '../../../lang/promql/ast.ts';

/** Functions that look at the time of the step, whatever their arguments are. */
const TIMELY: ReadonlySet<string> = new Set(
  'time timestamp predict_linear day_of_month day_of_week day_of_year days_in_month hour minute month year'.split(
    ' ',
  ),
);

/**
 * Is the value the same at every step because all its selectors are pinned by `@`? Literals alone do not
 * count: to repeat them costs what to evaluate them costs.
 */
export function isFixed(expr: Expr): boolean {
  return expr.kind !== 'number' && expr.kind !== 'string' && expr.kind !== 'paren' && unchanging(expr);
}

function unchanging(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vectorSelector':
    case 'subquery':
      return expr.at !== undefined;
    case 'call':
      return !TIMELY.has(expr.name) && expr.args.every(unchanging);
    case 'number':
    case 'string':
    case 'matrixSelector':
    case 'unary':
    case 'paren':
    case 'binary':
    case 'aggregate':
      return childrenOf(expr).every(unchanging);
  }
}
