import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { labelsFrom } from '../../wire/labels.ts';
import { alertmanagerAlerts } from '../api/alertmanager.ts';
import type { Alert } from '../state/alert.ts';
import type { Group } from '../state/group.ts';
import { planNotifications } from './notification.ts';
import { webhookBody } from './webhook.ts';

const FIRED_MS = 1_700_000_000_120;

/** What a real Alertmanager made of these alerts; fixtures/README.md says how it was asked. */
const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/alertmanager', name), 'utf8'));

const alerts = ['a:1', 'b:1'].map((instance): Alert => ({
  ruleKey: 'r',
  labels: labelsFrom({ alertname: 'A "quoted" näme', instance, severity: 'page' }),
  annotations: { summary: 's <b>', description: instance },
  state: 'firing',
  value: 1,
  activeAtMs: FIRED_MS,
  firedAtMs: FIRED_MS,
  keepFiringSinceMs: undefined,
  resolvedAtMs: undefined,
}));
const context = { externalUrl: 'http://am', externalLabels: {}, repeatMs: 1, exprOf: () => 'up == 0' };

test('the webhook posts what Alertmanager posts', () => {
  const transitions = alerts.map(
    (alert) => ({ atMs: FIRED_MS, from: 'pending', to: 'firing', alert }) as const,
  );
  const state = { firing: () => alerts, notifiedAtMs: () => undefined };
  const bodies = planNotifications(transitions, [], FIRED_MS, state, context).map((one) =>
    webhookBody('hook', one),
  );
  expect(bodies).toEqual([recorded('webhook.json')]);
});

const group = {
  intervalMs: 15_000,
  lastEvaluationMs: FIRED_MS,
  statuses: [{ alerts: new Map(alerts.map((alert, i) => [String(i), alert])) }],
} as unknown as Group;

test('the API lists what Alertmanager lists', () => {
  const ours = alertmanagerAlerts([group], [], ['hook'], context);
  // Times of its own, and what newer versions add.
  const theirs = (recorded('alerts.json') as Record<string, unknown>[]).map((one) => ({
    ...one,
    endsAt: expect.stringMatching(/^2023-11-14T22:17:20\.120Z$/) as string,
    updatedAt: expect.stringMatching(/^2023-11-14T22:13:20\.120Z$/) as string,
    status: { mutedBy: [], ...(one['status'] as object) },
  }));
  expect(ours).toHaveLength(theirs.length);
  for (const one of theirs) expect(ours).toContainEqual(one);
});

test.each([
  ['instance="a:1"', 1],
  ['instance=a:1', 1],
  ['instance!="a:1"', 1],
  ['instance=~"(a|b):."', 2],
  ['instance=~"a"', 0],
  ['instance!~"a.*"', 1],
  ['none=""', 2],
  ['alertname="A \\"quoted\\" näme"', 2],
])('filter %s', (filter, count) => {
  expect(alertmanagerAlerts([group], [filter], [], context)).toHaveLength(count);
});

test.each(['', 'a', 'a="b', '="b"', 'a=~"("'])('filter %j is refused', (filter) => {
  expect(() => alertmanagerAlerts([group], [filter], [], context)).toThrow(/filter/);
});
