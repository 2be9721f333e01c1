import { METRIC_NAME } from '../../../wire/labels.ts';
import { compileMatcher, type LabelPattern } from '../label-pattern.ts';
import { DAY_MS } from './partition-files.ts';

/** Series whose metric name the pattern matches as a whole are kept for so many days. */
export interface NameRule {
  /** RE2. */
  readonly pattern: string;
  /** Whole, 1 or more. */
  readonly days: number;
}

/** What is to be left out of a day. */
export interface DueRules {
  /** Equal for rules that leave out the same: what they drop, and what they keep though a later one drops it. */
  readonly text: string;
  drops(metricName: string): boolean;
}

/** Names whose rule is remembered. */
const REMEMBERED_NAMES = 65_536;

/** Rules by metric name, of which the first that matches counts. */
export class NameRules {
  readonly #rules: readonly (NameRule & LabelPattern)[];
  /** By name the place of its rule; past the last when it has none. */
  readonly #places = new Map<string, number>();
  readonly #due = new Map<number, DueRules | undefined>();

  constructor(rules: readonly NameRule[]) {
    this.#rules = rules.map((rule) => ({
      ...rule,
      ...compileMatcher({ name: METRIC_NAME, op: '=~', value: rule.pattern }),
    }));
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** The rules for a day whose last moment was so long ago; undefined when it loses nothing yet. */
  dueAfter(ageMs: number): DueRules | undefined {
    const longest = this.#rules.reduce((most, { days }) => Math.max(most, days), 0);
    // A rule is due when its days are less than the age.
    const days = Math.min(longest, Math.ceil(ageMs / DAY_MS) - 1);
    if (!this.#due.has(days)) this.#due.set(days, this.#dueAfterDays(days));
    return this.#due.get(days);
  }

  #dueAfterDays(past: number): DueRules | undefined {
    const isDue = this.#rules.map(({ days }) => days <= past);
    const last = isDue.lastIndexOf(true);
    if (last < 0) return undefined;
    const lines = this.#rules
      .slice(0, last + 1)
      .map(({ pattern }, i) => `${isDue[i] ? 'drop' : 'keep'} ${pattern}`);
    return { text: lines.join('\n'), drops: (name) => isDue[this.#placeOf(name)] ?? false };
  }

  #placeOf(name: string): number {
    let place = this.#places.get(name);
    if (place === undefined) {
      const found = this.#rules.findIndex((rule) => rule.matches(name));
      place = found < 0 ? this.#rules.length : found;
      if (this.#places.size >= REMEMBERED_NAMES) this.#places.clear();
      this.#places.set(name, place);
    }
    return place;
  }
}
