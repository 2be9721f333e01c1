import type { Labels } from '../../wire/labels.ts';
import { labelsKey, METRIC_NAME, withLabels } from '../../wire/labels.ts';
import type { Frame, Schema } from './source.ts';

const NONE: Labels = [];

/**
 * Turns the numbers that a collector puts, tick for tick in the same order, into frames. As long as names
 * and labels come as they came in the tick before, the schema object stays the same and a number costs two
 * comparisons. What is no finite number is left out, so the series ends instead of lying; a series put
 * twice in one tick counts once, the first.
 */
export class Recorder {
  readonly #constant: Labels;
  readonly #names: string[] = [];
  readonly #labels: Labels[] = [];
  #values = new Float64Array(16);
  #count = 0;
  #changed = true;
  #schema: Schema = { series: [] };
  /** Where each column of the schema is among what was put, when something was put twice. */
  #columns: readonly number[] | undefined;

  /** @param constant labels of every series, e.g. `job` and `instance` */
  constructor(constant: Labels) {
    this.#constant = constant;
  }

  /** @param labels flat pairs in any order, `''` for an absent label; the caller doesn't change it afterwards */
  put(name: string, value: number, labels: Labels = NONE): void {
    if (!Number.isFinite(value)) return;
    const i = this.#count++;
    if (this.#names[i] !== name || !sameLabels(this.#labels[i], labels)) {
      this.#names[i] = name;
      this.#labels[i] = labels;
      this.#changed = true;
    }
    if (i === this.#values.length) {
      const grown = new Float64Array(i * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[i] = value;
  }

  /** The frame of this tick, undefined when nothing was put; begins the next tick. */
  take(): Frame | undefined {
    const count = this.#count;
    if (this.#changed || count !== this.#names.length) this.#rebuild(count);
    this.#count = 0;
    if (count === 0) return undefined;
    if (this.#columns === undefined) return { schema: this.#schema, values: this.#values.slice(0, count) };
    return {
      schema: this.#schema,
      values: Float64Array.from(this.#columns, (i) => this.#values[i] as number),
    };
  }

  /** Forgets what was put since the last `take`. */
  drop(): void {
    this.#count = 0;
    this.#changed = true;
  }

  #rebuild(count: number): void {
    this.#names.length = count;
    this.#labels.length = count;
    this.#changed = false;
    const series: Labels[] = [];
    const columns: number[] = [];
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) {
      const labels = this.#seriesLabels(i);
      const key = labelsKey(labels);
      if (seen.has(key)) continue;
      seen.add(key);
      series.push(labels);
      columns.push(i);
    }
    this.#schema = { series };
    this.#columns = columns.length === count ? undefined : columns;
  }

  #seriesLabels(i: number): Labels {
    const changes: Record<string, string> = Object.create(null);
    const labels = this.#labels[i] as Labels;
    for (let at = 0; at < labels.length; at += 2) changes[labels[at] as string] = labels[at + 1] as string;
    changes[METRIC_NAME] = this.#names[i] as string;
    return withLabels(this.#constant, changes);
  }
}

function sameLabels(a: Labels | undefined, b: Labels): boolean {
  if (a === b) return true;
  if (a === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
