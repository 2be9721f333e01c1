import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { labelsFrom, METRIC_NAME } from './labels.ts';
import { endsAsOpenMetrics, ExpositionReader } from './exposition.ts';

type Line =
  | [line: number, sample: string]
  | [line: number, sample: string, value: number, timestampMs?: number];

/** Each sample as its labels in the order of the line, and each wrong line as its reason. */
function read(text: string | Uint8Array, openMetrics = false): Line[] {
  const reader = new ExpositionReader(typeof text === 'string' ? Buffer.from(text) : text, openMetrics);
  const lines: Line[] = [];
  while (reader.next()) {
    const { line, problem, value, timestampMs } = reader;
    if (problem !== undefined) lines.push([line, problem]);
    else if (Number.isNaN(timestampMs)) lines.push([line, reader.labels().join('|'), value]);
    else lines.push([line, reader.labels().join('|'), value, timestampMs]);
  }
  return lines;
}

describe('a sample', () => {
  test.each<[string, string, number, number?]>([
    ['a 1', '__name__|a', 1],
    ['a:b_c9 -0', '__name__|a:b_c9', -0],
    ['\t a  \t1\t', '__name__|a', 1],
    ['a 1\r', '__name__|a', 1],
    ['a 1 1700000000123', '__name__|a', 1, 1700000000123],
    ['a 1 -5 ', '__name__|a', 1, -5],
    ['a{} 1', '__name__|a', 1],
    ['a{}1', '__name__|a', 1],
    ['a { x = "y" , } 1', '__name__|a|x|y', 1],
    ['a{x="y",z="",} NaN', '__name__|a|x|y|z|', NaN],
    ['a{x="}, 1 # {"} +Inf', '__name__|a|x|}, 1 # {', Infinity],
    ['a{x="\\\\n\\n\\"\\t"} -Inf', '__name__|a|x|\\n\n"\\t', -Infinity],
    ['a{x="ü😀"} 1', '__name__|a|x|ü😀', 1],
    ['a{le="0.5"} 3 # {trace_id="x y"} 0.4 1700000000.1', '__name__|a|le|0.5', 3],
    ['a 3 5 # {} 0.4', '__name__|a', 3, 5],
    ['{"my.metric"} 1', '__name__|my.metric', 1],
    ['{"my.metric",a="b"} 1', '__name__|my.metric|a|b', 1],
    ['{"a \\"b\\" \\\\", "l.x"="y"} 1', '__name__|a "b" \\|l.x|y', 1],
    ['{x="y","späť"} 1', 'x|y|__name__|späť', 1],
    ['{__name__="a",x="y"} 1', '__name__|a|x|y', 1],
    ['a{"b c"="d"} 1', '__name__|a|b c|d', 1],
  ])('%s', (text, labels, value, timestampMs) => {
    const expected = timestampMs === undefined ? [1, labels, value] : [1, labels, value, timestampMs];
    expect(read(text)).toEqual([expected]);
    expect(read(`${text}\n`)).toEqual([expected]);
  });

  test.each<[string, number]>([
    ['a 1 1700000000', 1700000000000],
    ['a 1 1700000000.123', 1700000000123],
    ['a 1 1.001', 1001],
    ['a 1 1.7e9 # {x="y"} 1', 1700000000000],
  ])('%s of OpenMetrics is at %d ms', (text, timestampMs) => {
    expect(read(`${text}\n# EOF\n`, true)).toEqual([[1, '__name__|a', 1, timestampMs]]);
  });
});

