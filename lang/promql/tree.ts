import type { At, Binary, Expr, Matcher, VectorMatching } from './ast.ts';
import { isSetOperator } from './ast.ts';
import { typeOf } from './check.ts';
import { formatFloat } from './number.ts';
import { SIGNATURES, type Signature, type ValueType } from './signatures.ts';

/** A node of the tree as JSON: `type`, and fields by the type. */
export type TreeNode = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * The tree of an expression as Prometheus's `/api/v1/parse_query` tells it (prometheus `web/api/v1/translate_ast.go`),
 * which the query trees of its page and of others read. Durations and times are ms.
 */
export function treeOf(expr: Expr): TreeNode {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatFloat(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'vectorSelector':
      return { type: 'vectorSelector', ...selectorFields(expr) };
    case 'matrixSelector':
      return { type: 'matrixSelector', range: expr.rangeMs, ...selectorFields(expr.selector) };
    case 'subquery': {
      const { rangeMs: range, stepMs: step = 0 } = expr;
      return {
        type: 'subquery',
        expr: treeOf(expr.expr),
        range,
        step,
        ...timeFields(expr),
        alignEvalTime: false,
      };
    }
    case 'call':
      return { type: 'call', func: functionOf(expr.name), args: expr.args.map(treeOf) };
    case 'aggregate': {
      const { op, grouping, without, param } = expr;
      const parameter = param === undefined ? null : treeOf(param);
      return { type: 'aggregation', op, expr: treeOf(expr.expr), param: parameter, grouping, without };
    }
    case 'binary': {
      const { op, left, right, bool } = expr;
      const sides = { lhs: treeOf(left), rhs: treeOf(right) };
      return { type: 'binaryExpr', op, ...sides, matching: matchingOf(expr), bool };
    }
    case 'unary':
      return { type: 'unaryExpr', op: expr.op, expr: treeOf(expr.expr) };
    case 'paren':
      return { type: 'parenExpr', expr: treeOf(expr.expr) };
  }
}

interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  readonly at: At | undefined;
}

function selectorFields(selector: Selector): Record<string, unknown> {
  const matchers = selector.matchers.map(({ name, op, value }) => ({ name, value, type: op }));
  // Modifiers that Prometheus has behind a flag, and this grammar not.
  return { name: selector.name, matchers, ...timeFields(selector), anchored: false, smoothed: false };
}

function timeFields({ offsetMs: offset, at }: Pick<Selector, 'offsetMs' | 'at'>): Record<string, unknown> {
  const startOrEnd = at === undefined || at.kind === 'time' ? null : at.kind;
  return { offset, timestamp: at?.kind === 'time' ? at.ms : null, startOrEnd };
}

const NO_MATCHING: VectorMatching = { card: 'one-to-one', on: false, labels: [], include: [] };

/** Null unless both sides are vectors. */
function matchingOf({ op, left, right, matching = NO_MATCHING }: Binary): Record<string, unknown> | null {
  if (typeOf(left) === 'scalar' || typeOf(right) === 'scalar') return null;
  const { card, on, labels, include } = matching;
  return {
    card: isSetOperator(op) ? 'many-to-many' : card,
    labels,
    on,
    include,
    fillValues: { lhs: null, rhs: null },
  };
}

const TYPE_WORDS: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  'instant vector': 'vector',
  'range vector': 'matrix',
};

function functionOf(name: string): Record<string, unknown> {
  const signature = SIGNATURES.get(name) as Signature;
  const { args, optional, repeat, returns } = signature;
  return {
    name,
    argTypes: args.map((type) => TYPE_WORDS[type]),
    // How many may be left out; -1: the last may be repeated.
    variadic: repeat ? -1 : optional,
    returnType: TYPE_WORDS[returns],
  };
}
