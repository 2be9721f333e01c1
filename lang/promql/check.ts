import type { Aggregate, Binary, Call, Expr, VectorSelector } from './ast.ts';
import { childrenOf, isComparison, isSetOperator, isTrim } from './ast.ts';
import { parseFault } from './fault.ts';
import { matchesEmpty } from './matches-empty.ts';
import type { ValueType } from './signatures.ts';
import { SIGNATURES } from './signatures.ts';

/** The type that an expression evaluates to. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vectorSelector':
    case 'aggregate':
      return 'instant vector';
    case 'matrixSelector':
    case 'subquery':
      return 'range vector';
    case 'call':
      return SIGNATURES.get(expr.name)?.returns ?? 'instant vector';
    case 'unary':
    case 'paren':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'instant vector';
  }
}

/** Throws a `Fault` `bad_data` with line and column at the first thing that the grammar allows and PromQL does not. */
export function check(expr: Expr, text: string): void {
  for (const child of childrenOf(expr)) if (!isInfoSelector(expr, child)) check(child, text);
  const refuse: Refuse = (at, reason) => {
    throw parseFault(text, at.span.from, reason);
  };
  switch (expr.kind) {
    case 'vectorSelector':
      checkSelector(expr, refuse);
      break;
    case 'subquery':
      if (typeOf(expr.expr) !== 'instant vector') {
        refuse(expr, `subquery is only allowed on instant vector, got ${typeOf(expr.expr)} instead`);
      }
      break;
    case 'call':
      checkCall(expr, refuse);
      break;
    case 'aggregate':
      checkAggregate(expr, refuse);
      break;
    case 'binary':
      checkBinary(expr, refuse);
      break;
    case 'unary': {
      const type = typeOf(expr.expr);
      if (type !== 'scalar' && type !== 'instant vector') {
        refuse(
          expr,
          `unary expression only allowed on expressions of type scalar or instant vector, got "${type}"`,
        );
      }
      break;
    }
    case 'number':
    case 'string':
    case 'matrixSelector':
    case 'paren':
      break;
  }
}

/** The second argument of `info` only says which labels to add, and may well match a series without them. */
function isInfoSelector(parent: Expr, child: Expr): boolean {
  return (
    parent.kind === 'call' &&
    parent.name === 'info' &&
    child === parent.args[1] &&
    child.kind === 'vectorSelector'
  );
}

type Refuse = (at: Expr, reason: string) => void;

function expect(expr: Expr, type: ValueType, where: string, refuse: Refuse): void {
  const got = typeOf(expr);
  if (got !== type) refuse(expr, `expected type ${type} in ${where}, got ${got}`);
}

function checkSelector(selector: VectorSelector, refuse: Refuse): void {
  checkMatchers(selector, refuse);
  if (selector.matchers.every((matcher) => matchesEmpty(matcher, (reason) => refuse(selector, reason)))) {
    refuse(selector, 'vector selector must contain at least one non-empty matcher');
  }
}

function checkMatchers(selector: VectorSelector, refuse: Refuse): void {
  for (const { name, op, value } of selector.matchers) {
    if (!name.isWellFormed() || name === '') refuse(selector, `invalid label name ${JSON.stringify(name)}`);
    if (op === '=~' || op === '!~') {
      // Tells a malformed expression here, with its place, and not in the store.
      matchesEmpty({ name, op, value }, (reason) => refuse(selector, reason));
    }
  }
}

function checkCall(call: Call, refuse: Refuse): void {
  const signature = SIGNATURES.get(call.name);
  if (signature === undefined) return refuse(call, `unknown function with name "${call.name}"`);
  const { args, optional, repeat } = signature;
  const least = args.length - optional;
  const got = call.args.length;
  const in_ = `argument(s) in call to "${call.name}", got ${got}`;
  if (optional === 0 && got !== least) refuse(call, `expected ${least} ${in_}`);
  if (got < least) refuse(call, `expected at least ${least} ${in_}`);
  if (!repeat && got > args.length) refuse(call, `expected at most ${args.length} ${in_}`);
  for (const [i, arg] of call.args.entries()) {
    expect(arg, args[Math.min(i, args.length - 1)] as ValueType, `call to function "${call.name}"`, refuse);
  }
  if (call.name === 'info') checkInfo(call, refuse);
}

function checkInfo({ args: [, selector] }: Call, refuse: Refuse): void {
  if (selector === undefined) return;
  if (selector.kind !== 'vectorSelector') return refuse(selector, 'expected label selectors only');
  if (selector.name !== '') {
    refuse(selector, 'expected label selectors only, got vector selector instead');
  }
  checkMatchers(selector, refuse);
}

function checkAggregate(aggregate: Aggregate, refuse: Refuse): void {
  const { op, expr, param } = aggregate;
  expect(expr, 'instant vector', 'aggregation expression', refuse);
  if (param !== undefined) {
    expect(param, op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter', refuse);
  }
}

function checkBinary(expr: Binary, refuse: Refuse): void {
  const { op, left, right, bool, matching, fill } = expr;
  const types = [typeOf(left), typeOf(right)];
  if (bool && !isComparison(op)) refuse(expr, 'bool modifier can only be used on comparison operators');
  if (types.some((type) => type !== 'scalar' && type !== 'instant vector')) {
    refuse(expr, 'binary expression must contain only scalar and instant vector types');
  }
  const scalars = types.filter((type) => type === 'scalar').length;
  if (isComparison(op) && !bool && scalars === 2) {
    refuse(expr, 'comparisons between scalars must use BOOL modifier');
  }
  if (isTrim(op) && scalars === 2) refuse(expr, `operator "${op}" not allowed for Scalar operations`);
  if (isSetOperator(op) && scalars > 0) {
    refuse(expr, `set operator "${op}" not allowed in binary scalar expression`);
  }
  if (fill !== undefined && scalars > 0) {
    refuse(expr, 'filling in missing series only allowed between instant vectors');
  }
  if (fill !== undefined && isSetOperator(op)) {
    refuse(expr, 'filling in missing series not allowed for set operators');
  }
  if (matching === undefined) return;
  if (scalars > 0) refuse(expr, 'vector matching only allowed between instant vectors');
  if (isSetOperator(op) && matching.card !== 'one-to-one') {
    refuse(expr, `no grouping allowed for "${op}" operation`);
  }
  const both = matching.on && matching.labels.find((label) => matching.include.includes(label));
  if (both) refuse(expr, `label "${both}" must not occur in ON and GROUP clause at once`);
}