test.each([
  ['1a 1', 'it does not begin with the name of a metric'],
  ['"a" 1', 'it does not begin with the name of a metric'],
  ['a.b 1', 'the name of the metric has a character that needs quotes'],
  ['a', 'it has no value'],
  ['a ', 'it has no value'],
  ['a{b="c"}', 'it has no value'],
  ['a 1x', 'the value "1x" is no number'],
  ['a 0x10', 'the value "0x10" is no number'],
  ['a 1e999', 'the value "1e999" is no number'],
  ['a 1 x', 'the timestamp "x" is no number of milliseconds, whole, since 1970'],
  ['a 1 1.5', 'the timestamp "1.5" is no number of milliseconds, whole, since 1970'],
  ['a 1 NaN', 'the timestamp "NaN" is no number of milliseconds, whole, since 1970'],
  ['a 1 2 3', 'something stands behind value and timestamp'],
  ['a 1 # exemplar', 'something stands behind value and timestamp'],
  ['a{b="c} 1', 'a quote is not closed'],
  ['a{b="c\\', 'a quote is not closed'],
  ['a{b=c} 1', 'the value of a label does not stand in quotes'],
  ['a{b} 1', 'there is no = behind the label "b"'],
  ['a{="c"} 1', 'a label has no name, or one that needs quotes'],
  ['a{9="c"} 1', 'a label has no name, or one that needs quotes'],
  ['a{a:b="c"} 1', 'there is no = behind the label "a"'],
  ['a{,} 1', 'a label has no name, or one that needs quotes'],
  ['a{""="c"} 1', 'a label has no name, or one that needs quotes'],
  ['a{b="c";d="e"} 1', 'the labels do not end with }'],
  ['a{b="c"', 'the labels do not end with }'],
  [`a{${'b="",'.repeat(2001)}} 1`, 'it has more than 2000 labels'],
])('%j is refused, its neighbours are read', (wrong, problem) => {
  expect(read(`# TYPE a counter\n\nfirst 1\n${wrong}\nlast 2 3`)).toEqual([
    [3, '__name__|first', 1],
    [4, problem],
    [5, '__name__|last', 2, 3],
  ]);
});

test('comments, HELP, TYPE and UNIT are passed over, whatever they say of names', () => {
  const text =
    '#\n#a 1\n# HELP a Help\\n "of" {a} 1\n# TYPE a histogram\n# UNIT a seconds\n  # x\nother_name_total 7\n# EOF\nb 1';
  expect(read(text)).toEqual([
    [7, '__name__|other_name_total', 7],
    [9, '__name__|b', 1],
  ]);
});

test('in OpenMetrics nothing may stand behind # EOF, and it may not be missing', () => {
  expect(read('a 1\n# EOF\n\nb 1\n# x\n', true)).toEqual([
    [1, '__name__|a', 1],
    [4, 'it stands after # EOF'],
    [5, 'it stands after # EOF'],
  ]);
  for (const [text, unfinished] of [
    ['a 1\n# EOF', false],
    ['a 1\n# EOF\r\n', false],
    ['a 1\n# EOFx\n', true],
    ['', true],
  ] as const) {
    const reader = new ExpositionReader(Buffer.from(text), true);
    while (reader.next());
    expect(reader.unfinished, text).toBe(unfinished);
    expect(endsAsOpenMetrics(Buffer.from(text)), text).toBe(!unfinished);
  }
});

test('a line that is not UTF-8 is refused, its neighbours are read', () => {
  const bytes = Buffer.concat([
    Buffer.from('a{x="ü"} 1\nb{x="'),
    Uint8Array.of(0xc3),
    Buffer.from('"} 1\nc{x="ü"} 1'),
  ]);
  expect(read(bytes)).toEqual([
    [1, '__name__|a|x|ü', 1],
    [2, 'it is not UTF-8'],
    [3, '__name__|c|x|ü', 1],
  ]);
});

test('the bytes that name a series are told', () => {
  const reader = new ExpositionReader(Buffer.from('a{x="1"} 1\na{x="1"} 2\na{x="2"} 1\na 1\n'), false);
  const names: string[] = [];
  while (reader.next())
    names.push(Buffer.from(reader.bytes.subarray(reader.seriesStart, reader.seriesEnd)).toString());
  expect(names).toEqual(['a{x="1"}', 'a{x="1"}', 'a{x="2"}', 'a']);
});

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/).filter((label) => label !== METRIC_NAME);
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '}'), maxLength: 6 }),
);
const blanks = fc.stringMatching(/^[ \t]{0,2}$/);

const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

interface Printed {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs: number | null;
  readonly blank: string;
}

