import type { Clock } from '../../lib/clock.ts';
import { reasonOf } from '../../lib/fault.ts';
import { labelsKey } from '../../wire/labels.ts';
import type { AlertingMetrics } from '../event.ts';
import type { AlertRule, RecordingRule, RuleGroup } from '../rules/rule.ts';
import type { TemplateWorld } from '../rules/template.ts';
import type { Alert, Transition } from './alert.ts';
import { findAlerts } from './find-alerts.ts';
import type { Change } from './state-store.ts';
import { shifted, stepRule, type Step } from './step.ts';

/** How a rule fares; times in ms since the epoch and seconds. */
export interface RuleStatus {
  readonly rule: AlertRule | RecordingRule;
  readonly health: 'unknown' | 'ok' | 'err';
  readonly lastError: string | undefined;
  readonly lastEvaluationMs: number | undefined;
  readonly evaluationSeconds: number;
  /** By `labelsKey`. */
  readonly alerts: ReadonlyMap<string, Alert>;
}

export interface GroupParts {
  readonly world: TemplateWorld;
  readonly clock: Clock;
  readonly metrics: AlertingMetrics;
  /** Writes the change and what is to be notified; throws when it can't. */
  commit(change: Change): void;
}

/** What the group was left with by a former process. */
export interface Restored {
  readonly alerts: readonly Alert[];
  readonly lastEvaluationMs: number | undefined;
}

/** The wall clock may stray from the steady one by this much between two evaluations without having jumped. */
const DRIFT_MS = 2000;

const NOT_EVALUATED = 'recording rules are not evaluated in this version';

/** One group of rules with the state of its alerts. Evaluations must not overlap. */
export class Group {
  readonly group: RuleGroup;
  readonly key: string;
  readonly intervalMs: number;
  readonly #parts: GroupParts;
  #statuses: RuleStatus[];
  #restoredAtMs: number | undefined;
  /** Both clocks at the evaluation before. */
  #before: { wallMs: number; steadyMs: number } | undefined;
  #unwritten: string | undefined;
  #lastEvaluationMs: number | undefined;
  #evaluationSeconds = 0;

