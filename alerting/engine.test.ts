import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';

import { FakeClock } from '../lib/clock.ts';
import { Fault } from '../lib/fault.ts';
import { silentLog } from '../lib/log.ts';
import { atEnd } from '../test/tools/at-end.ts';
import { temporaryFolder } from '../test/tools/temporary-folder.ts';
import { labelsFrom } from '../wire/labels.ts';
import { Engine } from './engine.ts';
import type { Notification } from './notify/notification.ts';
import type { QuerySample } from './query.ts';
import { readRuleFiles } from './rules/read-rule-files.ts';
import { activeAlerts } from './api/prometheus-rules.ts';

const INTERVAL_MS = 15_000;
const RULES = `
groups:
- name: g
  rules:
  - {alert: Load, expr: load, for: 30s, keep_firing_for: 30s, labels: {severity: page}, annotations: {summary: "{{ $labels.host }} {{ $value }}"}}
  - {alert: Down, expr: down}
`;

/** Alerting over a folder with the world in hand: what queries find, the time, and who is told. */
class Harness {
  folder = temporaryFolder();
  clock = new FakeClock();
  rules = RULES;
  /** Series by the expression of a rule; undefined: no answer. */
  found: Record<string, readonly QuerySample[] | undefined> = {};
  sent: Notification[] = [];
  onSend: (notification: Notification) => void = () => undefined;
  engine: Engine | undefined;

  async start(): Promise<void> {
    writeFileSync(join(this.folder, 'rules.yaml'), this.rules);
    this.engine = new Engine({
      read: readRuleFiles([join(this.folder, 'rules.yaml')]),
      file: join(this.folder, 'state.db'),
      intervalMs: INTERVAL_MS,
      externalUrl: 'http://page',
      externalLabels: new Map([['cluster', 'c']]),
      repeatMs: 3_600_000,
      historyAgeMs: 86_400_000,
      notificationAgeMs: 86_400_000,
      clock: this.clock,
      log: silentLog,
      registry: new Registry(),
      query: async (expr) => {
        if (!(expr in this.found)) return [];
        const samples = this.found[expr];
        if (samples === undefined) throw new Fault('unreachable', 'the aggregator is away', { retry: true });
        return samples;
      },
      receivers: () => [
        {
          name: 'r',
          send: async (notification) => {
            this.onSend(notification);
            this.sent.push(notification);
          },
        },
      ],
    });
    this.engine.start();
    await settled();
  }

  /** As if the process had been killed here and a new one found what is on disk. */
  async killAndStart(downMs = 0): Promise<void> {
    const before = this.engine as Engine;
    const folder = temporaryFolder();
    cpSync(this.folder, folder, { recursive: true });
    this.folder = folder;
    const { sent, found } = this;
    this.sent = [];
    this.found = { load: undefined, down: undefined };
    await before.close();
    this.sent = sent;
    this.found = found;
    const clock = new FakeClock(this.clock.nowMs() + downMs);
    this.clock = clock;
    await this.start();
  }

