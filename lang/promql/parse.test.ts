import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import type { Expr } from './ast.ts';
import { selectorsOf } from './ast.ts';
import { parsePromQL } from './parse.ts';
import { resolveDurations } from './resolve.ts';
import { printPromQL } from './print.ts';

/** Every binary operation and sign in parentheses, to see the order. */
function order(expr: Expr): string {
  if (expr.kind === 'binary') return `(${order(expr.left)} ${expr.op} ${order(expr.right)})`;
  if (expr.kind === 'unary') return `${expr.op}(${order(expr.expr)})`;
  if (expr.kind === 'subquery') return `${order(expr.expr)}[:]`;
  return printPromQL(expr);
}

describe('order of operations', () => {
  test.each([
    ['a + b * c', '(a + (b * c))'],
    ['a - b - c', '((a - b) - c)'],
    ['a ^ b ^ c', '(a ^ (b ^ c))'],
    ['-2 ^ 2', '-((2 ^ 2))'],
    ['2 ^ -3 ^ 2', '(2 ^ -((3 ^ 2)))'],
    ['-a * b', '(-(a) * b)'],
    ['-1 - -1', '(-1 - -1)'],
    ['a or b and c unless d', '(a or ((b and c) unless d))'],
    ['a == b + c', '(a == (b + c))'],
    ['a + b offset 5m * c', '(a + (b offset 5m * c))'],
    ['-a offset 5m', '-(a offset 5m)'],
    ['a * b[5m:1m]', '(a * b[:])'],
    ['a + b @ 5 offset -1h', '(a + b @ 5 offset -1h)'],
    ['a atan2 b % c', '((a atan2 b) % c)'],
  ])('%s', (text, want) => {
    // A range vector is no operand; its order can be seen all the same.
    const wrapped = text.replace('b[5m:1m]', 'last_over_time(b[5m:1m])');
    expect(order(parsePromQL(wrapped)).replace('last_over_time(b[5m:1m])', 'b[:]')).toBe(want);
  });
});

describe('prints in one form', () => {
  test.each([
    ['SUM BY (a) (foo)', 'sum by (a) (foo)'],
    ['sum(foo) without (a, "b c")', 'sum without (a, "b c") (foo)'],
    ['{"my.metric", a="b"}', '{"my.metric",a="b"}'],
    ['{__name__="foo", a!~"x|y"}', '{__name__="foo",a!~"x|y"}'],
    ['rate(foo{a="b"}[5m] offset 1h30m)', 'rate(foo{a="b"}[5m] offset 1h30m)'],
    ['foo @ start()', 'foo @ start()'],
    ['foo[90] @ 1.5', 'foo[1m30s] @ 1.5'],
    ['a * on (x) group_left (y) b', 'a * on (x) group_left (y) b'],
    ['a > bool ignoring (x) b', 'a > bool ignoring (x) b'],
    ['topk(3, foo)', 'topk(3, foo)'],
    ['0x1F + 1_000 + 010 + 1e3 + .5 + 1h', '31 + 1000 + 8 + 1000 + 0.5 + 3600'],
    ['-Inf + NaN', '-Inf + NaN'],
    ['2. * 1./6. + 1.e2', '2 * 1 / 6 + 100'],
    ['# a\nsum( # b "\n  foo # c\n) # d', 'sum(foo)'],
    ['foo{a="#2. "}', 'foo{a="#2. "}'],
    ['foo{a="2. "} # 3. no', 'foo{a="2. "}'],
    ['sum_over_time(foo[1h:])', 'sum_over_time(foo[1h:])'],
    ['sum_over_time(foo[2h-30m:5m*2])', 'sum_over_time(foo[1h30m:10m])'],
    [
      `label_replace(a, 'x', "\\u00e9\\x41", \`\\d\`, "(.*)")`,
      'label_replace(a, "x", "éA", "\\\\d", "(.*)")',
    ],
    ['sum by (on, by) (foo{on="1"})', 'sum by ("on", "by") (foo{"on"="1"})'],
  ])('%s', (text, want) => {
    expect(printPromQL(parsePromQL(text))).toBe(want);
    expect(printPromQL(parsePromQL(want))).toBe(want);
  });
});

