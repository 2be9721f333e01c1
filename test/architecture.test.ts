import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

import { describe, expect, test } from 'vitest';

/** The directions of import that the design allows; a folder not named here may import nothing of ours. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  wire: ['lib'],
  lang: ['lib'],
  agent: ['lib', 'wire'],
  'aggregator/store': ['lib', 'wire'],
  'aggregator/ingest': ['lib', 'wire', 'aggregator/store'],
  'aggregator/query': ['lib', 'wire', 'lang', 'aggregator/store'],
  'aggregator/api': [
    'lib',
    'wire',
    'aggregator',
    'aggregator/ingest',
    'aggregator/query',
    'aggregator/store',
  ],
  // Its settings and its events; they know the stages whose events they tell.
  aggregator: ['lib', 'wire', 'aggregator/ingest'],
  alerting: ['lib', 'wire', 'lang'],
  web: ['lib', 'wire', 'lang'],
  cli: ['lib', 'wire', 'lang', 'agent', 'aggregator', 'alerting', 'cli'],
};

/** What one stage alone may know. */
const PACKAGES: readonly { name: RegExp; only: RegExp; why: string }[] = [
  { name: /^better-sqlite3$/, only: /^(aggregator\/store|alerting)\//, why: 'SQL stays in the store' },
  {
    name: /^fastify$/,
    only: /^(lib\/http|aggregator\/(api\/|main)|agent\/|alerting\/)/,
    why: 'the store never sees HTTP',
  },
];

const root = resolve(import.meta.dirname, '..');

function sourceFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('node_modules') && !file.split(sep).includes('dist'));
}

/** The specifiers of all static, dynamic and type imports of a file. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)['"]([^'"]+)['"]/gm);
  return [...found].map((match) => match[1] as string);
}

function stageOf(file: string): string {
  const [first, second] = file.split(sep);
  const inner = `${first}/${second}`;
  return inner in ALLOWED ? inner : (first as string);
}

const TOP = ['lib', 'wire', 'lang', 'agent', 'aggregator', 'alerting', 'web', 'cli'];
const files = TOP.flatMap(sourceFiles).filter(
  (file) => !/\.(test|fake|contract)\.tsx?$/.test(file) && !/\bfixtures\b/.test(file),
);

describe('the direction of imports', () => {
  test('every source file is looked at', () => {
    expect(files.length).toBeGreaterThan(3);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(3);
  });

  test.each(files)('%s', (file) => {
    const stage = stageOf(file);
    const composes = /(^|\/)main\.tsx?$/.test(file) || stage === 'cli';
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) {
        for (const rule of PACKAGES) {
          if (rule.name.test(specifier)) expect(file, rule.why).toMatch(rule.only);
        }
        continue;
      }
      const target = relative(root, resolve(root, dirname(file), specifier));
      const targetStage = stageOf(target);
      if (targetStage === stage || composes) continue;
      expect(ALLOWED[stage] ?? [], `${file} imports ${target}`).toContain(targetStage);
    }
  });

  test('agent and aggregator never meet', () => {
    for (const file of files) {
      const [top] = file.split(sep);
      if (top !== 'agent' && top !== 'aggregator') continue;
      const other = top === 'agent' ? 'aggregator' : 'agent';
      for (const specifier of importsOf(file).filter((s) => s.startsWith('.'))) {
        const target = relative(root, resolve(root, dirname(file), specifier));
        expect(target.split(sep)[0], `${file} imports ${target}`).not.toBe(other);
      }
    }
  });
});
