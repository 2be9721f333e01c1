import { Fault } from '../../lib/fault.ts';
import { METRIC_NAME, printLabels, type Labels } from '../../wire/labels.ts';
import { HISTOGRAM_PART, partLabels, partsOf } from '../store/native-histogram.ts';
import type { RowBuffer } from '../store/row-buffer.ts';
import type { IngestLimits } from './limits.ts';
import type { MetricMetadata } from './metric-metadata.ts';
import type { ReadHistogram } from './native-histogram.ts';
import type { SeriesGroups } from './series-groups.ts';
import type { SeriesKeys } from './series-keys.ts';

/** A refusal names so many bad parts and counts the others. */
const REFUSED_NAMED = 10;

export type SampleLimits = Pick<
  IngestLimits,
  'maxSamples' | 'maxLabels' | 'maxLabelLength' | 'maxHistogramBuckets'
>;

/**
 * What a body of another's format says: the samples that are taken, and why others are not. The good part of a
 * bad body is kept, so that one bad sample never costs the rest.
 */
export class Collected {
  readonly rows: RowBuffer;
  readonly metadata: MetricMetadata;
  readonly #series: SeriesGroups;
  readonly #limits: SampleLimits;
  readonly #newestMs: number;
  readonly #reasons: string[] = [];
  /** Refused parts whose reason is told. */
  #named = 0;
  /** Parts that were refused. */
  refused = 0;
  /** Native histograms that were taken, and the values that they are kept as. */
  histograms = 0;
  histogramValues = 0;
  /** Values left out because they are text. */
  skipped = 0;

  /** Samples go to `rows`; those after `newestMs` are refused. What metrics are goes to `metadata`. */
  constructor(
    rows: RowBuffer,
    series: SeriesGroups,
    newestMs: number,
    limits: SampleLimits,
    metadata: MetricMetadata,
  ) {
    this.rows = rows;
    this.metadata = metadata;
    this.#series = series;
    this.#newestMs = newestMs;
    this.#limits = limits;
  }

  /** Groups by the bytes that name their series. */
  get keys(): SeriesKeys {
    return this.#series.keys;
  }

  /** Was nothing refused? */
  get isWhole(): boolean {
    return this.#reasons.length === 0;
  }

