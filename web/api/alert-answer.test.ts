import { expect, test } from 'vitest';

import { decodeAlerts, decodeHistory, decodeRules } from './alert-answer.ts';

const good = (data: unknown): unknown => ({ status: 'success', data });
const ALERT = {
  labels: { alertname: 'Hot', instance: 'vm' },
  annotations: { summary: 'vm is hot' },
  state: 'firing',
  activeAt: '2026-11-20T09:00:00.5Z',
  value: '8.25e+01',
};

test('rules with their alerts; recording rules are none', () => {
  const rule = {
    name: 'Hot',
    query: 'heat > 80',
    duration: 300,
    labels: { severity: 'warning' },
    annotations: {},
    alerts: [ALERT, { ...ALERT, state: 'resolved' }],
    state: 'firing',
    health: 'ok',
    lastEvaluation: '2026-11-20T09:10:00Z',
    type: 'alerting',
  };
  const broken = {
    ...rule,
    alerts: [],
    state: 'new',
    health: 'err',
    lastError: 'no such thing',
    lastEvaluation: '0001-01-01T00:00:00Z',
  };
  const groups = [{ name: 'host', rules: [rule, { ...rule, type: 'recording' }, broken] }];
  expect(decodeRules(good({ groups }))).toMatchObject([
    {
      name: 'Hot',
      group: 'host',
      forSeconds: 300,
      state: 'firing',
      alerts: [
        { name: 'Hot', state: 'firing', value: 82.5, sinceSeconds: Date.UTC(2026, 10, 20, 9) / 1000 + 0.5 },
      ],
      lastError: null,
    },
    { state: 'unknown', lastError: 'no such thing', evaluatedSeconds: null },
  ]);
});

test('alerts and their past', () => {
  expect(decodeAlerts(good({ alerts: [ALERT] }))).toHaveLength(1);
  const sent = {
    id: 1,
    at: '2026-11-20T09:00:00Z',
    from: 'pending',
    to: 'firing',
    labels: ALERT.labels,
    value: '+Inf',
  };
  expect(decodeHistory(good({ transitions: [sent] }))).toMatchObject([
    { name: 'Hot', from: 'pending', to: 'firing', value: Number.POSITIVE_INFINITY },
  ]);
});

test.each([
  null,
  [],
  good(null),
  good({ groups: {} }),
  good({ groups: [1] }),
  { status: 'error', error: 'x' },
])('%j is refused with a reason', (body) => {
  expect(() => decodeRules(body)).toThrow(/./);
});
