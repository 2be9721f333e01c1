import type { Registry } from 'prom-client';

import type { Clock } from '../lib/clock.ts';
import { reasonOf } from '../lib/fault.ts';
import type { HealthCheck } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';
import { labelValue } from '../wire/labels.ts';
import type { AlertingView } from './api/alerting-api.ts';
import { AlertingMetrics } from './event.ts';
import { planNotifications, type NotificationContext } from './notify/notification.ts';
import type { Receiver } from './notify/receiver.ts';
import { Sender } from './notify/sender.ts';
import type { Query } from './query.ts';
import type { RulesRead } from './rules/read-rule-files.ts';
import type { AlertRule } from './rules/rule.ts';
import type { Alert } from './state/alert.ts';
import { Group } from './state/group.ts';
import { Scheduler } from './state/scheduler.ts';
import { StateStore, type Change } from './state/state-store.ts';
import { resolved } from './state/step.ts';

export interface EngineOptions {
  readonly read: RulesRead;
  /** The SQLite file of the state. */
  readonly file: string;
  readonly intervalMs: number;
  readonly externalUrl: string;
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly repeatMs: number;
  readonly historyAgeMs: number;
  readonly notificationAgeMs: number;
  readonly query: Query;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  receivers(metrics: AlertingMetrics): readonly Receiver[];
}

const PRUNE_EVERY_MS = 3_600_000;
/** No evaluation for this many intervals means that alerting hangs; a query may take a minute. */
const SILENT_INTERVALS = 4;
const SILENT_MS = 120_000;

/** Rules, state and notifying wired together: from the evaluation of a group to the receivers. */
export class Engine {
  readonly view: AlertingView;
  readonly checks: readonly HealthCheck[];
  readonly #options: EngineOptions;
  readonly #store: StateStore;
  readonly #metrics: AlertingMetrics;
  readonly #context: NotificationContext;
  readonly #groups: readonly Group[];
  readonly #schedulers: readonly Scheduler[];
  readonly #senders: readonly Sender[];
  readonly #receivers: readonly string[];
  #prunedMs: number | undefined;

