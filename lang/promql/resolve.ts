import type { Expr } from './ast.ts';
import type { DurationExpr, QueryWindow } from './duration.ts';
import { durationMs } from './duration.ts';

/**
 * The expression with all durations known, now that the query's step and length are. Throws a `Fault`
 * `bad_data` where one of them comes out wrong.
 */
export function resolveDurations(expr: Expr, window: QueryWindow, text: string): Expr {
  const ofQuery = (duration: DurationExpr | undefined, known: number, signed: boolean): number =>
    duration === undefined ? known : durationMs(duration, window, text, signed);
  const resolve = <T extends Expr>(one: T): T => resolveDurations(one, window, text) as T;
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vectorSelector':
      if (expr.offsetExpr === undefined) return expr;
      return { ...expr, offsetMs: ofQuery(expr.offsetExpr, expr.offsetMs, true) };
    case 'matrixSelector': {
      const rangeMs = ofQuery(expr.rangeExpr, expr.rangeMs, false);
      return { ...expr, selector: resolve(expr.selector), rangeMs };
    }
    case 'subquery': {
      const { rangeExpr, stepExpr, offsetExpr, stepMs } = expr;
      return {
        ...expr,
        expr: resolve(expr.expr),
        rangeMs: ofQuery(rangeExpr, expr.rangeMs, false),
        stepMs: stepExpr === undefined ? stepMs : durationMs(stepExpr, window, text, false),
        offsetMs: ofQuery(offsetExpr, expr.offsetMs, true),
      };
    }
    case 'unary':
    case 'paren':
      return { ...expr, expr: resolve(expr.expr) };
    case 'call':
      return { ...expr, args: expr.args.map(resolve) };
    case 'aggregate':
      return { ...expr, expr: resolve(expr.expr), param: expr.param && resolve(expr.param) };
    case 'binary':
      return { ...expr, left: resolve(expr.left), right: resolve(expr.right) };
  }
}