  constructor(group: RuleGroup, key: string, intervalMs: number, parts: GroupParts, restored: Restored) {
    this.group = group;
    this.key = key;
    this.intervalMs = intervalMs;
    this.#parts = parts;
    this.#restoredAtMs = restored.lastEvaluationMs;
    this.#statuses = group.rules.map((rule) => ({
      rule,
      health: 'unknown',
      lastError: rule.kind === 'record' ? NOT_EVALUATED : undefined,
      lastEvaluationMs: undefined,
      evaluationSeconds: 0,
      alerts: new Map(
        restored.alerts
          .filter(({ ruleKey }) => rule.kind === 'alert' && ruleKey === rule.key)
          .map((alert) => [labelsKey(alert.labels), alert]),
      ),
    }));
  }

  get statuses(): readonly RuleStatus[] {
    return this.#statuses;
  }

  get lastEvaluationMs(): number | undefined {
    return this.#lastEvaluationMs;
  }

  get evaluationSeconds(): number {
    return this.#evaluationSeconds;
  }

  /** Why rules are not evaluated, or their state is not written. */
  get failure(): string | undefined {
    if (this.#unwritten !== undefined) return this.#unwritten;
    const failed = this.#statuses.filter(({ health }) => health === 'err');
    const [first] = failed;
    if (first === undefined) return undefined;
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
    return `rule ${JSON.stringify(first.rule.name)} of group ${JSON.stringify(this.group.name)}: ${first.lastError}${more}`;
  }

  /** Evaluates all rules in order, then writes what changed in one commit. What goes wrong is told by `failure`. */
  async evaluate(atMs: number): Promise<void> {
    if (!this.#keepTime(atMs)) return;
    const { clock } = this.#parts;
    const startedMs = clock.monotonicMs();
    const next: RuleStatus[] = [];
    const steps: (Step | undefined)[] = [];
    for (const status of this.#statuses) {
      const { rule } = status;
      const evaluated = rule.kind === 'alert' ? await this.#rule(rule, status, atMs) : { status };
      next.push(evaluated.status);
      steps.push(evaluated.step);
    }
    this.#lastEvaluationMs = atMs;
    this.#evaluationSeconds = (clock.monotonicMs() - startedMs) / 1000;
    const written = this.#commit(steps, atMs);
    // What was not written did not happen: the same is found again at the next evaluation.
    this.#statuses = next.map((status, i) => (written ? status : { ...status, alerts: this.#alerts(i) }));
  }

  async #rule(
    rule: AlertRule,
    status: RuleStatus,
    atMs: number,
  ): Promise<{ status: RuleStatus; step?: Step }> {
    const { world, clock, metrics } = this.#parts;
    const startedMs = clock.monotonicMs();
    let step: Step | undefined;
    let failure: string | undefined;
    try {
      const queryAtMs = atMs - this.group.queryOffsetMs;
      const samples = await world.query(rule.expr, queryAtMs);
      const onFault = (where: string, reason: string): void =>
        metrics.templateFailed(rule.name, where, reason);
      const found = await findAlerts(rule, samples, world, queryAtMs, this.group.limit, onFault);
      step = stepRule(rule, status.alerts, found, atMs);
    } catch (thrown) {
      // Whatever it is, it must not end the other rules.
      failure = reasonOf(thrown);
    }
    const evaluationSeconds = (clock.monotonicMs() - startedMs) / 1000;
    metrics.evaluated(evaluationSeconds, `${this.group.name}/${rule.name}`, failure);
    const health = failure === undefined ? 'ok' : 'err';
    const alerts = step?.alerts ?? status.alerts;
    const told = {
      rule,
      health,
      lastError: failure,
      lastEvaluationMs: atMs,
      evaluationSeconds,
      alerts,
    } as const;
    return step === undefined ? { status: told } : { status: told, step };
  }

  #commit(steps: readonly (Step | undefined)[], atMs: number): boolean {
    const changed: Alert[] = [];
    const gone: Alert[] = [];
    const transitions: Transition[] = [];
    let any = false;
    for (const [i, step] of steps.entries()) {
      if (step === undefined) continue;
      const before = this.#alerts(i);
      any ||= before.size > 0 || step.alerts.size > 0;
      for (const [key, alert] of step.alerts) if (!isSame(before.get(key), alert)) changed.push(alert);
      for (const [key, alert] of before) if (!step.alerts.has(key)) gone.push(alert);
      transitions.push(...step.transitions);
    }
    // Nothing to keep, and no need to know when this was.
    return !any || this.#write({ groupKey: this.key, atMs, changed, gone, transitions });
  }

  #write(change: Change): boolean {
    const { metrics } = this.#parts;
    try {
      this.#parts.commit(change);
    } catch (thrown) {
      this.#unwritten = `the state of alerts can't be written: ${reasonOf(thrown)}`;
      metrics.commitFailed(this.group.name, reasonOf(thrown));
      return false;
    }
    this.#unwritten = undefined;
    metrics.committed(this.group.name, change.transitions);
    return true;
  }

  #alerts(index: number): ReadonlyMap<string, Alert> {
    return this.#statuses[index]?.alerts ?? new Map<string, Alert>();
  }

  /**
   * Moves the times of the alerts along when the wall clock has jumped, and over the time in which no process
   * evaluated them. False when this is no time to evaluate: data around a jump are not to be judged.
   */
  #keepTime(atMs: number): boolean {
    const now = { wallMs: this.#parts.clock.nowMs(), steadyMs: this.#parts.clock.monotonicMs() };
    const before = this.#before;
    const restoredAtMs = this.#restoredAtMs;
    if (restoredAtMs !== undefined) {
      if (!this.#move(downMs(restoredAtMs, atMs, this.intervalMs), atMs)) return false;
      this.#restoredAtMs = undefined;
      this.#before = now;
      return true;
    }
    const jumpMs = before === undefined ? 0 : now.wallMs - before.wallMs - (now.steadyMs - before.steadyMs);
    const jumped = Math.abs(jumpMs) > DRIFT_MS;
    if (jumped) {
      this.#parts.metrics.clockJumped(this.group.name, jumpMs);
      if (!this.#move(jumpMs, atMs)) return false;
    }
    this.#before = now;
    return !jumped;
  }

  /** Written too, or a restart would take the time of the jump for time that has passed. */
  #move(ms: number, atMs: number): boolean {
    if (ms === 0 || this.#statuses.every(({ alerts }) => alerts.size === 0)) return true;
    const statuses = this.#statuses.map((status) => ({ ...status, alerts: moved(status.alerts, ms) }));
    const changed = statuses.flatMap(({ alerts }) => [...alerts.values()]);
    if (!this.#write({ groupKey: this.key, atMs, changed, gone: [], transitions: [] })) return false;
    this.#statuses = statuses;
    return true;
  }
}

/**
 * By how much the time since the last evaluation of a former process is not that of one interval; also negative,
 * when the clock was set back. A quick restart is none at all.
 */
function downMs(lastMs: number, atMs: number, intervalMs: number): number {
  const gapMs = atMs - lastMs;
  return gapMs < 0 || gapMs > 2 * intervalMs ? gapMs - intervalMs : 0;
}

function moved(alerts: ReadonlyMap<string, Alert>, ms: number): ReadonlyMap<string, Alert> {
  return new Map([...alerts].map(([key, alert]) => [key, shifted(alert, ms)]));
}

function isSame(left: Alert | undefined, right: Alert): boolean {
  if (left === right) return true;
  if (left === undefined) return false;
  const { annotations: before, ...old } = left;
  const { annotations: after, ...now } = right;
  const plain = (Object.keys(old) as (keyof typeof old)[]).every(
    (name) => name === 'labels' || Object.is(old[name], now[name]),
  );
  return plain && JSON.stringify(before) === JSON.stringify(after);
}
