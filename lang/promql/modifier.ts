import type { SyntaxNode } from '@lezer/common';

import type { At, Expr, Span } from './ast.ts';
import type { Postfix } from './chain.ts';
import type { DurationExpr } from './duration.ts';
import { dependsOnQuery, durationMs, readDuration } from './duration.ts';
import { parseFault } from './fault.ts';
import { parseNumber } from './number.ts';

/** What may follow an expression: `[5m]`, `[1h:1m]`, `offset 5m`, `@ 1700000000`. */
export function rangePostfix(node: SyntaxNode, text: string): Postfix {
  const range = known(node.getChild('DurationExpr') as SyntaxNode, text, false);
  const rangeMs = range.ms;
  return {
    kind: 'postfix',
    apply: (operand) => {
      const refuse = (reason: string): Error => parseFault(text, operand.span.from, reason);
      if (operand.kind !== 'vectorSelector') throw refuse('ranges only allowed for vector selectors');
      if (operand.at !== undefined) throw refuse('no @ modifiers allowed before range');
      if (isShifted(operand)) throw refuse('no offset modifiers allowed before range');
      const rangeExpr = range.later && { rangeExpr: range.later };
      return {
        kind: 'matrixSelector',
        selector: operand,
        rangeMs,
        ...rangeExpr,
        span: extend(operand, node),
      };
    },
  };
}

export function subqueryPostfix(node: SyntaxNode, text: string): Postfix {
  const [rangeNode, stepNode] = node.getChildren('DurationExpr');
  const range = known(rangeNode as SyntaxNode, text, false);
  const step = stepNode && known(stepNode, text, false);
  return {
    kind: 'postfix',
    apply: (expr) => ({
      kind: 'subquery',
      expr,
      rangeMs: range.ms,
      ...(range.later && { rangeExpr: range.later }),
      stepMs: step?.ms,
      ...(step?.later && { stepExpr: step.later }),
      offsetMs: 0,
      at: undefined,
      span: extend(expr, node),
    }),
  };
}

export function offsetPostfix(node: SyntaxNode, text: string): Postfix {
  const { ms: offsetMs, later } = known(node.getChild('OffsetDurationExpr') as SyntaxNode, text, true);
  return {
    kind: 'postfix',
    apply: (operand) =>
      modify(operand, node, text, 'offset', (target) => {
        if (isShifted(target)) throw parseFault(text, node.from, 'offset may not be set multiple times');
        return { ...target, offsetMs, ...(later && { offsetExpr: later }) };
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

export function extentPostfix(node: SyntaxNode, text: string): Postfix {
  const extent = node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed';
  return {
    kind: 'postfix',
    apply: (operand) => {
      const refuse = (reason: string): Error => parseFault(text, operand.span.from, reason);
      const selector = operand.kind === 'matrixSelector' ? operand.selector : operand;
      if (operand.kind === 'subquery') throw refuse(`${extent} modifier is not supported for subqueries`);
      if (selector.kind !== 'vectorSelector') throw refuse(`${extent} modifier not implemented`);
      if (selector.extent !== undefined && selector.extent !== extent) {
        throw refuse('anchored and smoothed modifiers cannot be used together');
      }
      const span = extend(operand, node);
      if (operand.kind !== 'matrixSelector') return { ...selector, extent, span };
      return { ...operand, selector: { ...selector, extent }, span };
    },
  };
}

interface Modifiable {
  readonly offsetMs: number;
  readonly offsetExpr?: DurationExpr;
  readonly at: At | undefined;
}

function isShifted({ offsetMs, offsetExpr }: Modifiable): boolean {
  return offsetMs !== 0 || offsetExpr !== undefined;
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

/** A duration now, or (`later`) the expression that gives it once the query is known. */
function known(
  node: SyntaxNode,
  text: string,
  signed: boolean,
): { readonly ms: number; readonly later?: DurationExpr } {
  const expr = readDuration(node, text);
  if (dependsOnQuery(expr)) return { ms: 0, later: expr };
  return { ms: durationMs(expr, NO_WINDOW, text, signed) };
}

const NO_WINDOW = { stepMs: 0, rangeMs: 0 };
