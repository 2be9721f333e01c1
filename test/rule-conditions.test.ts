import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { labelsFrom } from '../wire/labels.ts';
import { evaluateRules, RULE_STEP_MS } from './tools/evaluate-rules.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';

/** What a rule can ask for and of whom, by the real engine over made-up hosts. */
const START_MS = 1_700_000_000_000;
/** Rules are evaluated from here on, with an hour behind them. */
const NOW_MS = START_MS + 3_600_000;
const STEPS = (3_600_000 + 600_000) / RULE_STEP_MS;

const series = (
  name: string,
  labels: Record<string, string>,
  value: (step: number) => number | undefined,
) => {
  const points = Array.from({ length: STEPS }, (_, i) => [START_MS + i * RULE_STEP_MS, value(i)] as const);
  const there = points.filter((point): point is [number, number] => point[1] !== undefined);
  return {
    labels: labelsFrom({ __name__: name, ...labels }),
    timestampsMs: Float64Array.from(there, ([atMs]) => atMs),
    values: Float64Array.from(there, ([, of]) => of),
  };
};

const nowStep = (NOW_MS - START_MS) / RULE_STEP_MS;
const WEB = { group: 'web' };
const SERIES = [
  // web-1 is busy, web-2 and db-1 are not.
  series('busy_ratio', { instance: 'web-1', ...WEB }, () => 0.9),
  series('busy_ratio', { instance: 'web-2', ...WEB }, () => 0.4),
  series('busy_ratio', { instance: 'db-1', group: 'db' }, () => 0.5),
  // The queue of web-2 grows by two in 15 s, that of web-1 is longer and stands.
  series('queue_length', { instance: 'web-1', ...WEB }, () => 900),
  series('queue_length', { instance: 'web-2', ...WEB }, (i) => 2 * i),
  // web-2 can not be reached; db-1 went away without a word.
  series('up', { instance: 'web-1', ...WEB }, () => 1),
  series('up', { instance: 'web-2', ...WEB }, () => 0),
  series('up', { instance: 'db-1', group: 'db' }, (i) => (i < nowStep ? 1 : undefined)),
];

async function toldOf(expr: string): Promise<string[]> {
  const file = join(temporaryFolder(), 'rules.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'g', rules: [{ alert: 'A', expr, for: '1m' }] }] }));
  const sent = await evaluateRules({ file, series: SERIES, startMs: NOW_MS, minutes: 9 });
  const names = sent.flatMap(({ alerts }) =>
    alerts.map(({ labels }) => labels['instance'] ?? labels['group'] ?? ''),
  );
  return [...new Set(names)].sort();
}

describe('a condition tells of those whom it holds for:', () => {
  test.each([
    ['threshold', 'busy_ratio > 0.8', ['web-1']],
    ['rate of change', 'deriv(queue_length[10m]) > 0.1', ['web-2']],
    ['absence', 'absent(up{instance="db-1"})', ['db-1']],
    ['absence, in a group', 'up{group="db"} offset 20m unless up{group="db"}', ['db-1']],
    ['aggregate of a group', 'avg by (group) (busy_ratio) > 0.6', ['web']],
    ['health', 'up == 0', ['web-2']],
  ])('%s', async (_name, expr, expected) => {
    expect(await toldOf(expr)).toEqual(expected);
  });
});

describe('the scope of a rule is', () => {
  test.each([
    ['one node', 'busy_ratio{instance="db-1"} > 0.3', ['db-1']],
    ['a group, as a whole', 'sum by (group) (busy_ratio{group="web"}) > 0.3', ['web']],
    ['any member of a group', 'busy_ratio{group="web"} > 0.3', ['web-1', 'web-2']],
    ['any node', 'busy_ratio > 0.3', ['db-1', 'web-1', 'web-2']],
  ])('%s', async (_name, expr, expected) => {
    expect(await toldOf(expr)).toEqual(expected);
  });
});
