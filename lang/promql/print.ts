import type { Aggregate, At, Binary, Expr, Matcher, Subquery, VectorSelector } from './ast.ts';
import { formatDuration, formatFloat } from './number.ts';
import { quote } from './quote.ts';

/** The expression as text on one line, as Prometheus prints it but with matchers in the order that they have; parsing it gives the same expression again. */
export function printPromQL(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      // A plus sign would bind as an operator does.
      return expr.value === Infinity ? 'Inf' : formatFloat(expr.value);
    case 'string':
      return quote(expr.value);
    case 'vectorSelector':
      return printSelector(expr) + printModifiers(expr.at, expr.offsetMs);
    case 'matrixSelector': {
      const { selector, rangeMs } = expr;
      const modifiers = printModifiers(selector.at, selector.offsetMs);
      return `${printSelector(selector)}[${formatDuration(rangeMs)}]${modifiers}`;
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
export function printRangeOfSubquery({ rangeMs, stepMs, at, offsetMs }: Subquery): string {
  const step = stepMs === undefined ? '' : formatDuration(stepMs);
  return `[${formatDuration(rangeMs)}:${step}]${printModifiers(at, offsetMs)}`;
}

/** In front of the parentheses of an aggregation. */
export function printHeadOfAggregate({ op, without, grouping }: Aggregate): string {
  if (!without && grouping.length === 0) return op;
  return `${op} ${without ? 'without' : 'by'} (${grouping.map(printLabelName).join(', ')}) `;
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

function printModifiers(at: At | undefined, offsetMs: number): string {
  const fixed =
    at === undefined ? '' : ` @ ${at.kind === 'time' ? formatFloat(at.ms / 1000) : `${at.kind}()`}`;
  return fixed + (offsetMs === 0 ? '' : ` offset ${formatDuration(offsetMs)}`);
}

/** Behind an operator: `bool`, and how vectors are matched, with a blank in front of each. */
export function printMatching({ bool, matching }: Binary): string {
  let text = bool ? ' bool' : '';
  if (matching === undefined) return text;
  text += ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.map(printLabelName).join(', ')})`;
  if (matching.card === 'one-to-one') return text;
  const group = matching.card === 'many-to-one' ? 'group_left' : 'group_right';
  return `${text} ${group} (${matching.include.map(printLabelName).join(', ')})`;
}
