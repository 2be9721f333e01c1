import type { ArithmeticOp, ComparisonOp } from '../../../lang/promql/ast.ts';

/** Go's `math.Pow`, which differs from `**` where the base is 1 or -1. */
function pow(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1;
  return base ** exponent;
}

/** The value of an arithmetic operation on two numbers. */
export function calculate(op: ArithmeticOp, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return pow(left, right);
    case 'atan2':
      return Math.atan2(left, right);
  }
}

/** Does a comparison hold? */
export function compare(op: ComparisonOp, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
