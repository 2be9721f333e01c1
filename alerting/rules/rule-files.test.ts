import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { peer } from '../../test/tools/peers.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { parseRuleFile } from './parse-rule-file.ts';
import { readRuleFiles } from './read-rule-files.ts';
import type { AlertRule } from './rule.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/rules');

const rule = (lines: string): string =>
  `groups:\n- name: g\n  rules:\n  - ${lines.replaceAll('\n', '\n    ')}\n`;

/** A file, and the faults that it has here; promtool refuses those with faults and takes the others. */
const CASES: readonly { file: string; faults: readonly (string | RegExp)[] }[] = [
  { file: '', faults: [] },
  { file: 'groups:\n', faults: [] },
  { file: rule('alert: A\nexpr: 1'), faults: [] },
  {
    file: rule('alert: A b\nexpr: up == 0\nfor: 1h30m\nkeep_firing_for: 5m\nlabels: {a: 1, b: true}'),
    faults: [],
  },
  { file: 'groups:\n- name: g\n  interval: 1m\n  limit: 3\n', faults: [] },
  { file: rule('alert: &n A\nexpr: up\nannotations: {x: *n}'), faults: [] },
  { file: 'groups: 5', faults: ['r.yaml:1:9: groups: expected a list, found "5"'] },
  { file: 'gruops: []', faults: ['r.yaml:1:1: there is no field "gruops"; there are groups'] },
  { file: 'groups:\n- rules: []\n', faults: ['r.yaml:2:3: group 1: name must be set'] },
  { file: 'groups:\n- name: g\n- name: g\n', faults: ['r.yaml:3:3: group "g" is there twice in this file'] },
  {
    file: 'groups:\n- name: g\n  interval: 5 m\n',
    faults: ['r.yaml:3:13: group "g": interval: "5 m" is not a duration such as 5s, 100ms or 1h30m'],
  },
  { file: 'groups:\n- name: g\n  limit: many\n', faults: [/limit: "many" is not a whole number such as 10/] },
  {
    file: rule('alert: A\nexpr: up ==\nfor: x\nlabels: {"a-b": "{{ $x }}"}\nannotations: {s: "{{ end }}"}'),
    faults: [
      /^r.yaml:5:11: group "g", rule 1, "A": expr: "up ==" 1:6: parse error: /,
      /r.yaml:7:14: group "g", rule 1, "A": labels: "a-b" can't be the name of a label or annotation/,
      /r.yaml:7:21: .* labels: a-b: ?"\{\{ \$x \}\}" 1:4: undefined variable "\$x"/,
      /annotations: s: ?"\{\{ end \}\}" 1:1: unexpected \{\{end\}\}/,
      /for: "x" is not a duration/,
    ],
  },
  { file: rule('alert: A'), faults: ['r.yaml:4:5: group "g", rule 1, "A": expr must be set'] },
  { file: rule('expr: up'), faults: ['r.yaml:4:5: group "g", rule 1: one of record and alert must be set'] },
  { file: rule('alert: A\nrecord: a\nexpr: up'), faults: [/only one of record and alert may be set/] },
  { file: rule('record: a b\nexpr: up'), faults: [/record must be a metric name, not "a b"/] },
  {
    file: rule('record: a\nexpr: up\nfor: 5m\nannotations: {a: b}'),
    faults: [/for is for alerts, not for record/, /annotations is for alerts, not for record/],
  },
  { file: rule('alert: A\nexpr: [up]'), faults: [/expr: expected a text, found a list/] },
  { file: rule('alert: A\nexpr: up\nlabels: [a]'), faults: [/labels: expected a mapping, found a list/] },
  { file: 'groups:\n- name: [', faults: [/^r.yaml:/] },
  { file: 'a: {b\n', faults: [/^r.yaml:/] },
];

function promtoolTakes(file: string): Promise<boolean> {
  return new Promise((done) => {
    execFile(peer('promtool'), ['check', 'rules', file], (error) => done(error === null));
  });
}

describe('what is wrong with a rule file is told whole', () => {
  test.each(CASES)('$file', ({ file, faults }) => {
    const told = parseRuleFile('r.yaml', file).faults;
    expect(told, told.join('\n')).toHaveLength(faults.length);
    for (const [i, fault] of faults.entries())
      expect(told[i]).toEqual(expect.stringMatching(toRegExp(fault)));
  });
});

