import { parser } from '@prometheus-io/lezer-promql';
import type { PartialParse, SyntaxNode, Tree } from '@lezer/common';

import type { AggregateOp, BinaryOp, Expr, Fill, Matcher, Span, VectorMatching } from './ast.ts';
import { unwrapParens } from './ast.ts';
import type { Item } from './chain.ts';
import { build } from './chain.ts';
import { check } from './check.ts';
import { parseFault } from './fault.ts';
import { atPostfix, extentPostfix, offsetPostfix, rangePostfix, subqueryPostfix } from './modifier.ts';
import { parseNumber } from './number.ts';
import { unquote } from './quote.ts';
import { syntaxFault } from './syntax-fault.ts';

/** Deeper nesting (or longer chains of operators) would end in a stack overflow instead of an answer. */
const MAX_DEPTH = 1000;

const METRIC_NAME = '__name__';

/**
 * Reads and checks a PromQL expression. Throws a `Fault`: `bad_data` with line and column for what is no
 * PromQL, `execution` ("not supported yet") for syntax that cannot be evaluated here.
 */
export function parsePromQL(written: string): Expr {
  const text = plain(written);
  if (text.trim() === '') throw parseFault(text, 0, 'no expression found in input');
  const tree = grammarTree(text);
  const fault = syntaxFault(text, tree);
  if (fault !== undefined) throw fault;
  const expr = new Reader(text).expression(tree.topNode.firstChild as SyntaxNode);
  check(expr, text);
  return expr;
}

/**
 * The grammar's tree. The parser takes more than 300 long reductions from one place for a parse gone wrong, and
 * breaks off; a sum of many terms is that, and no fault. So its count is set back as it goes on.
 */
function grammarTree(text: string): Tree {
  const parse: PartialParse & { bigReductionCount?: number } = parser.startParse(text);
  for (;;) {
    parse.bigReductionCount = 0;
    const tree = parse.advance();
    if (tree !== null) return tree;
  }
}

