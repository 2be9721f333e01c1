import { expect, test } from 'vitest';

import { labelsKey } from '../../wire/labels.ts';
import type { AlertRule } from '../rules/rule.ts';
import type { Alert, Found } from './alert.ts';
import { RESOLVED_KEPT_MS, stepRule } from './step.ts';

const INTERVAL_MS = 15_000;
const labels = ['alertname', 'A'];
const key = labelsKey(labels);

function ruleOf(forSeconds: number, keepSeconds: number): AlertRule {
  const times = { forMs: forSeconds * 1000, keepFiringForMs: keepSeconds * 1000 };
  return { kind: 'alert', key: 'r', name: 'A', expr: 'up', labels: [], annotations: [], ...times };
}

/** One letter an evaluation, 15 s apart. Found: x. States: - none, P pending, F firing, K kept firing, R resolved. */
const CASES = [
  { name: 'fires at once without for', for: 0, keep: 0, found: '.xx..', states: '-FFRR' },
  { name: 'waits for as long as for says', for: 30, keep: 0, found: 'xxxx', states: 'PPFF' },
  { name: 'a wait of one interval', for: 1, keep: 0, found: 'xx', states: 'PF' },
  { name: 'one miss begins the wait anew', for: 30, keep: 0, found: 'xx.xxx', states: 'PP-PPF' },
  { name: 'one miss resolves', for: 15, keep: 0, found: 'xx.x', states: 'PFRP' },
  { name: 'resolved comes back as new', for: 0, keep: 0, found: 'x.x', states: 'FRF' },
  { name: 'keeps firing over a gap', for: 0, keep: 30, found: 'x.x.x', states: 'FKFKF' },
  { name: 'keeps firing as long as keep_firing_for', for: 0, keep: 30, found: 'x...', states: 'FKKR' },
  { name: 'pending is not kept', for: 30, keep: 60, found: 'xx.', states: 'PP-' },
];

test.each(CASES)('$name', ({ for: forSeconds, keep, found, states }) => {
  const rule = ruleOf(forSeconds, keep);
  let alerts: ReadonlyMap<string, Alert> = new Map();
  let seen = '';
  let before = 'inactive';
  for (const [i, letter] of found.split('').entries()) {
    const atMs = i * INTERVAL_MS;
    const one: Found = { labels, annotations: { at: String(i) }, value: i };
    const step = stepRule(rule, alerts, letter === 'x' ? new Map([[key, one]]) : new Map(), atMs);
    const alert = step.alerts.get(key);
    seen += letterOf(alert);
    const now = alert?.state ?? 'inactive';
    // Each change is told, and nothing else is.
    const again = before === 'resolved' && now !== 'resolved';
    expect(step.transitions.map(({ from, to }) => [from, to])).toEqual(
      now === before ? [] : [[again ? 'inactive' : before, now]],
    );
    if (alert !== undefined)
      expect(alert.value, 'the last value that it had').toBe(found.slice(0, i + 1).lastIndexOf('x'));
    before = now;
    alerts = step.alerts;
  }
  expect(seen).toBe(states);
});

function letterOf(alert: Alert | undefined): string {
  if (alert === undefined) return '-';
  if (alert.keepFiringSinceMs !== undefined) return 'K';
  return { pending: 'P', firing: 'F', resolved: 'R' }[alert.state];
}

test('a resolved alert is forgotten after 15 minutes', () => {
  const rule = ruleOf(0, 0);
  const found = new Map([[key, { labels, annotations: {}, value: 1 }]]);
  const fired = stepRule(rule, new Map(), found, 0).alerts;
  const resolved = stepRule(rule, fired, new Map(), 1000).alerts;
  expect(stepRule(rule, resolved, new Map(), 1000 + RESOLVED_KEPT_MS).alerts.size).toBe(1);
  const last = stepRule(rule, resolved, new Map(), 1001 + RESOLVED_KEPT_MS);
  expect(last).toEqual({ alerts: new Map(), transitions: [] });
});
