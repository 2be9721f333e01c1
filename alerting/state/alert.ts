import type { Labels } from '../../wire/labels.ts';

export type AlertState = 'pending' | 'firing' | 'resolved';

/** One label set for which a rule holds, held, or is about to count. */
export interface Alert {
  /** The `key` of its rule. */
  readonly ruleKey: string;
  /** With the labels of the rule and `alertname`; they tell an alert from the others of its rule. */
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: AlertState;
  /** Of the last evaluation that found it. */
  readonly value: number;
  readonly activeAtMs: number;
  readonly firedAtMs: number | undefined;
  /** When the rule stopped to hold, while `keep_firing_for` lasts. */
  readonly keepFiringSinceMs: number | undefined;
  readonly resolvedAtMs: number | undefined;
}

/** A change of an alert's state. `alert` is how it was left. */
export interface Transition {
  readonly atMs: number;
  readonly from: 'inactive' | AlertState;
  readonly to: 'inactive' | AlertState;
  readonly alert: Alert;
}

/** What an evaluation found for one label set. */
export interface Found {
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number;
}