  /**
   * Counts parts that are not taken for one reason, which is asked for while there is room to tell it; of 0 parts
   * it is told all the same. Throws a `Fault` `too_large` when more parts are wrong than a body may have samples:
   * it is not worth more of our time.
   */
  refuse(reason: () => string, count = 1): void {
    if (this.refused >= this.#limits.maxSamples) throw this.#tooMany('wrong parts');
    this.refused += count;
    if (this.#reasons.length === REFUSED_NAMED) return;
    this.#named += count;
    this.#reasons.push(reason());
  }

  /** Is a sample of this time not taken? `timeReason` says why. Throws a `Fault` `too_large` past the last sample. */
  isTimeRefused(atMs: number): boolean {
    if (this.samples + this.histograms >= this.#limits.maxSamples) throw this.#tooMany('samples');
    return !(atMs >= 0 && atMs <= this.#newestMs);
  }

  timeReason(texts: readonly string[], atMs: number): string {
    const why = atMs < 0 ? 'before 1970' : 'too far in the future (setting ingest.future-limit)';
    return this.reason(texts, `a sample of ${printTime(atMs)} lies ${why}`);
  }

  /** Why a part of the series with these names and values is not taken: that its labels are wrong, or else `what`. */
  reason(texts: readonly string[], what: string): string {
    const labels = this.check(texts);
    return typeof labels === 'string' ? labels : `${printLabels(labels)}: ${what}`;
  }

  get maxHistogramBuckets(): number {
    return this.#limits.maxHistogramBuckets;
  }

  /** Takes a native histogram of a series, or returns why not. */
  addHistogram(labels: Labels, { atMs, histogram, sum }: ReadHistogram): string | undefined {
    if (this.isTimeRefused(atMs)) return this.timeReason(labels, atMs);
    const { names, values } = partsOf(histogram);
    let group: number | string | undefined = this.keys.findText(JSON.stringify([labels, names]));
    if (group === undefined) {
      group = this.#series.ofList(names.map((name) => partLabels(labels, name)));
      if (typeof group === 'string') return group;
      this.keys.addLast(group);
    }
    const column = Float64Array.from(values);
    // As bits, since it may be a staleness marker.
    new Uint32Array(column.buffer).set(new Uint32Array(sum.buffer), 2);
    this.rows.addRow(group, atMs, column);
    this.histograms++;
    this.histogramValues += column.length;
    return undefined;
  }

  /** Samples that were taken, histograms not among them. */
  get samples(): number {
    return this.rows.valueCount - this.histogramValues;
  }

  /** The group of the series with these names and values by turns, in any order, or why it is refused. */
  groupOf(texts: readonly string[]): number | string {
    const labels = this.check(texts);
    return typeof labels === 'string' ? labels : this.#series.ofOne(labels);
  }

  /** The group of new series that are measured together, each as in `groupOf`, or why one of them is refused. */
  groupOfList(list: readonly (readonly string[])[]): number | string {
    const [first] = list;
    if (list.length === 1 && first !== undefined) return this.groupOf(first);
    const series: Labels[] = [];
    for (const texts of list) {
      const labels = this.check(texts);
      if (typeof labels === 'string') return labels;
      series.push(labels);
    }
    return this.#series.ofList(series);
  }

  /**
   * The label set of names and values by turns, in any order, or why it is wrong. An empty value means that the
   * label is absent.
   */
  check(texts: readonly string[]): Labels | string {
    const { maxLabels, maxLabelLength } = this.#limits;
    const labels: string[] = [];
    for (let i = 0; i < texts.length; i += 2) {
      const name = texts[i] as string;
      const value = texts[i + 1] as string;
      if (name === '') return `${printLabels(labels)}: a label without a name`;
      if (name === HISTOGRAM_PART) return `${printLabels(labels)}: the label ${name} is the store's own`;
      if (name.length > maxLabelLength || value.length > maxLabelLength) {
        return `${printLabels(labels)}: label ${JSON.stringify(name.slice(0, 80))} is longer than ${maxLabelLength} (setting ingest.max-label-length)`;
      }
      const place = placeOf(labels, name);
      if (labels[place] === name) return `${printLabels(labels)}: label ${JSON.stringify(name)} stands twice`;
      labels.splice(place, 0, name, value);
      // Those of an empty value stand here too, so that each is seen to stand once.
      if (labels.length / 2 > maxLabels + MAX_EMPTY) return tooMany(labels, texts.length / 2, maxLabels);
    }
    const full = labels.includes('') ? withoutEmpty(labels) : labels;
    if (full.length / 2 > maxLabels) return tooMany(full, full.length / 2, maxLabels);
    if (!hasName(full)) return `${printLabels(full)}: there is no label ${METRIC_NAME}`;
    return full;
  }

  #tooMany(what: string): Fault {
    const most = `more than ${this.#limits.maxSamples} ${what} (setting ingest.max-samples)`;
    return new Fault('too_large', `the body has ${most}: send it in parts`);
  }

  /** What the sender is told of what was refused; `noun` is what was counted. */
  message(noun: string): string {
    const rest = this.refused - this.#named;
    const more = rest > 0 ? `\nand ${rest} more` : '';
    return `${this.refused} ${noun} were refused, the others taken:\n${this.#reasons.join('\n')}${more}`;
  }
}

/** Labels without a value in one label set; more are taken for an attempt. */
const MAX_EMPTY = 1000;
const MAX_DATE_MS = 8.64e15;

/** Where a name stands, or would; the names that come are mostly in order. */
function placeOf(labels: readonly string[], name: string): number {
  let place = labels.length;
  while (place > 0 && (labels[place - 2] as string) >= name) place -= 2;
  return place;
}

function withoutEmpty(labels: readonly string[]): string[] {
  const full: string[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    if (labels[i + 1] !== '') full.push(labels[i] as string, labels[i + 1] as string);
  }
  return full;
}

function hasName(labels: readonly string[]): boolean {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === METRIC_NAME) return true;
  return false;
}

function tooMany(labels: readonly string[], count: number, maxLabels: number): string {
  return `${printLabels(labels.slice(0, 20))}: ${count} labels, at most ${maxLabels} are taken (setting ingest.max-labels)`;
}

function printTime(atMs: number): string {
  return Math.abs(atMs) <= MAX_DATE_MS ? new Date(atMs).toISOString() : `${atMs} ms`;
}
