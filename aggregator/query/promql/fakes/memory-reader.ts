import { RE2JS } from 're2js';

import { Fault } from '../../../../lib/fault.ts';
import type { Labels } from '../../../../wire/labels.ts';
import { labelsKey, labelValue, printLabels } from '../../../../wire/labels.ts';
import type { Matcher } from '../../../store/matcher.ts';
import type { Scope } from '../../../store/scope.ts';
import { mayRead } from '../../../store/scope.ts';
import type { MetricReader, ReadLimits, SeriesSamples, TimeRange } from '../../../store/store.ts';

/** A series in memory; `native` marks samples that would be native histograms, which cannot be read yet. */
export interface MemorySeries extends SeriesSamples {
  readonly native?: true;
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
      const key = `${one.native ?? ''} ${labelsKey(one.labels)}`;
      const known = byKey.get(key);
      byKey.set(key, known === undefined ? one : joined(known, one));
    }
    return new MemoryReader([...byKey.values()]);
  }

  select(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): SeriesSamples[] {
    const found: SeriesSamples[] = [];
    let left = limits.maxSamples;
    for (const one of this.#matching(scope, matchers)) {
      limits.checkDeadline();
      const { labels, timestampsMs, values } = one;
      const lo = timestampsMs.findIndex((ms) => ms >= range.fromMs);
      const hi = timestampsMs.findLastIndex((ms) => ms <= range.toMs) + 1;
      if (lo < 0 || hi <= lo) continue;
      if (one.native)
        throw new Fault('execution', `not supported yet: native histogram in ${printLabels(labels)}`);
      left -= hi - lo;
      if (left < 0 || found.length === limits.maxSeries) throw new Fault('limit', 'read past a limit');
      found.push({ labels, timestampsMs: timestampsMs.slice(lo, hi), values: values.slice(lo, hi) });
    }
    return found;
  }

  /** Histograms stand among the series here, and can't be read. */
  selectHistograms(): [] {
    return [];
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
  // Through bits: a staleness marker must stay one.
  const bits = new Map<number, bigint>();
  for (const { timestampsMs, values } of [a, b]) {
    const words = new BigUint64Array(values.buffer, values.byteOffset, values.length);
    timestampsMs.forEach((ms, i) => bits.set(ms, words[i] as bigint));
  }
  const timestampsMs = Float64Array.from(bits.keys()).sort();
  const words = BigUint64Array.from(timestampsMs, (ms) => bits.get(ms) as bigint);
  return { ...a, timestampsMs, values: new Float64Array(words.buffer) };
}
