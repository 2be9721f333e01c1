import { Fault, reasonOf } from '../../../lib/fault.ts';
import { labelsKey, type Labels } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { openHeads } from '../head/open-heads.ts';
import type { Matcher } from '../matcher.ts';
import { SampleColumn } from '../sample-column.ts';
import type { Scope } from '../scope.ts';
import type { MetricReader, ReadLimits, SeriesSamples, TimeRange } from '../store.ts';
import { isUnreadableFile } from './database.ts';
import { OpenPartitions } from './open-partitions.ts';
import { PartitionReader } from './partition-reader.ts';
import { EMPTY_VIEW, type StoreView } from './view.ts';

type Gather = (into: SampleColumn) => void;

interface Found {
  readonly labels: Labels;
  /** In the order of the places: what comes later replaces what came before at the same time. */
  readonly gathers: Gather[];
}

/** Answers from the partitions and the heads of the newest view; each thread has its own. */
export class SqliteReader implements MetricReader {
  #view: StoreView = EMPTY_VIEW;
  #heads = new Map<number, Head>();
  readonly #partitions = new OpenPartitions((file) => new PartitionReader(file));

  /** Takes what the writer published last. */
  setView(view: StoreView): void {
    this.#view = view;
    this.#heads = openHeads(view.heads, this.#heads);
    this.#partitions.keep(view.partitions);
  }

  select(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): SeriesSamples[] {
    const out: SeriesSamples[] = [];
    let samples = 0;
    for (const { labels, gathers } of this.#find(scope, matchers, range, limits)) {
      limits.checkDeadline();
      const column = new SampleColumn();
      for (const gather of gathers) gather(column);
      const found = column.finish(range.fromMs, range.toMs);
      samples += found.values.length;
      if (samples > limits.maxSamples) {
        throw new Fault(
          'limit',
          `the query reads more than ${limits.maxSamples} samples (setting query.max-samples): ask for fewer series or less time`,
        );
      }
      if (found.values.length > 0) out.push({ labels, ...found });
    }
    return out;
  }

  series(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): Labels[] {
    const keyed = this.#find(scope, matchers, range, limits).map(({ labels }) => ({
      labels,
      key: labels.join('\0'),
    }));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ labels }) => labels);
  }

  labelNames(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): string[] {
    const names = new Set<string>();
    for (const { labels } of this.#find(scope, matchers, range, limits)) {
      for (let i = 0; i < labels.length; i += 2) names.add(labels[i] as string);
    }
    return [...names].sort();
  }

  labelValues(
    scope: Scope,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): string[] {
    const values = new Set<string>();
    for (const { labels } of this.#find(scope, matchers, range, limits)) {
      for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) values.add(labels[i + 1] as string);
    }
    return [...values].sort();
  }

  close(): void {
    this.#partitions.close();
  }

  /** Called between queries. */
  trim(): void {
    this.#partitions.trim();
  }

  #find(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): Found[] {
    const found = new Map<string, Found>();
    const visit = (labels: Labels, gather: Gather): void => {
      const key = labelsKey(labels);
      const known = found.get(key);
      if (known) {
        known.gathers.push(gather);
        return;
      }
      if (found.size >= limits.maxSeries) {
        throw new Fault(
          'limit',
          `the query meets more than ${limits.maxSeries} series (setting query.max-series): select fewer`,
        );
      }
      found.set(key, { labels, gathers: [gather] });
    };
    // Heads are looked at first: what is folded meanwhile is then met twice, never missed.
    for (const head of this.#heads.values()) head.refresh();
    for (const { file, fromMs, toMs } of this.#view.partitions) {
      if (fromMs > range.toMs || toMs < range.fromMs) continue;
      try {
        this.#partitions.get(file).visit(scope, matchers, range, limits, visit);
      } catch (thrown) {
        if (!isUnreadableFile(thrown)) throw thrown;
        limits.onDamage(`${file} was left out: ${reasonOf(thrown)}`);
      }
    }
    for (const head of this.#heads.values()) head.visit(scope, matchers, range, limits, visit);
    return [...found.values()];
  }
}