/** A string; a comment; or a number with nothing behind its point. */
const UNPLAIN =
  /("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`[^`]*`?)|(#[^\n]*)|(?<![\w.:])(\d[\d_]*)\.((?:[eE][+-]?\d+)?)(?![\w.])/gs;

/**
 * The text without what the grammar's tree has no place for, and as long as before: comments are blanked, and
 * `2.` and `2.e3`, which are numbers in PromQL but not in the grammar, lose their point.
 */
function plain(written: string): string {
  const replace = (whole: string, text?: string, comment?: string, digits = '', exponent = ''): string => {
    if (text !== undefined) return whole;
    return comment === undefined ? `${digits}${exponent} ` : ' '.repeat(comment.length);
  };
  return written.replace(UNPLAIN, replace);
}

/** Reads the grammar's tree, which has no error nodes any more, into our own. */
class Reader {
  readonly #text: string;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  expression(node: SyntaxNode): Expr {
    const items: Item[] = [];
    this.#flatten(node, items);
    return build(items);
  }

  #textOf(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }

  #flatten(node: SyntaxNode, items: Item[]): void {
    if (++this.#depth > MAX_DEPTH) {
      throw parseFault(this.#text, node.from, `expression is nested deeper than ${MAX_DEPTH}`);
    }
    const first = node.firstChild as SyntaxNode;
    switch (node.name) {
      case 'BinaryExpr':
        this.#flatten(first, items);
        items.push(this.#operator(first.nextSibling as SyntaxNode));
        this.#flatten(node.lastChild as SyntaxNode, items);
        break;
      case 'UnaryExpr':
        items.push({ kind: 'sign', op: this.#textOf(first) as '+' | '-', from: node.from });
        this.#flatten(node.lastChild as SyntaxNode, items);
        break;
      case 'OffsetExpr':
        this.#flatten(first, items);
        items.push(offsetPostfix(node, this.#text));
        break;
      case 'StepInvariantExpr':
        this.#flatten(first, items);
        items.push(atPostfix(node, this.#text));
        break;
      case 'MatrixSelector':
        this.#flatten(first, items);
        items.push(rangePostfix(node, this.#text));
        break;
      case 'SubqueryExpr':
        this.#flatten(first, items);
        items.push(subqueryPostfix(node, this.#text));
        break;
      case 'NumberDurationLiteral':
        this.#number(node, items);
        break;
      case 'AnchoredExpr':
      case 'SmoothedExpr':
        this.#flatten(first, items);
        items.push(extentPostfix(node, this.#text));
        break;
      default:
        items.push({ kind: 'operand', expr: this.#primary(node) });
    }
    this.#depth--;
  }

  #number(node: SyntaxNode, items: Item[]): void {
    const text = this.#textOf(node);
    const sign = text[0] === '+' || text[0] === '-' ? text[0] : undefined;
    const digits = sign === undefined ? text : text.slice(1).trimStart();
    if (sign !== undefined) items.push({ kind: 'sign', op: sign, from: node.from });
    const value = parseNumber(digits);
    if (value === undefined)
      throw parseFault(this.#text, node.from, `bad number or duration syntax: "${text}"`);
    const span = { from: node.to - digits.length, to: node.to };
    items.push({ kind: 'operand', expr: { kind: 'number', value, span } });
  }

  #operator(op: SyntaxNode): Item {
    const after = op.nextSibling as SyntaxNode;
    const bool = after.name === 'BoolModifier';
    const clause = bool ? (after.nextSibling as SyntaxNode) : after;
    const written = clause.name === 'MatchingModifierClause';
    const rest = written ? (clause.nextSibling as SyntaxNode) : clause;
    const fill = rest.name === 'FillModifier' ? this.#fill(rest) : undefined;
    const matching = written ? this.#matching(clause) : undefined;
    return {
      kind: 'operator',
      op: this.#textOf(op).toLowerCase() as BinaryOp,
      bool,
      matching,
      ...(fill && { fill }),
    };
  }

  /** `fill` is for both sides. */
  #fill(modifier: SyntaxNode): Fill {
    const valueOf = (name: string): number | undefined => {
      const literal = modifier.getChild(name)?.getChild('NumberDurationLiteral');
      if (!literal) return undefined;
      const expr = this.expression(literal);
      return expr.kind === 'number' ? expr.value : undefined;
    };
    const both = valueOf('FillClause');
    return { left: both ?? valueOf('FillLeftClause'), right: both ?? valueOf('FillRightClause') };
  }

  #matching(clause: SyntaxNode): VectorMatching {
    const [labels, include] = clause.getChildren('GroupingLabels');
    const group = clause.getChild('GroupLeft') ? 'left' : clause.getChild('GroupRight') ? 'right' : undefined;
    return {
      card: group === undefined ? 'one-to-one' : group === 'left' ? 'many-to-one' : 'one-to-many',
      on: clause.getChild('On') !== null,
      labels: this.#labelNames(labels),
      include: this.#labelNames(include),
    };
  }

  #labelNames(node: SyntaxNode | null | undefined): string[] {
    const names: string[] = [];
    for (let child = node?.firstChild; child; child = child.nextSibling) {
      names.push(child.name === 'QuotedLabelName' ? this.#string(child) : this.#textOf(child));
    }
    return names;
  }

  #primary(node: SyntaxNode): Expr {
    const span: Span = { from: node.from, to: node.to };
    switch (node.name) {
      case 'ParenExpr':
        return { kind: 'paren', expr: this.expression(node.firstChild as SyntaxNode), span };
      case 'StringLiteral':
        return { kind: 'string', value: this.#string(node), span };
      case 'VectorSelector':
        return this.#selector(node, span);
      case 'FunctionCall': {
        const name = this.#textOf(node.getChild('FunctionIdentifier') as SyntaxNode);
        return { kind: 'call', name, args: this.#arguments(node), span };
      }
      case 'AggregateExpr':
        return this.#aggregate(node, span);
      default:
        throw new Error(`BUG: unknown node ${node.name} in the PromQL grammar's tree`);
    }
  }

  #arguments(node: SyntaxNode): Expr[] {
    const args: Expr[] = [];
    const body = node.getChild('FunctionCallBody');
    for (let child = body?.firstChild; child; child = child.nextSibling) args.push(this.expression(child));
    return args;
  }

  #aggregate(node: SyntaxNode, span: Span): Expr {
    const op = this.#textOf(node.getChild('AggregateOp') as SyntaxNode).toLowerCase() as AggregateOp;
    const modifier = node.getChild('AggregateModifier');
    const args = this.#arguments(node);
    const wanted = ['topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio'].includes(op)
      ? 2
      : 1;
    if (args.length === 0) {
      throw parseFault(this.#text, node.from, 'no arguments for aggregate expression provided');
    }
    if (args.length !== wanted) {
      const reason = `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`;
      throw parseFault(this.#text, node.from, reason);
    }
    return {
      kind: 'aggregate',
      op,
      expr: args.at(-1) as Expr,
      param: wanted === 2 ? unwrapParens(args[0] as Expr) : undefined,
      without: modifier?.getChild('Without') != null,
      grouping: this.#labelNames(modifier?.getChild('GroupingLabels')),
      span,
    };
  }

  #selector(node: SyntaxNode, span: Span): Expr {
    const identifier = node.getChild('Identifier');
    let name = identifier ? this.#textOf(identifier) : '';
    const matchers: Matcher[] = [];
    for (let child = node.getChild('LabelMatchers')?.firstChild; child; child = child.nextSibling) {
      if (child.name === 'QuotedLabelName') {
        const quoted = this.#string(child);
        if (name !== '') {
          throw parseFault(
            this.#text,
            child.from,
            `metric name must not be set twice: "${name}" or "${quoted}"`,
          );
        }
        name = quoted;
      } else {
        matchers.push(this.#matcher(child));
      }
    }
    const twice = name !== '' && matchers.find((matcher) => matcher.name === METRIC_NAME);
    if (twice) {
      throw parseFault(
        this.#text,
        node.from,
        `metric name must not be set twice: "${name}" or "${twice.value}"`,
      );
    }
    if (name !== '') matchers.push({ name: METRIC_NAME, op: '=', value: name });
    return { kind: 'vectorSelector', name, matchers, offsetMs: 0, at: undefined, span };
  }

  #matcher(node: SyntaxNode): Matcher {
    const label = node.firstChild as SyntaxNode;
    const name = label.name === 'QuotedLabelName' ? this.#string(label) : this.#textOf(label);
    const op = this.#textOf(node.getChild('MatchOp') as SyntaxNode) as Matcher['op'];
    return { name, op, value: this.#string(node.lastChild as SyntaxNode) };
  }

  #string(node: SyntaxNode): string {
    const literal = this.#textOf(node);
    const value = unquote(literal);
    if (value === undefined) {
      throw parseFault(
        this.#text,
        node.from,
        `unterminated or malformed quoted string ${literal.slice(0, 60)}`,
      );
    }
    return value;
  }
}
