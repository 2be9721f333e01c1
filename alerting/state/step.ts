import type { AlertRule } from '../rules/rule.ts';
import type { Alert, Found, Transition } from './alert.ts';

/** Resolved alerts are still shown for this long. */
export const RESOLVED_KEPT_MS = 15 * 60_000;

export interface Step {
  /** By `labelsKey`. */
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly transitions: readonly Transition[];
}

/**
 * One evaluation of a rule: what becomes of its alerts when `found` is what the query gave (Prometheus
 * `rules/alerting.go`, `Eval`). Both maps are by `labelsKey` of the alert's labels.
 */
export function stepRule(
  rule: AlertRule,
  alerts: ReadonlyMap<string, Alert>,
  found: ReadonlyMap<string, Found>,
  atMs: number,
): Step {
  const next = new Map<string, Alert>();
  const transitions: Transition[] = [];
  for (const [key, one] of found) {
    const before = alerts.get(key);
    const known = before !== undefined && before.state !== 'resolved' ? before : undefined;
    const alert = fire(rule, known ?? begun(rule, one, atMs), one, atMs);
    next.set(key, alert);
    const from = known?.state ?? 'inactive';
    if (from !== alert.state) transitions.push({ atMs, from, to: alert.state, alert });
  }
  for (const [key, before] of alerts) {
    if (found.has(key)) continue;
    const alert = missing(rule, before, atMs);
    if (alert !== undefined) next.set(key, alert);
    const to = alert?.state ?? 'inactive';
    if (before.state !== to && before.state !== 'resolved') {
      transitions.push({ atMs, from: before.state, to, alert: alert ?? before });
    }
  }
  return { alerts: next, transitions };
}

function begun({ key }: AlertRule, { labels, annotations, value }: Found, atMs: number): Alert {
  return {
    ruleKey: key,
    labels,
    annotations,
    value,
    state: 'pending',
    activeAtMs: atMs,
    firedAtMs: undefined,
    keepFiringSinceMs: undefined,
    resolvedAtMs: undefined,
  };
}

function fire({ forMs }: AlertRule, alert: Alert, { annotations, value }: Found, atMs: number): Alert {
  const held = { ...alert, annotations, value, keepFiringSinceMs: undefined };
  if (alert.state !== 'pending' || atMs - alert.activeAtMs < forMs) return held;
  return { ...held, state: 'firing', firedAtMs: atMs };
}

/** Value and annotations stay those of the last time that it was there. Undefined when it is forgotten. */
function missing({ keepFiringForMs }: AlertRule, alert: Alert, atMs: number): Alert | undefined {
  if (alert.state === 'pending') return undefined;
  if (alert.state === 'resolved') {
    return atMs - (alert.resolvedAtMs as number) > RESOLVED_KEPT_MS ? undefined : alert;
  }
  const keepFiringSinceMs = alert.keepFiringSinceMs ?? atMs;
  if (atMs - keepFiringSinceMs < keepFiringForMs) return { ...alert, keepFiringSinceMs };
  return resolved(alert, atMs);
}

export function resolved(alert: Alert, atMs: number): Alert {
  return { ...alert, state: 'resolved', keepFiringSinceMs: undefined, resolvedAtMs: atMs };
}

/**
 * The alert with everything that counts time moved by `ms`: after the wall clock has jumped, and over the time in
 * which nothing was evaluated, so that neither counts for `for` and `keep_firing_for`. When it began to fire stays.
 */
export function shifted(alert: Alert, ms: number): Alert {
  const move = (atMs: number | undefined): number | undefined => (atMs === undefined ? undefined : atMs + ms);
  return {
    ...alert,
    activeAtMs: alert.state === 'pending' ? alert.activeAtMs + ms : alert.activeAtMs,
    keepFiringSinceMs: move(alert.keepFiringSinceMs),
    resolvedAtMs: move(alert.resolvedAtMs),
  };
}
