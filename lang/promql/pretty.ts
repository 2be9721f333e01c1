import type { Expr } from './ast.ts';
import { printHeadOfAggregate, printMatching, printPromQL, printRangeOfSubquery } from './print.ts';

const MAX_LINE = 100;
const INDENT = '  ';

/**
 * The expression as text for people, in the form of Prometheus's `/api/v1/format_query`: what is longer than 100
 * characters is broken where it is nested, two blanks a level. Parsing it gives the same expression again.
 */
export function prettyPromQL(expr: Expr, level = 0): string {
  const indent = INDENT.repeat(level);
  const line = printPromQL(expr);
  if (line.length <= MAX_LINE) return indent + line;
  const inside = (...parts: readonly Expr[]): string =>
    `(\n${parts.map((part) => prettyPromQL(part, level + 1)).join(',\n')}\n${indent})`;
  switch (expr.kind) {
    case 'aggregate': {
      const parts = expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
      return indent + printHeadOfAggregate(expr) + inside(...parts);
    }
    case 'binary': {
      const sides = [expr.left, expr.right].map((side) => prettyPromQL(side, level + 1));
      return sides.join(`\n${indent}${expr.op}${printMatching(expr)}\n`);
    }
    case 'call':
      return indent + expr.name + inside(...expr.args);
    case 'paren':
      return indent + inside(expr.expr);
    case 'subquery':
      return prettyPromQL(expr.expr, level) + printRangeOfSubquery(expr);
    case 'unary':
      return indent + expr.op + prettyPromQL(expr.expr, level).trimStart();
    case 'number':
    case 'string':
    case 'vectorSelector':
    case 'matrixSelector':
      return indent + line;
  }
}