function toRegExp(fault: string | RegExp): RegExp {
  return typeof fault === 'string' ? new RegExp(`^${RegExp.escape(fault)}$`) : fault;
}

describe('promtool takes and refuses the same', () => {
  test('of the cases above', async () => {
    const folder = temporaryFolder();
    const results = CASES.map(async ({ file, faults }, i) => {
      const path = join(folder, `${i}.yaml`);
      writeFileSync(path, file);
      return { file, takes: await promtoolTakes(path), here: faults.length === 0 };
    });
    for (const { file, takes, here } of await Promise.all(results))
      expect({ file, takes }).toEqual({ file, takes: here });
  });

  test.each(readdirSync(FIXTURES))('%s', async (name) => {
    const path = join(FIXTURES, name);
    const { faults } = parseRuleFile(path, readFileSync(path, 'utf8'));
    expect(faults.length === 0, faults.join('\n')).toBe(await promtoolTakes(path));
  });
});

describe('reading files', () => {
  test('by patterns, once each, all faults of all files in one', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.yaml'), rule('alert: A'));
    writeFileSync(join(folder, 'b.yaml'), 'groups: 1');
    const patterns = [join(folder, '*.yaml'), join(folder, 'a.yaml'), join(folder, 'none.yaml')];
    expect(() => readRuleFiles(patterns)).toThrow(
      /^3 things are wrong in rule files:\n.*a\.yaml:4:5.*\n.*b\.yaml:1:9.*\n.*none\.yaml: can't be read: ENOENT.*$/,
    );
  });

  test('rules of one name have keys of their own, which stay when the file moves', () => {
    const folder = temporaryFolder();
    const keys = ['a', 'b'].map((name) => {
      const path = join(folder, `${name}.yaml`);
      writeFileSync(path, `${rule('alert: A\nexpr: up')}  - {alert: A, expr: down}\n`);
      return readRuleFiles([path]).groups.flatMap(({ rules }) =>
        rules.map((each) => (each as AlertRule).key),
      );
    });
    expect(keys[0]).toEqual(['["g","A"]', '["g","A"]#1']);
    expect(keys[1]).toEqual(keys[0]);
  });

  test('labels of the group are those of its rules, which may set them anew', () => {
    const text =
      'groups:\n- name: g\n  labels: {a: x, b: y}\n  rules:\n  - {alert: A, expr: up, labels: {b: z}}\n';
    const [group] = parseRuleFile('f', text).groups;
    const [first] = group?.rules ?? [];
    expect(first?.labels.map(({ name, template }) => [name, template.text])).toEqual([
      ['a', 'x'],
      ['b', 'z'],
    ]);
  });

  test('a second document and a pattern without files are told', () => {
    expect(readRuleFiles([join(FIXTURES, 'rules_multi_doc.yaml')]).warnings[0]).toMatch(
      /only its first YAML document/,
    );
    expect(readRuleFiles(['/nowhere/*.yaml'])).toEqual({
      groups: [],
      warnings: ['no rule file is named by "/nowhere/*.yaml" (setting alerting.rules)'],
    });
  });
});

test('any text is read or has faults', () => {
  const word = fc.constantFrom(
    'groups',
    'name',
    'rules',
    'alert',
    'record',
    'expr',
    'for',
    'labels',
    'up',
    '5m',
    '&a',
    '*a',
    '<<',
    '"{{ $value }}"',
    '[',
    ']',
    '{',
    '}',
    '---',
    '- ',
    ': ',
    '\n',
    '\n  ',
    '\n    ',
    '!!int',
    '|',
    '>',
  );
  const text = fc.oneof(
    fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
    fc.string(),
  );
  const tree = fc
    .letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        word,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(word, tie('node'), { maxKeys: 5 }),
      ),
    }))
    .node.map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(text, tree), (text) => {
      try {
        for (const fault of parseRuleFile('f', text).faults) expect(fault).toMatch(/^f:\d+:\d+: ./);
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown;
      }
    }),
    { numRuns: 2000 },
  );
});
