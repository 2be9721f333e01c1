import type { LabelRecord } from '../api/answer.ts';

/** What somebody has to know about: a label set for which a rule holds. */
export interface ActiveAlert {
  readonly state: 'firing' | 'pending';
  readonly name: string;
  readonly labels: LabelRecord;
  readonly annotations: LabelRecord;
  readonly value: number;
  /** When the rule began to hold. */
  readonly sinceSeconds: number;
}

export type RuleState = 'firing' | 'pending' | 'inactive' | 'unknown';

export interface AlertRule {
  readonly name: string;
  readonly group: string;
  readonly query: string;
  /** It must hold for so long before it fires. */
  readonly forSeconds: number;
  readonly labels: LabelRecord;
  readonly annotations: LabelRecord;
  readonly state: RuleState;
  readonly alerts: readonly ActiveAlert[];
  /** Why the last evaluation failed; null when it did not. */
  readonly lastError: string | null;
  /** Null before the first evaluation. */
  readonly evaluatedSeconds: number | null;
}

/** A change of an alert's state; `from` and `to` are the words of the server. */
export interface Transition {
  readonly atSeconds: number;
  readonly name: string;
  readonly labels: LabelRecord;
  readonly from: string;
  readonly to: string;
  readonly value: number;
}

/** What of the labels tells an alert from others of its name. */
export function ownLabels(labels: LabelRecord): [name: string, value: string][] {
  return Object.entries(labels).filter(([name]) => name !== 'alertname' && name !== 'severity');
}

/** `2 alerts fire: A and B`; the same name is said once. */
export function firingWords(alerts: readonly ActiveAlert[]): string {
  const names = [...new Set(alerts.map((alert) => alert.name))];
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const count = alerts.length === 1 ? '1 alert fires' : `${alerts.length.toLocaleString('en')} alerts fire`;
  return `${count}: ${names.slice(0, 3).join(', ')}${more}`;
}