describe('refuses, with the place', () => {
  test.each([
    ['', '1:1: parse error: no expression found in input'],
    ['# nothing', '1:1: parse error: no expression found in input'],
    ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
    ['foo{a="b"', '1:10: parse error: unexpected end of input'],
    ['foo +', '1:6: parse error: unexpected end of input'],
    ['1 +\n  * 2', '2:3: parse error: unexpected "*"'],
    ['nofn(x)', '1:1: parse error: unknown function with name "nofn"'],
    ['"abc', '1:1: parse error: unterminated or malformed quoted string "abc'],
    ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['{a=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['foo{a=~"("}', '1:1: parse error: error parsing regexp: missing closing ): `(`'],
    ['foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
    [
      'rate(foo)',
      '1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    ['rate()', '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'],
    ['round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
    ['1 > 2', '1:1: parse error: comparisons between scalars must use BOOL modifier'],
    ['a + bool b', '1:1: parse error: bool modifier can only be used on comparison operators'],
    ['a and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ['a + on (x) 1', '1:1: parse error: vector matching only allowed between instant vectors'],
    [
      'a + on (x) group_left (x) b',
      '1:1: parse error: label "x" must not occur in ON and GROUP clause at once',
    ],
    ['a and on (x) group_left () b', '1:1: parse error: no grouping allowed for "and" operation'],
    ['a[5m] + b', '1:1: parse error: binary expression must contain only scalar and instant vector types'],
    [
      '-a[5m]',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
    ],
    ['(a + b)[5m]', '1:1: parse error: ranges only allowed for vector selectors'],
    ['a offset 5m[1m]', '1:1: parse error: no offset modifiers allowed before range'],
    ['a @ 1 [1m]', '1:1: parse error: no @ modifiers allowed before range'],
    ['a offset 5m offset 1m', '1:1: parse error: offset may not be set multiple times'],
    [
      '1 offset 5m',
      '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['a[0s]', '1:3: parse error: duration must be greater than 0'],
    ['a @ Inf', '1:5: parse error: timestamp out of bounds for @ modifier: Inf'],
    ['1[5m:]', '1:1: parse error: subquery is only allowed on instant vector, got scalar instead'],
    ['sum()', '1:1: parse error: no arguments for aggregate expression provided'],
    [
      'topk(a)',
      '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1',
    ],
    ['topk("a", b)', '1:6: parse error: expected type scalar in aggregation parameter, got string'],
    ['sum(1)', '1:5: parse error: expected type instant vector in aggregation expression, got scalar'],
  ])('%s', (text, want) => {
    expect(() => parsePromQL(text)).toThrow(expect.objectContaining({ code: 'bad_data', message: want }));
  });

  test('what is nested too deeply', () => {
    const text = `${'('.repeat(1001)}1${')'.repeat(1001)}`;
    const message = '1:1001: parse error: expression is nested deeper than 1000';
    expect(() => parsePromQL(text)).toThrow(expect.objectContaining({ code: 'bad_data', message }));
  });
});

describe('durations of the query', () => {
  const window = { stepMs: 15_000, rangeMs: 3_600_000 };
  test.each([
    ['a[step()]', 'a[15s]', 'a[step()]'],
    ['a[2 * step()]', 'a[30s]', 'a[2s * step()]'],
    ['a[max_of(step(),1m)]', 'a[1m]', 'a[max_of(step(), 1m)]'],
    ['a[min_of( range() / 4, 1h)]', 'a[15m]', 'a[min_of(range() / 4s, 1h)]'],
    ['a offset -step()', 'a offset -15s', 'a offset -step()'],
    [
      'a[(5m + step()) % 2m:step()] offset range()',
      'a[1m15s:15s] offset 1h',
      'a[(5m + step()) % 2m:step()] offset range()',
    ],
    ['rate(a[step() ^ 2])', 'rate(a[3m45s])', 'rate(a[step() ^ 2s])'],
  ])('%s', (text, known, printed) => {
    const expr = parsePromQL(text);
    expect(printPromQL(expr)).toBe(printed);
    expect(withoutSpans(resolveDurations(expr, window, text))).toMatchObject(
      withoutSpans(parsePromQL(known)) as object,
    );
    expect(withoutSpans(parsePromQL(printed))).toEqual(withoutSpans(expr));
  });

  test.each([
    ['a[step()]', '1:3: parse error: duration must be greater than 0'],
    ['a[1m / step()]', '1:3: parse error: division by zero'],
    ['a[1m % range()]', '1:3: parse error: modulo by zero'],
  ])('an instant query has none: %s', (text, message) => {
    const expr = parsePromQL(text);
    expect(() => resolveDurations(expr, { stepMs: 0, rangeMs: 0 }, text)).toThrow(
      expect.objectContaining({ code: 'bad_data', message }),
    );
  });
});

test.each([
  'a + fill (0) b',
  'a </ 5 >/ b + 1',
  'rate(a[5m] anchored offset 1m)',
  'a smoothed @ end()',
  'a / on (x) group_left () fill_left (-1.5) b',
  'a > bool fill_right (Inf) b',
  'a - ignoring (x) fill_left (1) fill_right (2) b',
])('%s prints and reads the same', (text) => {
  expect(printPromQL(parsePromQL(text))).toBe(text);
});

test.each([' + ', ' or ', ' / on (le) '])('a chain of 999 operators:%s', (op) => {
  const text = Array.from({ length: 1000 }, (_, i) => `metric_${i}`).join(op);
  expect(selectorsOf(parsePromQL(text))).toHaveLength(1000);
});

test('selectors of an expression', () => {
  const expr = parsePromQL('sum(rate(a[5m])) / topk(scalar(b), {c="d"}) > max_over_time(e[1h:])');
  expect(selectorsOf(expr).map(printPromQL)).toEqual(['a', 'b', '{c="d"}', 'e']);
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...'a foo sum rate topk by without on ignoring group_left bool and or unless offset @ start end ( ) { } [ ] , : 5m 1h 1 0x1f -3 1.5e3 Inf NaN + - * / % ^ == != < > = =~ !~ "x" \'y\' `z` "\\xc5" "é" __name__ le #c\n 2.'.split(
      ' ',
    ),
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 14 }).map((words) => words.join(' ')),
    fc.array(pieces, { maxLength: 10 }).map((words) => words.join('')),
  );

  test('is read or refused with a Fault; what is read prints and reads the same', () => {
    fc.assert(
      fc.property(texts, (text) => {
        let expr: Expr;
        try {
          expr = parsePromQL(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
          return;
        }
        expect(withoutSpans(parsePromQL(printPromQL(expr)))).toEqual(withoutSpans(expr));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('generated expressions', () => {
  const label = fc.constantFrom('a', 'b', 'le', 'my.label', 'by');
  const labels = fc.array(label, { maxLength: 2 }).map((names) => names.map((name) => `"${name}"`).join(','));
  const matcher = fc
    .tuple(label, fc.constantFrom('=', '!=', '=~', '!~'), fc.constantFrom('x', 'a|b', 'é', '\\n'))
    .map(([name, op, value]) => `"${name}"${op}"${value}"`);
  const duration = fc.constantFrom('5m', '1h30m', '90', '1d', '250ms');
  const modifier = fc.constantFrom(
    '',
    ' offset 5m',
    ' offset -1h',
    ' @ 17.5',
    ' @ end()',
    ' @ start() offset 1w',
  );
  const tree = fc.letrec<{ vector: string; scalar: string }>((tie) => ({
    vector: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc
        .tuple(fc.constantFrom('foo', 'bar_total'), fc.array(matcher, { maxLength: 2 }), modifier)
        .map(([name, matchers, after]) => `${name}{${matchers.join(',')}}${after}`),
      fc
        .tuple(fc.constantFrom('rate', 'sum_over_time'), duration, modifier)
        .map(([f, d, m]) => `${f}(foo[${d}]${m})`),
      fc.tuple(tie('vector'), duration, modifier).map(([v, d, m]) => `max_over_time((${v})[${d}:]${m})`),
      fc
        .tuple(fc.constantFrom('sum', 'avg'), fc.constantFrom('by', 'without'), labels, tie('vector'))
        .map(([op, by, names, v]) => `${op} ${by} (${names}) (${v})`),
      fc
        .tuple(tie('vector'), fc.constantFrom('+', '*', '^', '==', '> bool', 'atan2'), tie('scalar'))
        .map((p) => p.join(' ')),
      fc
        .tuple(tie('vector'), fc.constantFrom('-', '/', 'and', 'or', 'unless'), tie('vector'))
        .map((p) => p.join(' ')),
      fc
        .tuple(tie('vector'), fc.constantFrom('!= on(a)', '* ignoring(b) group_left(a)'), tie('vector'))
        .map(([left, op, right]) => `(${left}) ${op} (${right})`),
      tie('vector').map((v) => `-${v}`),
      tie('vector').map((v) => `(${v})`),
    ),
    scalar: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('1', '-2', '1e300', '1e-9', 'Inf', '0x1f', '5m'),
      tie('vector').map((v) => `scalar(${v})`),
      fc.tuple(tie('scalar'), fc.constantFrom('+', '^', '% '), tie('scalar')).map((p) => p.join(' ')),
      tie('scalar').map((s) => `-${s}`),
    ),
  }));

  test('print and read the same', () => {
    fc.assert(
      fc.property(tree.vector, (text) => {
        const expr = parsePromQL(text);
        expect(withoutSpans(parsePromQL(printPromQL(expr)))).toEqual(withoutSpans(expr));
      }),
      { numRuns: 1000 },
    );
  });
});

function withoutSpans(expr: Expr): unknown {
  return JSON.parse(
    JSON.stringify(expr, (key: string, value: unknown) => {
      if (key === 'span') return undefined;
      return typeof value === 'number' ? String(value) : value;
    }),
  );
}
