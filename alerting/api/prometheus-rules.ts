import { formatExponent, formatSpecial } from '../../lib/go-template/value.ts';
import { labelsToRecord } from '../../wire/labels.ts';
import { goTime } from '../notify/go-time.ts';
import type { TemplatedValue } from '../rules/rule.ts';
import type { Alert } from '../state/alert.ts';
import type { Group, RuleStatus } from '../state/group.ts';

/** What `/api/v1/rules` may be narrowed by; an empty list is no limit. */
export interface RulesFilter {
  readonly type: 'alert' | 'record' | undefined;
  readonly names: readonly string[];
  readonly groups: readonly string[];
  readonly files: readonly string[];
  readonly withAlerts: boolean;
}

/** The `data` of Prometheus's `/api/v1/rules` (prometheus/docs `querying/api.md`, "Rules"). */
export function rulesData(groups: readonly Group[], filter: RulesFilter): Record<string, unknown> {
  const matches = (wanted: readonly string[], one: string): boolean =>
    wanted.length === 0 || wanted.includes(one);
  const shown = groups
    .filter(({ group }) => matches(filter.groups, group.name) && matches(filter.files, group.file))
    .map((group) => ({
      name: group.group.name,
      file: group.group.file,
      rules: group.statuses
        .filter(({ rule }) => filter.type === undefined || rule.kind === filter.type)
        .filter(({ rule }) => matches(filter.names, rule.name))
        .map((status) => ruleData(status, filter.withAlerts)),
      interval: group.intervalMs / 1000,
      limit: group.group.limit,
      evaluationTime: group.evaluationSeconds,
      lastEvaluation: goTime(group.lastEvaluationMs),
    }));
  const narrowed = filter.type !== undefined || filter.names.length > 0;
  return { groups: narrowed ? shown.filter(({ rules }) => rules.length > 0) : shown };
}

function ruleData(status: RuleStatus, withAlerts: boolean): Record<string, unknown> {
  const { rule, health, lastError, evaluationSeconds, lastEvaluationMs } = status;
  const common = {
    name: rule.name,
    query: rule.expr,
    labels: textsOf(rule.labels),
    health,
    ...(lastError !== undefined && { lastError }),
    evaluationTime: evaluationSeconds,
    lastEvaluation: goTime(lastEvaluationMs),
  };
  if (rule.kind === 'record') return { ...common, type: 'recording' };
  const alerts = activeAlerts(status);
  return {
    state: stateOf(status, alerts),
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    annotations: textsOf(rule.annotations),
    alerts: withAlerts ? alerts.map(alertData) : [],
    ...common,
    type: 'alerting',
  };
}

function stateOf({ lastEvaluationMs }: RuleStatus, alerts: readonly Alert[]): string {
  if (alerts.some(({ state }) => state === 'firing')) return 'firing';
  if (alerts.length > 0) return 'pending';
  return lastEvaluationMs === undefined ? 'unknown' : 'inactive';
}

function textsOf(values: readonly TemplatedValue[]): Record<string, string> {
  return Object.fromEntries(values.map(({ name, template }) => [name, template.text]));
}

/** The `data` of `/api/v1/alerts`. */
export function alertsData(groups: readonly Group[]): Record<string, unknown> {
  return { alerts: groups.flatMap(({ statuses }) => statuses.flatMap(activeAlerts)).map(alertData) };
}

export function activeAlerts({ alerts }: RuleStatus): Alert[] {
  return [...alerts.values()].filter(({ state }) => state !== 'resolved');
}

function alertData(alert: Alert): Record<string, unknown> {
  const { labels, annotations, state, activeAtMs, keepFiringSinceMs, value } = alert;
  return {
    labels: labelsToRecord(labels),
    annotations,
    state,
    activeAt: goTime(activeAtMs),
    ...(keepFiringSinceMs !== undefined && { keepFiringSince: goTime(keepFiringSinceMs) }),
    value: formatValue(value),
  };
}

/** Go's `FormatFloat(value, 'e', -1, 64)`. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  const [mantissa = '', exponent] = value.toExponential().split('e');
  return `${Object.is(value, -0) ? '-0' : mantissa}e${formatExponent(Number(exponent))}`;
}
