import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../fault.ts';
import { builtins } from './builtins.ts';
import { expandTemplate, type Functions } from './evaluate.ts';
import { parseTemplate } from './parse.ts';
import { prometheusFunctions, sampleOf } from './prometheus-functions.ts';
import { Struct } from './value.ts';

const labels = new Map([['instance', 'a:1']]);
const samples = [sampleOf(new Map([['x', 'b']]), 2), sampleOf(new Map([['x', 'a']]), 1)];
const functions: Functions = new Map([
  ...builtins,
  ...prometheusFunctions,
  ['query', { least: 1, most: 1, run: () => samples }],
]);

function expand(text: string): string {
  const variables = { $labels: labels, $value: 1.5 };
  const template = parseTemplate(text, { functions, variables: Object.keys(variables) });
  return expandTemplate(template, { functions, variables, data: new Struct({ Labels: labels, Value: 1.5 }) });
}

describe('what a template gives', () => {
  // prometheus.peer.test.ts holds more against Prometheus itself.
  test.each([
    ['plain } text {', 'plain } text {'],
    ['{{ $labels.instance }} {{ .Value }} {{ $.Value }}', 'a:1 1.5 1.5'],
    ['a {{- /* said */ -}} b{{/* c */}} c', 'ab c'],
    ['{{ $labels.none }}|{{ index $labels "none" }}', '|'],
    ['{{ range query "x" | sortByLabel "x" }}{{ .Labels.x }}={{ .Value }};{{ end }}', 'a=1;b=2;'],
    ['{{ query "x" | first | label "x" }} {{ query "x" | first | value }}', 'b 2'],
    ['{{ range $i, $s := query "x" }}{{ if $i }},{{ end }}{{ $s.Labels.x }}{{ end }}', 'b,a'],
    ['{{ range query "x" }}{{ if eq .Value 1.0 }}{{ break }}{{ end }}{{ .Value }}{{ end }}', '2'],
    ['{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}', '32'],
    ['{{ with $y := "" }}a{{ else with "z" }}{{ . }}{{ end }}', 'z'],
    ['{{ block "b" 1 }}<{{ . }}>{{ end }}{{ template "b" 2 }}', '<1><2>'],
    ['{{ (query "x" | first).Labels.x }}', 'b'],
    ['{{ and 0 (index $labels 5) }}{{ or "x" (len 1) }}', '0x'],
    ['{{ \'\\n\' }} {{ "\\u00e4\\xc3\\xa4\\t" }} {{ `a\\n` }}', '10 ää\t a\\n'],
    ['{{ len "ä" }} {{ slice "abc" 1 }} {{ not 0 }}', '2 bc true'],
  ])('%s', (text, expected) => {
    expect(expand(text)).toBe(expected);
  });
});

describe('what is refused', () => {
  test.each([
    ['{{ $label.foo }}', '1:4: undefined variable "$label"'],
    ['x\n  {{ nope }}', '2:6: function "nope" not defined'],
    ['{{ if 1 }}x', '1:1: {{end}} is missing'],
    ['{{ "x', '1:4: a quote is not closed'],
    ['{{ .x', '1:1: the action is not closed: }} is missing'],
    ['{{ end }}', '1:1: unexpected {{end}}'],
    ['{{ }}', '1:4: a value is missing'],
    ['{{ 1 | 2 }}', '1:8: what follows a | must be a function'],
    ['{{ nil }}', '1:4: nil is not a command'],
    ['{{ break }}', '1:1: {{break}} outside of {{range}}'],
    ['{{ 1 2 }}', "1:4: can't give arguments to what is no function"],
    ['{{ . | .Value }}', '1:8: is no function, and takes no arguments'],
    ['{{ .Nope }}', "1:4: can't evaluate field Nope in type struct"],
    ['{{ gt $value 5 }}', '1:4: error calling gt: incompatible types for comparison'],
    ['{{ match "(" "a" }}', '1:4: error calling match: the regular expression "(" is wrong'],
    ['{{ len }}', '1:4: wrong number of args for len: want 1 got 0'],
    ['{{ template "t" }}', '1:1: template "t" not defined'],
    [
      '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
      'more than 100 templates within each other',
    ],
    [`${'{{ if 1 }}'.repeat(200)}${'{{ end }}'.repeat(200)}`, 'nested deeper than 100'],
    [`{{ ${'('.repeat(200)}1${')'.repeat(200)} }}`, 'nested deeper than 100'],
  ])('%.60s', (text, reason) => {
    expect(() => expand(text)).toThrow(reason);
    expect(() => expand(text)).toThrow(Fault);
  });
});

describe('no template runs away', () => {
  const loop = (body: string, depth: number): string =>
    `${'{{ range args 1 2 3 4 5 6 7 8 9 10 }}'.repeat(depth)}${body}${'{{ end }}'.repeat(depth)}`;

  test('by steps', () => expect(() => expand(loop('', 8))).toThrow(/more than 100000 steps/));
  test('by output', () =>
    expect(() => expand(loop('x'.repeat(1000), 3))).toThrow(/longer than 262144 characters/));
  test('by doubling a variable', () => {
    const text = `{{ $x := "abc" }}${loop('{{ $x = printf "%s%s" $x $x }}', 2)}`;
    expect(() => expand(text)).toThrow(/longer than 262144 characters/);
  });
});

test('any text gives a text or a Fault', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{{- ',
    ' -}}',
    'if',
    'else',
    'end',
    'range',
    'with',
    'define',
    'template',
    'block',
    'break',
    '"t"',
    '$x',
    ':=',
    '=',
    ',',
    '$labels',
    '.Value',
    '.',
    '|',
    '(',
    ')',
    '1',
    '1.5',
    '-0x1f',
    'printf',
    '"%5.2f %q %v"',
    'index',
    'slice',
    'query',
    'first',
    'humanize',
    'humanizeDuration',
    'args',
    'eq',
    'nil',
    'true',
    "'a'",
    ' ',
    '\n',
    '/*',
    '*/',
    'reReplaceAll',
    '"(a)"',
    '"$1"',
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 25 }).map((parts) => parts.join(' ')),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (text) => {
      try {
        expect(typeof expand(text)).toBe('string');
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown;
        expect(thrown.message).toMatch(/^\d+:\d+: ./);
      }
    }),
    { numRuns: 5000 },
  );
});
