import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';
import { stringify } from 'yaml';

import { peer } from '../../test/tools/peers.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { builtins } from './builtins.ts';
import { expandTemplate, type Functions } from './evaluate.ts';
import { parseTemplate } from './parse.ts';
import { prometheusFunctions, sampleOf } from './prometheus-functions.ts';
import { Struct } from './value.ts';

/** Templates by themselves; the alert's value is 0.8125 and its labels are instance="a:1" and job="x". */
const TEMPLATES = [
  '{{ 123456789.0 }} {{ 1000000.0 }} {{ 100000.0 }} {{ 1e20 }} {{ 1e21 }} {{ 0.00001 }} {{ 1.5e-7 }} {{ 1234567.5 }} {{ -0.0 }} {{ 0.0001 }}',
  '{{ printf "%g %g %.3g %.3g %v %6.2f|%-6s|%06d|%x|%q|%t|%e|%c|%U" 1000000.0 123456789.0 1234.5 100000.0 2.0 3.14159 "ab" 42 255 "q\\"" true 12345.678 65 65 }}',
  '{{ printf "%d" 1.5 }} {{ printf "%s" 3 }} {{ printf "%d" }} {{ printf "x" 1 }} {{ printf "%z" 1 }} {{ printf "%+d % d %5t" 3 4 true }} {{ printf "%s %v" nil nil }}',
  '{{ printf "%.10g %.4g %g %G %.0f %.0f %.1f %.2e %.2e %.1g %08.3f %+.1f %-8.2f| %5d| %-5d| %#x %X %o %b" 1e9 99999.0 1e-7 1e-7 2.5 3.5 0.25 0.00012345 1.125 25.0 -3.14159 2.0 1.0 42 42 255 255 8 5 }}',
  '{{ printf "%5s|%.2s|%x|%T|%v|%5.1f%%|%q" "äb" "äbc" "hi" 1.5 "s" 12.345 97 }}',
  '{{ print 1 2 "a" "b" 3.5 }}|{{ println 1 "a" }}|{{ len "abc" }}|{{ index $labels "x" }}|{{ $labels }}|{{ .Value }}|{{ $labels.instance }}',
  '{{ humanize 0.0 }} {{ humanize 1234567.0 }} {{ humanize 0.001234 }} {{ humanize -12.5 }} {{ humanize 1e30 }} {{ humanize "12345" }} {{ humanize 1e-30 }} {{ humanize 999.99 }} {{ humanize 1 }}',
  '{{ humanize1024 1048576.0 }} {{ humanize1024 0.5 }} {{ humanize1024 1e30 }} {{ humanize1024 1500.0 }} {{ humanize1024 -4096.0 }}',
  '{{ humanizeDuration 0.0 }} {{ humanizeDuration 3661.0 }} {{ humanizeDuration 90061.0 }} {{ humanizeDuration -12.5 }} {{ humanizeDuration 0.0012 }} {{ humanizeDuration 59.9999 }} {{ humanizeDuration "12" }} {{ humanizeDuration 12.3456789 }} {{ humanizeDuration -3661.0 }}',
  '{{ humanizePercentage 0.1234567 }} {{ humanizePercentage -1.0 }} {{ humanizePercentage $value }} {{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp 0.0 }}',
  '{{ title "aa bb-cc d_e" }} {{ toUpper "äx" }} {{ toLower "ÄX" }} {{ match "a+" "baa" }} {{ reReplaceAll "(a)b" "$1-${1}x" "abab" }} {{ reReplaceAll "(?P<n>a)" "<$n$$>" "xa" }} {{ reReplaceAll "(.*):.*" "$1" "host:9100" }}',
  '{{ range query "vector(3)" }}[{{ .Labels }} {{ .Value }}]{{ end }} {{ query "vector(3)" | first | value }} {{ stripPort "a:1" }} {{ stripPort "a" }} {{ stripDomain "a.b:1" }} {{ stripDomain "a.b" }} {{ parseDuration "1h" }} {{ args 1 2 }}',
  '{{ stripPort "[::1]:80" }} {{ stripDomain "10.0.0.1:80" }} {{ tableLink "up{a=\\"b\\"}" }} {{ graphLink "up" }}',
  '{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" 5 }} {{ with $x := 3 }}{{ $x }}{{ else }}n{{ end }} {{ range $i, $v := args 1 2 }}{{ $i }}={{ $v }} {{ else }}none{{ end }} {{ if and true 0 }}a{{ else if not false }}b{{ end }} {{- " tr " -}}  x',
  '{{ eq 1 1 }} {{ eq "a" "b" "a" }} {{ lt 1 2 }} {{ ge 2.0 1.0 }} {{ or 0 "x" }} {{ and 1 0 }} {{ html "<a>&\\"\'" }} {{ js "<a>\'" }} {{ urlquery "a b&*!" }} {{ slice "abcdef" 1 3 }} {{ "a" | printf "%s-%s" "b" }} {{ (args 1 2).arg0 }} {{ true }} {{ 0x10 }} {{ 1_000 }} {{ 017 }}',
  '{{ if gt $value 0.5 }}high{{ else }}low{{ end }} {{ $labels.nope }}| {{ with $labels.job }}{{ . }}{{ end }} {{ if $labels.nope }}a{{ else if eq $labels.job "x" }}b{{ else }}c{{ end }}',
  '{{ range query "up" | sortByLabel "instance" }}{{ .Labels.instance }}:{{ label "job" . }} {{ end }}{{ strvalue (query "up" | first) }}',
  'a\n{{- /* comment */ -}}\n b {{/* c */}} {{ "\\t\\u00e4" }} {{ `raw\\n` }} {{ \'a\' }}',
];

