import { RE2JS } from 're2js';

import { Fault } from '../../../../lib/fault.ts';
import type { Labels } from '../../../../wire/labels.ts';
import { labelsKey, labelValue } from '../../../../wire/labels.ts';
import type { Matcher } from '../../../store/matcher.ts';
import type { HistogramSamples, NativeHistogram } from '../../../store/native-histogram.ts';
import type { Scope } from '../../../store/scope.ts';
import { mayRead } from '../../../store/scope.ts';
import type { MetricReader, ReadLimits, SeriesSamples, TimeRange } from '../../../store/store.ts';

/** A series in memory, of floats or of native histograms; the values of these are their sums. */
export interface MemorySeries extends SeriesSamples {
  readonly histograms?: readonly NativeHistogram[];
}

/** A reader over a list of series, in the order of the list. A series loaded twice holds the samples of both. */
export class MemoryReader implements MetricReader {
  readonly #series: readonly MemorySeries[];

  constructor(series: readonly MemorySeries[] = []) {
    this.#series = series;
  }

  with(more: readonly MemorySeries[]): MemoryReader {
    const byKey = new Map<string, MemorySeries>();
    for (const one of [...this.#series, ...more]) {
      const key = `${one.histograms ? 'native' : ''} ${labelsKey(one.labels)}`;
      const known = byKey.get(key);
      byKey.set(key, known === undefined ? one : joined(known, one));
    }
    return new MemoryReader([...byKey.values()]);
  }

  select(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): SeriesSamples[] {
    return this.#within(scope, matchers, range, limits, false);
  }

  selectHistograms(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): HistogramSamples[] {
    return this.#within(scope, matchers, range, limits, true).map(({ labels, timestampsMs, histograms }) => {
      return { labels, timestampsMs, histograms: histograms ?? [] };
    });
  }

  #within(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
    native: boolean,
  ): MemorySeries[] {
    const found: MemorySeries[] = [];
    let left = limits.maxSamples;
    for (const one of this.#matching(scope, matchers)) {
      limits.checkDeadline();
      const { labels, timestampsMs, values, histograms } = one;
      if ((histograms !== undefined) !== native) continue;
      const lo = timestampsMs.findIndex((ms) => ms >= range.fromMs);
      const hi = timestampsMs.findLastIndex((ms) => ms <= range.toMs) + 1;
      if (lo < 0 || hi <= lo) continue;
      left -= hi - lo;
      if (left < 0 || found.length === limits.maxSeries) throw new Fault('limit', 'read past a limit');
      const inside = { labels, timestampsMs: timestampsMs.slice(lo, hi), values: values.slice(lo, hi) };
      found.push(histograms === undefined ? inside : { ...inside, histograms: histograms.slice(lo, hi) });
    }
    return found;
  }

  series(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): Labels[] {
    return this.select(scope, matchers, range, limits).map(({ labels }) => labels);
  }

  labelNames(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): string[] {
    const labels = this.series(scope, matchers, range, limits);
    return [...new Set(labels.flatMap((one) => one.filter((_, i) => i % 2 === 0)))].sort();
  }

  labelValues(
    scope: Scope,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): string[] {
    const values = this.series(scope, matchers, range, limits).map((labels) => labelValue(labels, name));
    return [...new Set(values.filter((value) => value !== ''))].sort();
  }

  #matching(scope: Scope, matchers: readonly Matcher[]): MemorySeries[] {
    const tests = matchers.map(compile);
    return this.#series.filter(
      ({ labels }) => mayRead(scope, labelValue(labels, 'namespace')) && tests.every((test) => test(labels)),
    );
  }
}

function compile({ name, op, value }: Matcher): (labels: Labels) => boolean {
  if (op === '=' || op === '!=') return (labels) => (labelValue(labels, name) === value) === (op === '=');
  const regex = RE2JS.compile(value, RE2JS.DOTALL);
  return (labels) => regex.matches(labelValue(labels, name)) === (op === '=~');
}

function joined(a: MemorySeries, b: MemorySeries): MemorySeries {
  const places = [a, b].flatMap((series) => Array.from(series.timestampsMs, (ms, i) => ({ ms, series, i })));
  // What comes later replaces what came before at the same time.
  const byTime = [...new Map(places.map((place) => [place.ms, place])).values()].sort((x, y) => x.ms - y.ms);
  const values = new Float64Array(byTime.length);
  // Through bits: a staleness marker must stay one.
  byTime.forEach(({ series, i }, at) => values.set(series.values.subarray(i, i + 1), at));
  const known = { labels: a.labels, timestampsMs: Float64Array.from(byTime, ({ ms }) => ms), values };
  if (a.histograms === undefined) return known;
  return { ...known, histograms: byTime.map(({ series, i }) => series.histograms?.[i] as NativeHistogram) };
}
