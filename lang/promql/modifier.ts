import type { SyntaxNode } from '@lezer/common';

import type { At, Expr, Span } from './ast.ts';
import type { Postfix } from './chain.ts';
import { parseFault, unsupported } from './fault.ts';
import { parseNumber } from './number.ts';

/** What may follow an expression: `[5m]`, `[1h:1m]`, `offset 5m`, `@ 1700000000`. */
export function rangePostfix(node: SyntaxNode, text: string): Postfix {
  const rangeMs = positiveMs(node.getChild('DurationExpr') as SyntaxNode, text);
  return {
    kind: 'postfix',
    apply: (operand) => {
      const refuse = (reason: string): Error => parseFault(text, operand.span.from, reason);
      if (operand.kind !== 'vectorSelector') throw refuse('ranges only allowed for vector selectors');
      if (operand.at !== undefined) throw refuse('no @ modifiers allowed before range');
      if (operand.offsetMs !== 0) throw refuse('no offset modifiers allowed before range');
      return { kind: 'matrixSelector', selector: operand, rangeMs, span: extend(operand, node) };
    },
  };
}

export function subqueryPostfix(node: SyntaxNode, text: string): Postfix {
  const [range, step] = node.getChildren('DurationExpr');
  const rangeMs = positiveMs(range as SyntaxNode, text);
  const stepMs = step ? positiveMs(step, text) : undefined;
  return {
    kind: 'postfix',
    apply: (expr) => ({
      kind: 'subquery',
      expr,
      rangeMs,
      stepMs,
      offsetMs: 0,
      at: undefined,
      span: extend(expr, node),
    }),
  };
}

export function offsetPostfix(node: SyntaxNode, text: string): Postfix {
  const offsetMs = toMs(seconds(node.getChild('OffsetDurationExpr') as SyntaxNode, text), node, text);
  return {
    kind: 'postfix',
    apply: (operand) =>
      modify(operand, node, text, 'offset', (target) => {
        if (target.offsetMs !== 0) throw parseFault(text, node.from, 'offset may not be set multiple times');
        return { ...target, offsetMs };
      }),
  };
}

export function atPostfix(node: SyntaxNode, text: string): Postfix {
  const at = readAt(node, text);
  return {
    kind: 'postfix',
    apply: (operand) =>
      modify(operand, node, text, '@', (target) => {
        if (target.at !== undefined)
          throw parseFault(text, node.from, '@ <timestamp> may not be set multiple times');
        return { ...target, at };
      }),
  };
}

interface Modifiable {
  readonly offsetMs: number;
  readonly at: At | undefined;
}

function modify(
  operand: Expr,
  node: SyntaxNode,
  text: string,
  what: string,
  change: <T extends Modifiable>(target: T) => T,
): Expr {
  const span = extend(operand, node);
  if (operand.kind === 'vectorSelector' || operand.kind === 'subquery') return { ...change(operand), span };
  if (operand.kind === 'matrixSelector') return { ...operand, selector: change(operand.selector), span };
  throw parseFault(
    text,
    operand.span.from,
    `${what} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
  );
}

function extend(operand: Expr, node: SyntaxNode): Span {
  return { from: operand.span.from, to: node.to };
}

function readAt(node: SyntaxNode, text: string): At {
  const literal = node.getChild('NumberDurationLiteral');
  if (literal === null) {
    const word = node.getChild('AtModifierPreprocessors') as SyntaxNode;
    return { kind: text.slice(word.from, word.to).toLowerCase().startsWith('start') ? 'start' : 'end' };
  }
  const written = text.slice(literal.from, literal.to);
  const value = parseNumber(written.replace(/^[+-]\s*/, ''));
  const ms = value === undefined ? NaN : Math.round((written.startsWith('-') ? -value : value) * 1000);
  if (!Number.isSafeInteger(ms)) {
    throw parseFault(text, literal.from, `timestamp out of bounds for @ modifier: ${written}`);
  }
  return { kind: 'time', ms };
}

function positiveMs(node: SyntaxNode, text: string): number {
  const ms = toMs(seconds(node, text), node, text);
  if (ms <= 0) throw parseFault(text, node.from, 'duration must be greater than 0');
  return ms;
}

function toMs(value: number, node: SyntaxNode, text: string): number {
  const ms = Math.round(value * 1000);
  // Go's Duration holds 2^63 ns, about 292 years.
  if (!(Math.abs(ms) < 9.2e15)) throw parseFault(text, node.from, 'duration out of range');
  return ms;
}

/** The value of a duration expression; what depends on the query's own step or range waits for its engine. */
function seconds(node: SyntaxNode, text: string): number {
  const first = node.firstChild as SyntaxNode;
  const last = node.lastChild as SyntaxNode;
  switch (first.name) {
    case 'NumberDurationLiteralInDurationContext':
      return number(first, text);
    case 'UnaryOp': {
      const value = seconds(last, text);
      return text.slice(first.from, first.to) === '-' ? -value : value;
    }
    case 'DurationStep':
    case 'DurationRange':
    case 'DurationMinOf':
    case 'DurationMaxOf':
      throw unsupported(`${text.slice(first.from, first.to)}() in a duration`);
    default:
      break;
  }
  if (first === last || first.nextSibling === null) return seconds(first, text);
  const op = first.nextSibling;
  return calculate(op, seconds(first, text), seconds(last, text), text);
}

function calculate(op: SyntaxNode, left: number, right: number, text: string): number {
  switch (op.name) {
    case 'Add':
      return left + right;
    case 'Sub':
      return left - right;
    case 'Mul':
      return left * right;
    case 'Pow':
      return left ** right;
    default:
      if (right === 0)
        throw parseFault(text, op.from, op.name === 'Div' ? 'division by zero' : 'modulo by zero');
      return op.name === 'Div' ? left / right : left % right;
  }
}

function number(node: SyntaxNode, text: string): number {
  const written = text.slice(node.from, node.to);
  const value = parseNumber(written);
  if (value === undefined) throw parseFault(text, node.from, `bad number or duration syntax: "${written}"`);
  return value;
}
