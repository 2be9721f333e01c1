import type { BinaryOp, Expr, Fill, Span, VectorMatching } from './ast.ts';
import { PRECEDENCE } from './ast.ts';

/**
 * Puts operands and operators together by precedence. The grammar package lets `offset`, `@` and `[...]` take
 * in whole operations (`a + b offset 5m`, `-a[5m:]`) and signs numbers before `^`, where Prometheus does not;
 * so its tree is only read as a sequence, and the order is built here.
 */
export interface Operator {
  readonly kind: 'operator';
  readonly op: BinaryOp;
  readonly bool: boolean;
  readonly matching: VectorMatching | undefined;
  readonly fill?: Fill;
}

export interface Sign {
  readonly kind: 'sign';
  readonly op: '+' | '-';
  readonly from: number;
}

/** What follows an operand directly: `offset`, `@`, a range or a subquery. */
export interface Postfix {
  readonly kind: 'postfix';
  apply(operand: Expr): Expr;
}

export interface Operand {
  readonly kind: 'operand';
  readonly expr: Expr;
}

export type Item = Operand | Postfix | Sign | Operator;

/** Signs bind tighter than `*` on their left and looser than `^` on their right. */
const SIGN_OPERAND = PRECEDENCE['^'];

export function build(items: readonly Item[]): Expr {
  let next = 0;

  function operand(): Expr {
    const item = items[next++];
    if (item?.kind === 'sign') return signed(item, operation(SIGN_OPERAND));
    if (item?.kind !== 'operand') throw new Error(`BUG: operand expected, got ${item?.kind}`);
    let expr = item.expr;
    for (let after = items[next]; after?.kind === 'postfix'; after = items[++next]) expr = after.apply(expr);
    return expr;
  }

  function operation(least: number): Expr {
    let left = operand();
    for (let item = items[next]; item?.kind === 'operator'; item = items[next]) {
      const precedence = PRECEDENCE[item.op];
      if (precedence < least) break;
      next++;
      const right = operation(item.op === '^' ? precedence : precedence + 1);
      const { op, bool, matching, fill } = item;
      const span: Span = { from: left.span.from, to: right.span.to };
      left = { kind: 'binary', op, left, right, bool, matching, ...(fill && { fill }), span };
    }
    return left;
  }

  return operation(0);
}

function signed(sign: Sign, expr: Expr): Expr {
  const span = { from: sign.from, to: expr.span.to };
  // A signed number is a number.
  if (expr.kind === 'number') return { ...expr, value: sign.op === '-' ? -expr.value : expr.value, span };
  return { kind: 'unary', op: sign.op, expr, span };
}
