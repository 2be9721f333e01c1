import type { DueRules, NameRules } from './name-rules.ts';
import type { PartitionFile } from './partition-files.ts';
import { isClockTrusted } from './retention.ts';

/** A day to which rules by metric name are to be applied. */
export interface DueDay {
  readonly day: PartitionFile;
  readonly rules: DueRules;
  /** Folds into the day that are known; one that comes later brings what the rules are not applied to. */
  readonly folds: number;
}

export function isSameDue(a: DueDay, b: DueDay): boolean {
  return a.day.fromMs === b.day.fromMs && a.rules.text === b.rules.text && a.folds === b.folds;
}

/** After a failure, as for want of room, the next try. */
const RETRY_MS = 3_600_000;

/** Remembers to which days rules by metric name are applied as far as they are due; what the files note is asked once. */
export class DueByName {
  readonly #rules: NameRules;
  /** The text of the rules that a day holds nothing against. */
  readonly #applied = new Map<number, string>();
  readonly #folds = new Map<number, number>();
  readonly #retryAtMs = new Map<number, number>();

  constructor(rules: NameRules) {
    this.#rules = rules;
  }

  /** A day got samples. */
  folded(dayMs: number): void {
    this.#applied.delete(dayMs);
    this.#folds.set(dayMs, this.#foldsOf(dayMs) + 1);
  }

  applied({ day, rules, folds }: DueDay): void {
    this.#retryAtMs.delete(day.fromMs);
    if (folds === this.#foldsOf(day.fromMs)) this.#applied.set(day.fromMs, rules.text);
  }

  failed({ day }: DueDay, monotonicMs: number): void {
    this.#retryAtMs.set(day.fromMs, monotonicMs + RETRY_MS);
  }

  /** Of the days those that lose something, oldest first; the newest of all never does, nor one of a clock in doubt. */
  among(
    days: readonly PartitionFile[],
    newest: PartitionFile | undefined,
    now: { readonly nowMs: number; readonly monotonicMs: number },
  ): DueDay[] {
    if (this.#rules.isEmpty || newest === undefined || !isClockTrusted(now.nowMs, newest)) return [];
    return days.flatMap((day) => {
      if (day.fromMs >= newest.fromMs || (this.#retryAtMs.get(day.fromMs) ?? 0) > now.monotonicMs) return [];
      const rules = this.#rules.dueAfter(now.nowMs - day.toMs);
      return rules === undefined || this.#applied.get(day.fromMs) === rules.text
        ? []
        : [{ day, rules, folds: this.#foldsOf(day.fromMs) }];
    });
  }

  #foldsOf(dayMs: number): number {
    return this.#folds.get(dayMs) ?? 0;
  }
}
