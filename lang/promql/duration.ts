import type { SyntaxNode } from '@lezer/common';

import type { Span } from './ast.ts';
import { parseFault } from './fault.ts';
import { formatDuration, parseNumber } from './number.ts';

/** What a duration may be of besides numbers: the query's step and its whole length, both 0 in an instant query. */
export interface QueryWindow {
  readonly stepMs: number;
  readonly rangeMs: number;
}

/** A duration as it was written; numbers are seconds. */
export type DurationExpr = { readonly span: Span } & (
  | { readonly kind: 'number'; readonly seconds: number }
  | { readonly kind: 'step' }
  | { readonly kind: 'range' }
  | { readonly kind: 'sign'; readonly op: '+' | '-'; readonly operand: DurationExpr }
  | { readonly kind: 'paren'; readonly operand: DurationExpr }
  | {
      readonly kind: 'operation';
      readonly op: DurationOp;
      readonly left: DurationExpr;
      readonly right: DurationExpr;
    }
);

type DurationOp = '+' | '-' | '*' | '/' | '%' | '^' | 'min_of' | 'max_of';

/** Reads a `DurationExpr` or `OffsetDurationExpr` of the grammar's tree. */
export function readDuration(node: SyntaxNode, text: string): DurationExpr {
  const span = { from: node.from, to: node.to };
  const first = node.firstChild as SyntaxNode;
  const last = node.lastChild as SyntaxNode;
  const written = text.slice(first.from, first.to);
  switch (first.name) {
    case 'NumberDurationLiteralInDurationContext':
      return { kind: 'number', seconds: number(first, text), span };
    case 'UnaryOp':
      return { kind: 'sign', op: written as '+' | '-', operand: readDuration(last, text), span };
    case 'DurationStep':
    case 'DurationRange':
      return { kind: first.name === 'DurationStep' ? 'step' : 'range', span };
    case 'DurationMinOf':
    case 'DurationMaxOf': {
      const [left, right] = node.getChildren('DurationExpr').map((child) => readDuration(child, text));
      const op = first.name === 'DurationMinOf' ? 'min_of' : 'max_of';
      return { kind: 'operation', op, left: left as DurationExpr, right: right as DurationExpr, span };
    }
    default:
      break;
  }
  const operator = first.nextSibling;
  if (operator === null) return { kind: 'paren', operand: readDuration(first, text), span };
  const op = text.slice(operator.from, operator.to) as DurationOp;
  return { kind: 'operation', op, left: readDuration(first, text), right: readDuration(last, text), span };
}

function number(node: SyntaxNode, text: string): number {
  const written = text.slice(node.from, node.to);
  const value = parseNumber(written);
  if (value === undefined) throw parseFault(text, node.from, `bad number or duration syntax: "${written}"`);
  return value;
}

/** Does the duration differ from query to query? */
export function dependsOnQuery(expr: DurationExpr): boolean {
  if (expr.kind === 'number') return false;
  if (expr.kind === 'step' || expr.kind === 'range') return true;
  if (expr.kind === 'sign' || expr.kind === 'paren') return dependsOnQuery(expr.operand);
  return dependsOnQuery(expr.left) || dependsOnQuery(expr.right);
}

/** Milliseconds; throws a `Fault` `bad_data` for what is no duration, and unless `signed` for what is not above 0. */
export function durationMs(expr: DurationExpr, window: QueryWindow, text: string, signed: boolean): number {
  const { from } = expr.span;
  const seconds = secondsOf(expr, window, text);
  if (!Number.isFinite(seconds)) throw parseFault(text, from, 'duration is NaN or infinite');
  const ms = Math.round(seconds * 1000);
  if (ms <= 0 && !signed) throw parseFault(text, from, 'duration must be greater than 0');
  // Go's Duration holds 2^63 ns, about 292 years.
  if (Math.abs(ms) >= 9.2e15) throw parseFault(text, from, 'duration out of range');
  return ms;
}

function secondsOf(expr: DurationExpr, window: QueryWindow, text: string): number {
  switch (expr.kind) {
    case 'number':
      return expr.seconds;
    case 'step':
      return window.stepMs / 1000;
    case 'range':
      return window.rangeMs / 1000;
    case 'paren':
      return secondsOf(expr.operand, window, text);
    case 'sign': {
      const value = secondsOf(expr.operand, window, text);
      return expr.op === '-' ? -value : value;
    }
    case 'operation':
      return calculate(
        expr.op,
        secondsOf(expr.left, window, text),
        secondsOf(expr.right, window, text),
        (reason) => parseFault(text, expr.span.from, reason),
      );
  }
}

function calculate(op: DurationOp, left: number, right: number, fault: (reason: string) => Error): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '^':
      return left ** right;
    case 'min_of':
      return Math.min(left, right);
    case 'max_of':
      return Math.max(left, right);
    case '/':
      if (right === 0) throw fault('division by zero');
      return left / right;
    case '%':
      if (right === 0) throw fault('modulo by zero');
      return left % right;
  }
}

export function printDuration(expr: DurationExpr): string {
  switch (expr.kind) {
    case 'number': {
      const ms = Math.round(expr.seconds * 1000);
      return ms === 0 || !Number.isSafeInteger(ms) ? String(expr.seconds) : formatDuration(ms);
    }
    case 'step':
    case 'range':
      return `${expr.kind}()`;
    case 'paren':
      return `(${printDuration(expr.operand)})`;
    case 'sign':
      return (expr.op === '-' ? '-' : '') + printDuration(expr.operand);
    case 'operation': {
      const [left, right] = [printDuration(expr.left), printDuration(expr.right)];
      const isFunction = expr.op === 'min_of' || expr.op === 'max_of';
      return isFunction ? `${expr.op}(${left}, ${right})` : `${left} ${expr.op} ${right}`;
    }
  }
}
