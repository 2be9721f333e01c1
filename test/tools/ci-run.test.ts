import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const vitest = `${process.execPath} ${join(root, 'node_modules/vitest/vitest.mjs')}`;
const good = `test('a', () => {}); test.fails('b', () => { throw new Error('as foreseen'); });`;

/** A tree with `.ci/run`, an npm whose `ci` and `run` end with the given codes, and tests for the real vitest. */
function runCi(given: { ci?: number; check?: number; tests: Readonly<Record<string, string>> }): {
  code: number | null;
  lines: string[];
} {
  const tree = temporaryFolder();
  cpSync(join(root, '.ci'), join(tree, '.ci'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [name, body] of Object.entries(given.tests)) {
    writeFileSync(join(tree, `${name}.test.ts`), `import { expect, test } from 'vitest';\n${body}\n`);
  }
  const npm = `#!/bin/sh
    [ "$CI" = true ] || exit 99
    case "$*" in
      ci) exit ${given.ci ?? 0};;
      'run check') exit ${given.check ?? 0};;
      test) exec ${vitest} run;;
    esac
    exit 98`;
  mkdirSync(join(tree, 'bin'));
  writeFileSync(join(tree, 'bin/npm'), npm, { mode: 0o755 });
  const env = { ...process.env, CI: 'false', PATH: `${tree}/bin:${process.env['PATH']}` };
  const { status, stdout } = spawnSync('bash', ['.ci/run'], { cwd: tree, encoding: 'utf8', env });
  return { code: status, lines: stdout.trimEnd().split('\n') };
}

const cases = [
  { name: 'all is well', given: { tests: { one: good, two: good } }, sum: '5 passed, 0 failed' },
  { name: 'the check fails', given: { check: 1, tests: { one: good } }, sum: '2 passed, 1 failed' },
  { name: 'the set-up fails', given: { ci: 1, tests: { one: good } }, sum: '3 passed, 1 failed' },
  {
    name: 'tests fail',
    given: { tests: { one: good, two: `test.each([1, 2])('%d', (n) => expect(n).toBe(0));` } },
    sum: '3 passed, 2 failed',
  },
  {
    name: 'tests are left out',
    given: { tests: { one: `${good} test.skip('c', () => {}); test.todo('d');` } },
    sum: '3 passed, 2 failed',
  },
  {
    name: 'a file cannot be read',
    given: { tests: { one: good, two: 'import(;' } },
    sum: '3 passed, 1 failed',
  },
  {
    name: 'an error falls between the tests',
    given: { tests: { one: `${good} test('late', () => void Promise.reject(new Error('loose')));` } },
    sum: '4 passed, 1 failed',
  },
  { name: 'there are no tests', given: { tests: {} }, sum: '1 passed, 1 failed' },
  { name: 'all goes wrong', given: { ci: 1, check: 2, tests: {} }, sum: '0 passed, 3 failed' },
];

test.each(cases)('$name: $sum', ({ given, sum }) => {
  const { code, lines } = runCi(given);
  expect(lines.at(-1)).toBe(sum);
  expect(code).toBe(sum.endsWith(' 0 failed') ? 0 : 1);
});