  async evaluate(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      await this.clock.advance(INTERVAL_MS);
      await settled();
    }
  }

  states(): string[] {
    const statuses = (this.engine as Engine).view.groups.flatMap((group) => group.statuses);
    return statuses.flatMap(activeAlerts).map(({ state, labels }) => `${labels[1]} ${state}`);
  }

  told(): string[] {
    return this.sent.map(
      ({ status, alerts }) =>
        `${status} ${alerts.map((one) => `${one.labels['alertname']} ${one.status}`).join(', ')}`,
    );
  }

  history(): string[] {
    const past = (this.engine as Engine).view.transitions(100, 0);
    return past.map(({ from, to }) => `${from} ${to}`).reverse();
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function start(): Promise<Harness> {
  const harness = new Harness();
  await harness.start();
  atEnd(() => harness.engine?.close());
  return harness;
}

const busy = (host: string, value = 5): QuerySample => ({
  labels: labelsFrom({ __name__: 'load', host }),
  value,
});

const WHOLE = {
  told: ['firing Load firing', 'resolved Load resolved'],
  history: ['inactive pending', 'pending firing', 'firing resolved'],
};

/** Three evaluations to fire, then gone, two evaluations kept, then resolved. */
async function burn(harness: Harness, between: (evaluation: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < 8; i++) {
    harness.found['load'] = i < 4 ? [busy('a', i)] : [];
    await harness.evaluate();
    await between(i);
  }
}

test('an alert waits, fires, is kept and resolves; each is told once', async () => {
  const harness = await start();
  const states: string[] = [];
  await burn(harness, async () => void states.push(harness.states().join()));
  expect(states).toEqual(['Load pending', 'Load pending', ...Array(4).fill('Load firing'), '', '']);
  expect({ told: harness.told(), history: harness.history() }).toEqual(WHOLE);
  const [, resolved] = harness.sent;
  expect(resolved?.alerts[0]).toMatchObject({
    labels: { alertname: 'Load', host: 'a', severity: 'page', cluster: 'c' },
    annotations: { summary: 'a 3' },
    generatorUrl: 'http://page/?view=metrics&q=load',
  });
});

describe('killed and started anew', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('after evaluation %i: the same is told, once', async (at) => {
    const harness = await start();
    await burn(harness, async (i) => (i === at ? harness.killAndStart() : undefined));
    expect({ told: harness.told(), history: harness.history() }).toEqual(WHOLE);
  });

  test.each([600_000, -3_600_000])(
    'after %i ms, which count neither for the wait nor for keeping',
    async (downMs) => {
      const harness = await start();
      harness.found['load'] = [busy('a')];
      await harness.evaluate(2);
      await harness.killAndStart(downMs);
      await harness.evaluate();
      expect(harness.states()).toEqual(['Load firing']);
      harness.found['load'] = [];
      await harness.evaluate();
      await harness.killAndStart(downMs);
      await harness.evaluate();
      expect(harness.states()).toEqual(['Load firing']);
      await harness.evaluate();
      expect(harness.states()).toEqual([]);
    },
  );

  test('between sending and noting that it was sent: the same notification comes again', async () => {
    const harness = await start();
    let image = '';
    harness.onSend = () => {
      if (image !== '') return;
      image = temporaryFolder();
      cpSync(harness.folder, image, { recursive: true });
    };
    harness.found['down'] = [busy('a')];
    await harness.evaluate();
    harness.folder = image;
    await harness.killAndStart();
    expect(harness.told()).toEqual(['firing Down firing', 'firing Down firing']);
    expect(harness.sent[1]).toEqual(harness.sent[0]);
    await harness.evaluate(5);
    expect(harness.sent).toHaveLength(2);
  });

  test('before it was sent: it is sent', async () => {
    const harness = await start();
    harness.onSend = () => {
      throw new Fault('away', 'the receiver is away', { retry: true });
    };
    harness.found['down'] = [busy('a')];
    await harness.evaluate(3);
    harness.onSend = () => undefined;
    await harness.killAndStart();
    expect(harness.told()).toEqual(['firing Down firing']);
  });

  test('without the rule: the alert is told to be resolved', async () => {
    const harness = await start();
    harness.found = { down: [busy('a')], load: [busy('b')] };
    await harness.evaluate();
    harness.rules = 'groups: [{name: g, rules: [{alert: Other, expr: other}]}]';
    await harness.killAndStart();
    expect(harness.told()).toEqual(['firing Down firing', 'resolved Down resolved']);
    expect(harness.history().slice(-2).sort()).toEqual(['firing resolved', 'pending inactive']);
  });
});

describe('a jump of the clock', () => {
  test.each([3_600_000, -3_600_000])('by %i ms neither fires nor resolves', async (jumpMs) => {
    const harness = new Harness();
    harness.rules = RULES.replace('for: 30s', 'for: 1m');
    await harness.start();
    atEnd(() => harness.engine?.close());
    harness.found = { load: [busy('a')], down: [busy('a')] };
    await harness.evaluate();
    harness.clock.jump(jumpMs);
    harness.found['down'] = [];
    await harness.evaluate();
    expect(harness.states()).toEqual(['Load pending', 'Down firing']);
    // A restart does not take it for time that has passed either.
    await harness.killAndStart();
    await harness.evaluate(2);
    expect(harness.states()).toEqual(['Load pending']);
    await harness.evaluate();
    expect(harness.states()).toEqual(['Load firing']);
  });
});

