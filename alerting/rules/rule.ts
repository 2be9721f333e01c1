import type { Template } from '../../lib/go-template/ast.ts';

/** A label or annotation of a rule, whose value is a template. */
export interface TemplatedValue {
  readonly name: string;
  readonly template: Template;
}

export interface AlertRule {
  readonly kind: 'alert';
  /**
   * Group, name and place among its namesakes. State is kept by it over restarts, so neither the file, which may
   * move, nor the expression is part of it.
   */
  readonly key: string;
  readonly name: string;
  /** PromQL on one line. */
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Those of the group too. */
  readonly labels: readonly TemplatedValue[];
  readonly annotations: readonly TemplatedValue[];
}

/** Read and shown, but not evaluated in this version. */
export interface RecordingRule {
  readonly kind: 'record';
  readonly name: string;
  readonly expr: string;
  readonly labels: readonly TemplatedValue[];
}

export interface RuleGroup {
  readonly file: string;
  readonly name: string;
  /** Undefined: the default of the settings. */
  readonly intervalMs: number | undefined;
  /** How much earlier than the evaluation the query looks. */
  readonly queryOffsetMs: number;
  /** Alerts that a rule may have; 0 is no limit. */
  readonly limit: number;
  readonly rules: readonly (AlertRule | RecordingRule)[];
}
