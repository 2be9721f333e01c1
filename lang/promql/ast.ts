import type { DurationExpr } from './duration.ts';

/**
 * A PromQL expression as the checker, the printer and the evaluator see it. Spans are offsets into the text
 * in UTF-16 code units; durations and times are milliseconds. A duration that depends on the query (`step()`) stands
 * beside its number as `...Expr`, and its number means nothing before `resolveDurations`. Structures are never changed
 * once built.
 */
export interface Span {
  readonly from: number;
  /** One past the last unit. */
  readonly to: number;
}

/** One condition on one label; a regular expression is anchored RE2. */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** The `@` modifier: a fixed time, or the start or end of the whole query. */
export type At = { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'start' | 'end' };

export interface NumberLiteral {
  readonly kind: 'number';
  readonly value: number;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

export interface VectorSelector {
  readonly kind: 'vectorSelector';
  /** The metric name, `''` when the selector has none; it is also among the matchers. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  readonly offsetExpr?: DurationExpr;
  readonly at: At | undefined;
  readonly extent?: Extent;
  readonly span: Span;
}

/** `anchored`: a range begins with the last sample before it; `smoothed`: its ends are interpolated. */
export type Extent = 'anchored' | 'smoothed';

/** `offset` and `@` stand in the selector. */
export interface MatrixSelector {
  readonly kind: 'matrixSelector';
  readonly selector: VectorSelector;
  readonly rangeMs: number;
  readonly rangeExpr?: DurationExpr;
  readonly span: Span;
}

export interface Subquery {
  readonly kind: 'subquery';
  readonly expr: Expr;
  readonly rangeMs: number;
  readonly rangeExpr?: DurationExpr;
  /** Undefined: the evaluator's default. */
  readonly stepMs: number | undefined;
  readonly stepExpr?: DurationExpr;
  readonly offsetMs: number;
  readonly offsetExpr?: DurationExpr;
  readonly at: At | undefined;
  readonly span: Span;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
  readonly span: Span;
}

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly op: AggregateOp;
  readonly expr: Expr;
  /** The number or string in front of the vector, as in `topk(3, x)`. */
  readonly param: Expr | undefined;
  readonly without: boolean;
  readonly grouping: readonly string[];
  readonly span: Span;
}

export interface VectorMatching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many';
  /** True: match on `labels` alone; false: on all labels but these. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels that `group_left` or `group_right` copies from the "one" side. */
  readonly include: readonly string[];
}

export interface Binary {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  /** `bool`: a comparison gives 0 or 1 instead of filtering. */
  readonly bool: boolean;
  /** Undefined when neither `on` nor `ignoring` was written. */
  readonly matching: VectorMatching | undefined;
  /** What stands for a series that the other side has no partner for. */
  readonly fill?: Fill;
  readonly span: Span;
}

export interface Fill {
  readonly left: number | undefined;
  readonly right: number | undefined;
}

export interface Unary {
  readonly kind: 'unary';
  readonly op: '+' | '-';
  readonly expr: Expr;
  readonly span: Span;
}

export interface Paren {
  readonly kind: 'paren';
  readonly expr: Expr;
  readonly span: Span;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren;

export const AGGREGATE_OPS = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
] as const;
export type AggregateOp = (typeof AGGREGATE_OPS)[number];

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
/** Cut a native histogram off above or below a value. */
export type TrimOp = '</' | '>/';
export type SetOp = 'and' | 'or' | 'unless';
export type BinaryOp = ArithmeticOp | ComparisonOp | TrimOp | SetOp;

/** How tightly an operator binds; `^` alone groups to the right. A sign binds as `*` does. */
export const PRECEDENCE: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return PRECEDENCE[op] === 3 && !isTrim(op);
}

export function isTrim(op: BinaryOp): op is TrimOp {
  return op === '</' || op === '>/';
}

export function isSetOperator(op: BinaryOp): op is SetOp {
  return PRECEDENCE[op] <= 2;
}

/** The direct subexpressions, in order of the text. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vectorSelector':
      return [];
    case 'matrixSelector':
      return [expr.selector];
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr];
    case 'call':
      return expr.args;
    case 'aggregate':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case 'binary':
      return [expr.left, expr.right];
  }
}

/** All selectors of an expression, in order of the text. */
export function selectorsOf(expr: Expr): VectorSelector[] {
  return expr.kind === 'vectorSelector' ? [expr] : childrenOf(expr).flatMap(selectorsOf);
}

/** The expression inside of any parentheses. */
export function unwrapParens(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrapParens(expr.expr) : expr;
}
