import { METRIC_NAME, labelValue, printLabels, type Labels } from '../../wire/labels.ts';
import type { BodyLimits } from './limits.ts';

/** A refusal names so many and counts the others. */
const NAMED = 10;

/** What of a body was not taken: how many points or lines, and the reasons of the first of them. */
export class Refusals {
  #count = 0;
  #unnamed = 0;
  readonly #named: string[] = [];

  get count(): number {
    return this.#count;
  }

  get any(): boolean {
    return this.#named.length > 0;
  }

  /** One reason, which holds for `count` points or lines. */
  add(count: number, reason: () => string): void {
    this.#count += count;
    if (this.#named.length < NAMED) this.#named.push(reason());
    else this.#unnamed += count;
  }

  toString(): string {
    return this.#named.join('\n') + (this.#unnamed > 0 ? `\nand ${this.#unnamed} more` : '');
  }
}

/** Why a sample of this time is not taken. A store keeps days that a date can name. */
export function refuseTime(atMs: number, newestMs: number): string | undefined {
  if (atMs < 0) return `a sample of ${printTime(atMs)} lies before 1970`;
  return atMs > newestMs
    ? `a sample of ${printTime(atMs)} lies too far in the future (setting ingest.future-limit)`
    : undefined;
}

/** Why a series is not taken: too many labels, one that is too long, no name. */
export function refuseLabels(labels: Labels, limits: BodyLimits): string | undefined {
  if (labelValue(labels, METRIC_NAME) === '') return `${printLabels(labels)}: there is no metric name`;
  if (labels.length / 2 > limits.maxLabels)
    return `${printLabels(labels.slice(0, 20))}: ${labels.length / 2} labels, at most ${limits.maxLabels} are taken (setting ingest.max-labels)`;
  for (let i = 0; i < labels.length; i++) {
    if ((labels[i] as string).length > limits.maxLabelLength) return refuseLength(labels, i, limits);
  }
  return undefined;
}

function refuseLength(labels: Labels, index: number, limits: BodyLimits): string {
  const name = labels[index - (index % 2)] as string;
  const metric = labelValue(labels, METRIC_NAME).slice(0, 80);
  return `${metric}: label ${JSON.stringify(name.slice(0, 80))} is longer than ${limits.maxLabelLength} (setting ingest.max-label-length)`;
}

const MAX_DATE_MS = 8.64e15;

function printTime(atMs: number): string {
  return Math.abs(atMs) <= MAX_DATE_MS ? new Date(atMs).toISOString() : `${atMs} ms`;
}
