import type { Aggregate, Binary, Expr, Fill, Matcher, Subquery, VectorSelector } from './ast.ts';
import type { DurationExpr } from './duration.ts';
import { printDuration } from './duration.ts';
import { formatDuration, formatFloat } from './number.ts';
import { quote } from './quote.ts';

/** The expression as text on one line, as Prometheus prints it but with matchers in the order that they have; parsing it gives the same expression again. */
export function printPromQL(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr.value);
    case 'string':
      return quote(expr.value);
    case 'vectorSelector':
      return printSelector(expr) + printExtent(expr) + printModifiers(expr);
    case 'matrixSelector': {
      const { selector, rangeMs, rangeExpr } = expr;
      return `${printSelector(selector)}[${printKnown(rangeMs, rangeExpr)}]${printExtent(selector)}${printModifiers(selector)}`;
    }
    case 'subquery':
      return printPromQL(expr.expr) + printRangeOfSubquery(expr);
    case 'call':
      return `${expr.name}(${expr.args.map(printPromQL).join(', ')})`;
    case 'aggregate': {
      const args = [...(expr.param === undefined ? [] : [expr.param]), expr.expr].map(printPromQL).join(', ');
      return `${printHeadOfAggregate(expr)}(${args})`;
    }
    case 'binary':
      return `${printPromQL(expr.left)} ${expr.op}${printMatching(expr)} ${printPromQL(expr.right)}`;
    case 'unary':
      return expr.op + printPromQL(expr.expr);
    case 'paren':
      return `(${printPromQL(expr.expr)})`;
  }
}

/** Behind the expression of a subquery. */
export function printRangeOfSubquery(subquery: Subquery): string {
  const { rangeMs, rangeExpr, stepMs, stepExpr } = subquery;
  const step = stepMs === undefined ? '' : printKnown(stepMs, stepExpr);
  return `[${printKnown(rangeMs, rangeExpr)}:${step}]${printModifiers(subquery)}`;
}

/** In front of the parentheses of an aggregation. */
export function printHeadOfAggregate({ op, without, grouping }: Aggregate): string {
  if (!without && grouping.length === 0) return op;
  return `${op} ${without ? 'without' : 'by'} (${grouping.map(printLabelName).join(', ')}) `;
}

/** A plus sign would bind as an operator does. */
function printNumber(value: number | undefined): string {
  return value === Infinity ? 'Inf' : formatFloat(value ?? 0);
}

function printSelector(selector: VectorSelector): string {
  const plain = /^[A-Za-z_:][\w:]*$/.test(selector.name) && !RESERVED.test(selector.name);
  const named = (matcher: Matcher): boolean => selector.name !== '' && matcher.name === '__name__';
  const matchers = selector.matchers.filter((matcher) => !named(matcher)).map(printMatcher);
  if (selector.name !== '' && !plain) matchers.unshift(quote(selector.name));
  const braces = matchers.length > 0 ? `{${matchers.join(',')}}` : '';
  return plain ? selector.name + braces : braces;
}

/** Words that the grammar does not take as a metric's name everywhere. */
const RESERVED =
  /^(inf|nan|bool|ignoring|on|group_left|group_right|offset|and|or|unless|atan2|by|without|smoothed|anchored|fill|fill_left|fill_right)$/i;

function printMatcher({ name, op, value }: Matcher): string {
  return printLabelName(name) + op + quote(value);
}

function printLabelName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !RESERVED.test(name) ? name : quote(name);
}

function printModifiers({ at, offsetMs, offsetExpr }: VectorSelector | Subquery): string {
  const fixed =
    at === undefined ? '' : ` @ ${at.kind === 'time' ? formatFloat(at.ms / 1000) : `${at.kind}()`}`;
  const isShifted = offsetMs !== 0 || offsetExpr !== undefined;
  return fixed + (isShifted ? ` offset ${printKnown(offsetMs, offsetExpr)}` : '');
}

function printExtent({ extent }: VectorSelector): string {
  return extent === undefined ? '' : ` ${extent}`;
}

function printKnown(ms: number, expr: DurationExpr | undefined): string {
  return expr === undefined ? formatDuration(ms) : printDuration(expr);
}

/** Behind an operator: `bool`, and how vectors are matched, with a blank in front of each. */
export function printMatching({ bool, matching, fill }: Binary): string {
  return (bool ? ' bool' : '') + printLabelMatching(matching) + (fill === undefined ? '' : printFill(fill));
}

function printFill({ left, right }: Fill): string {
  if (Object.is(left, right)) return ` fill (${printNumber(left)})`;
  const text = left === undefined ? '' : ` fill_left (${printNumber(left)})`;
  return right === undefined ? text : `${text} fill_right (${printNumber(right)})`;
}

function printLabelMatching(matching: Binary['matching']): string {
  if (matching === undefined) return '';
  let text = '';
  text += ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.map(printLabelName).join(', ')})`;
  if (matching.card === 'one-to-one') return text;
  const group = matching.card === 'many-to-one' ? 'group_left' : 'group_right';
  return `${text} ${group} (${matching.include.map(printLabelName).join(', ')})`;
}
