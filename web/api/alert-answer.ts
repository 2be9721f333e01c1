import type { ActiveAlert, AlertRule, RuleState, Transition } from '../alert/alert.ts';
import { decodeEnvelope, isObject, labelsOf, parseSample, text, unreadable } from './answer.ts';
import type { Json } from './answer.ts';

const RULE_STATES: readonly RuleState[] = ['firing', 'pending', 'inactive'];

/** Decodes the body of `/api/v1/rules`; recording rules are left out. */
export function decodeRules(body: unknown): AlertRule[] {
  return listOf(body, 'groups').flatMap((group) => {
    const rules = Array.isArray(group['rules']) ? group['rules'].filter(isObject) : [];
    return rules
      .filter((rule) => rule['type'] === 'alerting')
      .map((rule) => ruleOf(rule, text(group['name'], '')));
  });
}

/** Decodes the body of `/api/v1/alerts`. */
export function decodeAlerts(body: unknown): ActiveAlert[] {
  return listOf(body, 'alerts').flatMap(alertOf);
}

/** Decodes the body of `/api/alerts/history`, the newest first. */
export function decodeHistory(body: unknown): Transition[] {
  return listOf(body, 'transitions').map((sent) => {
    const labels = labelsOf(sent['labels']);
    return {
      atSeconds: secondsOf(sent['at']) ?? 0,
      name: labels['alertname'] ?? '',
      labels,
      from: text(sent['from'], ''),
      to: text(sent['to'], ''),
      value: parseSample(sent['value']),
    };
  });
}

function ruleOf(rule: Json, group: string): AlertRule {
  const alerts = Array.isArray(rule['alerts']) ? rule['alerts'].filter(isObject).flatMap(alertOf) : [];
  return {
    name: text(rule['name'], ''),
    group,
    query: text(rule['query'], ''),
    forSeconds: typeof rule['duration'] === 'number' ? rule['duration'] : 0,
    labels: labelsOf(rule['labels']),
    annotations: labelsOf(rule['annotations']),
    state: RULE_STATES.find((state) => state === rule['state']) ?? 'unknown',
    alerts,
    lastError: rule['health'] === 'err' ? text(rule['lastError'], 'the server gives no reason') : null,
    evaluatedSeconds: secondsOf(rule['lastEvaluation']),
  };
}

function alertOf(sent: Json): ActiveAlert[] {
  const { state } = sent;
  if (state !== 'firing' && state !== 'pending') return [];
  const labels = labelsOf(sent['labels']);
  return [
    {
      state,
      name: labels['alertname'] ?? '',
      labels,
      annotations: labelsOf(sent['annotations']),
      value: parseSample(sent['value']),
      sinceSeconds: secondsOf(sent['activeAt']) ?? 0,
    },
  ];
}

/** RFC 3339; null for what is none, and for the year 1, which means never. */
function secondsOf(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return ms > 0 ? ms / 1000 : null;
}

function listOf(body: unknown, name: string): Json[] {
  const { data } = decodeEnvelope(body);
  const list = isObject(data) ? data[name] : undefined;
  if (!Array.isArray(list) || !list.every(isObject)) throw unreadable(`data has no ${name}`);
  return list;
}