test('what is printed is read, with any blanks, labels and values', () => {
  const sample = fc.record({
    name: fc.oneof(
      name,
      anyText.filter((text) => text !== ''),
    ),
    labels: fc.dictionary(
      fc.oneof(
        labelName,
        anyText.filter((text) => text !== '' && text !== METRIC_NAME),
      ),
      anyText,
      { maxKeys: 4, noNullPrototype: false },
    ),
    value: fc.double(),
    timestampMs: fc.option(fc.integer()),
    blank: blanks,
  });
  const print = ({ name, labels, value, timestampMs, blank }: Printed): string => {
    const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
    const pairs = Object.entries(labels).map(([label, text]) => {
      const quoted = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : `"${escape(label)}"`;
      return `${quoted}${blank}=${blank}"${escape(text)}"`;
    });
    if (!plain) pairs.unshift(`"${escape(name)}"`);
    return `${plain ? name : ''}${blank}{${blank}${pairs.join(`${blank},${blank}`)}${blank}} ${blank}${Object.is(value, -0) ? '-0' : value}${timestampMs === null ? '' : ` ${timestampMs}`}${blank}`;
  };
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 5 }), (samples) => {
      const expected = samples.map(({ name, labels, value, timestampMs }, i) => {
        const all = [METRIC_NAME, name, ...Object.entries(labels).flat()].join('|');
        return timestampMs === null ? [i + 1, all, value] : [i + 1, all, value, timestampMs];
      });
      expect(read(samples.map(print).join('\n'))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

/** One line by one pattern, slowly; undefined when it is wrong, null when it holds nothing. */
function readNaively(line: string): string | null | undefined {
  if (/^[ \t\r]*(#[^\n]*)?$/.test(line)) return null;
  const found =
    /^[ \t\r]*([a-zA-Z_:][\w:]*(?![\w:]))?[ \t\r]*(?:\{((?:"(?:\\.|[^"\\])*"|[^"])*?)\})?[ \t\r]*([^ \t\r{]+)(?:[ \t\r]+(-?\d+))?(?=[ \t\r]|$)[ \t\r]*(?:#[ \t\r]*\{[^\n]*)?$/.exec(
      line,
    );
  if (!found) return undefined;
  const [, name, inner, value = '', time] = found;
  if (inner === undefined && (name === undefined || !/^[ \t\r]*[\w:]+[ \t\r]/.test(line))) return undefined;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(value)) return undefined;
  const labels = name === undefined ? [] : [METRIC_NAME, name];
  let rest = (inner ?? '').trim();
  while (rest !== '') {
    const pair = /^([a-zA-Z_]\w*)[ \t\r]*=[ \t\r]*"((?:\\.|[^"\\])*)"[ \t\r]*(,[ \t\r]*|$)/.exec(rest);
    if (!pair) return undefined;
    labels.push(
      pair[1] as string,
      (pair[2] as string).replace(/\\(["\\n])/g, (_all, c: string) => (c === 'n' ? '\n' : c)),
    );
    rest = rest.slice(pair[0].length);
  }
  return JSON.stringify([labels, Number(value), time === undefined ? null : Number(time)]);
}

test('any text of such characters is read as a slow twin reads it', () => {
  const token = fc.constantFrom(
    'a',
    'b_1',
    '{',
    '}',
    '{x="1"}',
    '{x="1",y="\\n",}',
    '"',
    '\\',
    ',',
    '=',
    ' ',
    '\t',
    '\n',
    '\n',
    '1',
    ' 2',
    ' 5',
    '.5',
    '-',
    '#',
    '\r',
    'ü',
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 14 }), (tokens) => {
      const text = tokens.join('');
      const reader = new ExpositionReader(Buffer.from(text), false);
      const found = new Map<number, string | undefined>();
      while (reader.next()) {
        const { line, problem, value, timestampMs } = reader;
        const time = Number.isNaN(timestampMs) ? null : timestampMs;
        found.set(line, problem === undefined ? JSON.stringify([reader.labels(), value, time]) : undefined);
      }
      for (const [i, line] of text.split('\n').entries()) {
        const expected = readNaively(line);
        if (expected === null) expect(found.has(i + 1)).toBe(false);
        else expect([found.has(i + 1), found.get(i + 1)], JSON.stringify(line)).toEqual([true, expected]);
      }
    }),
    { numRuns: 5000 },
  );
});

test('any bytes are read, and every line is told of once at most', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, openMetrics) => {
      const numbers = read(bytes, openMetrics).map(([line]) => line);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    }),
    { numRuns: 1000 },
  );
});

test('label sets are those of the data model', () => {
  const reader = new ExpositionReader(Buffer.from('up{job="a",empty=""} 1\n'), false);
  reader.next();
  const texts = reader.labels();
  const record = Object.fromEntries(
    texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1] as string]] : [])),
  );
  expect(labelsFrom(record)).toEqual([METRIC_NAME, 'up', 'job', 'a']);
});