const labels = new Map([
  ['__name__', 'value'],
  ['instance', 'a:1'],
  ['job', 'x'],
]);
const UP = ['b', 'a'].map((instance) =>
  sampleOf(
    new Map([
      ['__name__', 'up'],
      ['instance', instance],
      ['job', 'j'],
    ]),
    1,
  ),
);
const functions: Functions = new Map([
  ...builtins,
  ...prometheusFunctions,
  [
    'query',
    { least: 1, most: 1, run: ([expr]) => (expr === 'up' ? UP.toReversed() : [sampleOf(new Map(), 3)]) },
  ],
]);

function expand(text: string): string {
  const variables = { $labels: labels, $value: 0.8125 };
  const template = parseTemplate(text, { functions, variables: Object.keys(variables) });
  const data = new Struct({ Labels: labels, Value: 0.8125 });
  return expandTemplate(template, { functions, variables, data });
}

test('templates give what they give in a real Prometheus', async () => {
  const folder = temporaryFolder();
  const annotations = Object.fromEntries(TEMPLATES.map((text, i) => [`t${i}`, text]));
  const expected = Object.fromEntries(TEMPLATES.map((text, i) => [`t${i}`, expand(text)]));
  const rule = { alert: 'A', expr: 'value', annotations };
  writeFileSync(join(folder, 'rules.yml'), stringify({ groups: [{ name: 'g', rules: [rule] }] }));
  const unit = {
    rule_files: ['rules.yml'],
    tests: [
      {
        interval: '1m',
        external_url: 'http://prometheus',
        input_series: [
          { series: 'value{instance="a:1", job="x"}', values: '0.8125' },
          ...['a', 'b'].map((instance) => ({ series: `up{instance="${instance}", job="j"}`, values: '1' })),
        ],
        alert_rule_test: [
          {
            eval_time: '0m',
            alertname: 'A',
            exp_alerts: [{ exp_labels: { instance: 'a:1', job: 'x' }, exp_annotations: expected }],
          },
        ],
      },
    ],
  };
  writeFileSync(join(folder, 'test.yml'), stringify(unit));
  const run = promisify(execFile);
  const { stdout } = await run(peer('promtool'), ['test', 'rules', 'test.yml'], { cwd: folder }).catch(
    (failed: { stdout: string; stderr: string }) => ({ stdout: failed.stdout + failed.stderr }),
  );
  expect(stdout.replaceAll('", t', '",\n t')).toContain('SUCCESS');
});