describe('without answers to queries', () => {
  test('states stay, health tells, and nothing is told twice', async () => {
    const harness = await start();
    harness.found = { load: [busy('a')], down: [busy('a')] };
    await harness.evaluate(3);
    harness.found = { load: undefined, down: [busy('a')] };
    await harness.evaluate(10);
    expect(harness.states()).toEqual(['Load firing', 'Down firing']);
    const checks = (harness.engine as Engine).checks.map((check) => [check.name, check.run()]);
    expect(checks).toEqual([
      ['evaluating', undefined],
      ['rules', 'rule "Load" of group "g": the aggregator is away'],
      ['notifying', undefined],
    ]);
    harness.found['load'] = [busy('a')];
    await harness.evaluate();
    expect((harness.engine as Engine).checks.map((check) => check.run())).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(harness.told()).toEqual(['firing Down firing', 'firing Load firing']);
  });
});

describe('notifications', () => {
  test('of one name come together, with those that fire already', async () => {
    const harness = await start();
    harness.found['down'] = [busy('a'), busy('b')];
    await harness.evaluate();
    harness.found['down'] = [busy('b'), busy('c')];
    await harness.evaluate();
    harness.found['down'] = [];
    await harness.evaluate();
    expect(harness.told()).toEqual([
      'firing Down firing, Down firing',
      'firing Down firing, Down firing, Down resolved',
      'resolved Down resolved, Down resolved',
    ]);
  });

  test('are repeated while it fires', async () => {
    const harness = await start();
    harness.found['down'] = [busy('a')];
    await harness.evaluate(1 + 240 + 240);
    expect(harness.told()).toEqual(Array(3).fill('firing Down firing'));
    expect(new Set(harness.sent.map(({ id }) => id)).size).toBe(3);
  });

  test('wait with growing pauses, in order, until the receiver is back', async () => {
    const harness = await start();
    let tries = 0;
    harness.onSend = () => {
      tries++;
      throw new Fault('away', 'the receiver is away', { retry: true });
    };
    harness.found['down'] = [busy('a')];
    await harness.evaluate();
    harness.found['down'] = [];
    await harness.evaluate(40);
    // 1, 2, 4 ... 300 s, and no more often than the clock of this test moves.
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(12);
    expect((harness.engine as Engine).checks[2]?.run()).toBe('r: the receiver is away');
    harness.onSend = () => undefined;
    await harness.evaluate(20);
    expect(harness.told()).toEqual(['firing Down firing', 'resolved Down resolved']);
    expect((harness.engine as Engine).checks[2]?.run()).toBeUndefined();
  });

  test('one that is refused does not hold up those of other names', async () => {
    const harness = await start();
    harness.onSend = ({ groupKey }) => {
      if (groupKey.includes('Down')) throw new Fault('http_400', 'refused', { retry: false });
    };
    harness.found = { down: [busy('a')], load: [busy('a')] };
    await harness.evaluate(3);
    expect(harness.told()).toEqual(['firing Load firing']);
  });
});

test('equal labels after the templates fail the rule, and keep its alerts', async () => {
  const harness = new Harness();
  harness.rules = 'groups: [{name: g, rules: [{alert: A, expr: down, labels: {host: same}}]}]';
  await harness.start();
  atEnd(() => harness.engine?.close());
  harness.found['down'] = [busy('a')];
  await harness.evaluate();
  harness.found['down'] = [busy('a'), busy('b')];
  await harness.evaluate();
  expect(harness.states()).toEqual(['A firing']);
  expect((harness.engine as Engine).checks[1]?.run()).toMatch(
    /several results have the labels \{alertname="A", host="same"\}/,
  );
});

test('a recording rule is told not to be evaluated', async () => {
  const harness = new Harness();
  harness.rules = 'groups: [{name: g, rules: [{record: a, expr: b}]}]';
  await harness.start();
  atEnd(() => harness.engine?.close());
  await harness.evaluate();
  expect((harness.engine as Engine).view.groups[0]?.statuses[0]).toMatchObject({
    health: 'unknown',
    lastError: 'recording rules are not evaluated in this version',
  });
});