  constructor(options: EngineOptions) {
    const { read, clock, log, registry } = options;
    this.#options = options;
    this.#store = new StateStore(options.file);
    this.#metrics = new AlertingMetrics(registry, log, {
      backlog: () => this.#store.backlog(),
      alerts: () => this.#count(),
    });
    const rules = read.groups.flatMap((group) => group.rules);
    const alerting = rules.filter((rule): rule is AlertRule => rule.kind === 'alert');
    const exprs = new Map(alerting.map(({ key, expr }) => [key, expr]));
    this.#context = {
      externalUrl: options.externalUrl,
      externalLabels: Object.fromEntries(options.externalLabels),
      repeatMs: options.repeatMs,
      exprOf: (key) => exprs.get(key),
    };
    const receivers = options.receivers(this.#metrics);
    this.#receivers = receivers.map(({ name }) => name);
    for (const warning of read.warnings) this.#metrics.warned(warning);
    this.#metrics.rulesLoaded(read.groups.length, alerting.length, rules.length - alerting.length);
    this.#groups = this.#restoredGroups();
    this.#schedulers = this.#groups.map(
      (group) => new Scheduler(group, clock, () => this.#metrics.evaluationLate(group.group.name)),
    );
    const { notificationAgeMs: maxAgeMs } = options;
    const parts = { store: this.#store, clock, metrics: this.#metrics, maxAgeMs };
    this.#senders = receivers.map((receiver) => new Sender(receiver, parts));
    this.checks = this.#makeChecks();
    this.view = {
      groups: this.#groups,
      receivers: this.#receivers,
      context: this.#context,
      transitions: (limit, sinceMs) => this.#store.transitions(limit, sinceMs),
    };
    this.#retire(exprs);
  }

  start(): void {
    for (const sender of this.#senders) sender.start();
    for (const scheduler of this.#schedulers) scheduler.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#schedulers.map((scheduler) => scheduler.close()));
    await Promise.all(this.#senders.map((sender) => sender.close()));
    this.#store.close();
  }

  #restoredGroups(): Group[] {
    const { read, intervalMs, clock, query, externalLabels, externalUrl } = this.#options;
    const alerts = this.#store.alerts();
    const evaluations = this.#store.evaluations();
    const parts = {
      world: { query, externalLabels, externalUrl },
      clock,
      metrics: this.#metrics,
      commit: (change: Change) => this.#commit(change),
    };
    return read.groups.map((group, i) => {
      // Not the file, which may move.
      const before = read.groups.slice(0, i).filter(({ name }) => name === group.name).length;
      const key = JSON.stringify([group.name, before]);
      const restored = { alerts, lastEvaluationMs: evaluations.get(key) };
      return new Group(group, key, group.intervalMs ?? intervalMs, parts, restored);
    });
  }

  /** Alerts whose rule is gone can't fire any more: who was told of them is told that. */
  #retire(rules: ReadonlyMap<string, string>): void {
    const atMs = this.#options.clock.nowMs();
    const orphans = this.#store.alerts().filter(({ ruleKey }) => !rules.has(ruleKey));
    if (orphans.length > 0) {
      const transitions = orphans
        .filter(({ state }) => state !== 'resolved')
        .map((alert) =>
          alert.state === 'firing'
            ? ({ atMs, from: 'firing', to: 'resolved', alert: resolved(alert, atMs) } as const)
            : ({ atMs, from: 'pending', to: 'inactive', alert } as const),
        );
      this.#commit({ groupKey: 'removed rules', atMs, changed: [], gone: orphans, transitions });
      this.#metrics.committed('removed rules', transitions);
    }
    const forgotten = this.#store.removeOtherReceivers(this.#receivers);
    if (forgotten > 0) {
      this.#metrics.warned(`${forgotten} notifications for receivers that are no longer set were removed`);
    }
  }

  #commit(change: Change): void {
    const firing = [...change.changed, ...this.#firingOf(change.groupKey)];
    const names = [...new Set(firing.map(({ labels }) => labelValue(labels, 'alertname')))];
    const made = this.#store.commit(change, this.#receivers, (state) =>
      planNotifications(change.transitions, names, change.atMs, state, this.#context),
    );
    if (made.length > 0) for (const sender of this.#senders) sender.wake();
    this.#prune(change.atMs);
  }

  #firingOf(groupKey: string): Alert[] {
    return alertsOf(this.#groups.filter(({ key }) => key === groupKey)).filter(
      ({ state }) => state === 'firing',
    );
  }

  #prune(atMs: number): void {
    if (this.#prunedMs !== undefined && Math.abs(atMs - this.#prunedMs) < PRUNE_EVERY_MS) return;
    this.#prunedMs = atMs;
    try {
      this.#store.prune(atMs - this.#options.historyAgeMs);
    } catch (thrown) {
      // The change itself is written.
      this.#metrics.commitFailed('history', reasonOf(thrown));
    }
  }

  #count(): { pending: number; firing: number } {
    const alerts = alertsOf(this.#groups);
    const count = (wanted: string): number => alerts.filter(({ state }) => state === wanted).length;
    return { pending: count('pending'), firing: count('firing') };
  }

  #makeChecks(): HealthCheck[] {
    const silent = (): string | undefined => {
      const late = this.#schedulers.find(
        ({ silentMs, group }) => silentMs > SILENT_INTERVALS * group.intervalMs + SILENT_MS,
      );
      if (late === undefined) return undefined;
      return `group ${JSON.stringify(late.group.group.name)} was last evaluated ${Math.round(late.silentMs / 1000)} s ago`;
    };
    const first = (all: readonly { readonly failure: string | undefined }[]): string | undefined =>
      all.find(({ failure }) => failure !== undefined)?.failure;
    return [
      { name: 'evaluating', kind: 'live', run: silent },
      { name: 'rules', kind: 'ready', run: () => first(this.#groups) },
      { name: 'notifying', kind: 'ready', run: () => first(this.#senders) },
    ];
  }
}

function alertsOf(groups: readonly Group[]): Alert[] {
  return groups.flatMap(({ statuses }) => statuses.flatMap(({ alerts }) => [...alerts.values()]));
}
