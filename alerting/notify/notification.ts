import { createHash } from 'node:crypto';

import { quote } from '../../lib/go-template/printf.ts';
import { labelsFrom, labelsToRecord, labelValue, type Labels } from '../../wire/labels.ts';
import type { Alert, Transition } from '../state/alert.ts';
import type { InCommit } from '../state/state-store.ts';
import { fingerprintOf } from './fingerprint.ts';

/** An alert as receivers are told of it. */
export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  /** Undefined while it fires. */
  readonly endsAtMs: number | undefined;
  readonly generatorUrl: string;
  readonly fingerprint: string;
}

/** What is sent to each receiver when alerts of one name begin to fire or resolve, and while they keep firing. */
export interface Notification {
  /** The same at each try, so that a receiver can drop a repeat. */
  readonly id: string;
  readonly createdAtMs: number;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  /** Firing as long as one alert of the group is. */
  readonly status: 'firing' | 'resolved';
  readonly externalUrl: string;
  readonly alerts: readonly NotifiedAlert[];
}

export interface NotificationContext {
  readonly externalUrl: string;
  readonly externalLabels: Readonly<Record<string, string>>;
  /** Time after which a group that keeps firing is told again. */
  readonly repeatMs: number;
  /** The expression of a rule by its key; undefined when there is no such rule any more. */
  exprOf(ruleKey: string): string | undefined;
}

/**
 * What has to be told after an evaluation: a notification for each name of which an alert began to fire or
 * resolved, and for each of `names` that keeps firing and was last told `repeatMs` ago. As in Alertmanager, with
 * what changed come the others of the name that fire.
 */
export function planNotifications(
  transitions: readonly Transition[],
  names: readonly string[],
  atMs: number,
  state: InCommit,
  context: NotificationContext,
): Notification[] {
  const changed = transitions.filter(({ to }) => to === 'firing' || to === 'resolved');
  const changedNames = new Set(changed.map(({ alert }) => labelValue(alert.labels, 'alertname')));
  const due = names.filter((name) => {
    const lastMs = state.notifiedAtMs(groupKeyOf(name));
    return lastMs !== undefined && atMs - lastMs >= context.repeatMs;
  });
  return [...new Set([...changedNames, ...due])].flatMap((name) => {
    const resolved = changed.filter(({ to, alert }) => to === 'resolved' && isNamed(alert, name));
    const alerts = [...state.firing(name), ...resolved.map(({ alert }) => alert)];
    if (alerts.length === 0) return [];
    return [notificationOf(name, alerts, atMs, context)];
  });
}

function isNamed(alert: Alert, name: string): boolean {
  return labelValue(alert.labels, 'alertname') === name;
}

function notificationOf(
  name: string,
  alerts: readonly Alert[],
  atMs: number,
  context: NotificationContext,
): Notification {
  const content = {
    createdAtMs: atMs,
    groupKey: groupKeyOf(name),
    groupLabels: { alertname: name },
    status: alerts.some(({ state }) => state === 'firing') ? ('firing' as const) : ('resolved' as const),
    externalUrl: context.externalUrl,
    alerts: alerts.map((alert) => toNotified(alert, context)),
  };
  const id = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
  return { id, ...content };
}

/** Alertmanager's key of a group below its root route. */
function groupKeyOf(name: string): string {
  return `{}:{alertname=${quote(name)}}`;
}

/** An alert as it is told to others. */
export function toNotified(alert: Alert, context: NotificationContext): NotifiedAlert {
  const labels = withExternal(alert.labels, context.externalLabels);
  return {
    status: alert.state === 'resolved' ? 'resolved' : 'firing',
    labels: labelsToRecord(labels),
    annotations: alert.annotations,
    startsAtMs: alert.firedAtMs ?? alert.activeAtMs,
    endsAtMs: alert.state === 'resolved' ? alert.resolvedAtMs : undefined,
    generatorUrl: generatorUrl(context.externalUrl, context.exprOf(alert.ruleKey)),
    fingerprint: fingerprintOf(labels),
  };
}

function withExternal(labels: Labels, external: Readonly<Record<string, string>>): Labels {
  return labelsFrom({ ...external, ...labelsToRecord(labels) });
}

/** The query of the rule in the page. */
function generatorUrl(externalUrl: string, expr: string | undefined): string {
  const query = new URLSearchParams({ view: 'metrics', ...(expr !== undefined && { q: expr }) });
  return `${externalUrl}/?${query.toString()}`;
}
