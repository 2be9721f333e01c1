import { Fault, reasonOf } from '../../../lib/fault.ts';
import { labelsKey, labelValue, METRIC_NAME, type Labels } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { openHeads } from '../head/open-heads.ts';
import type { Matcher } from '../matcher.ts';
import { HISTOGRAM_PART, joinParts, type HistogramSamples } from '../native-histogram.ts';
import { conditionsOf } from '../part/find-series.ts';
import { SampleColumn } from '../sample-column.ts';
import type { Scope } from '../scope.ts';
import type { MetricReader, ReadLimits, SeriesSamples, TimeRange } from '../store.ts';
import { BlockCache } from './block-cache.ts';
import { isUnreadableFile } from './database.ts';
import { OpenPartitions } from './open-partitions.ts';
import { PartitionReader } from './partition-reader.ts';
import { EMPTY_VIEW, type StoreView } from './view.ts';

/** Blocks that a thread keeps unpacked for the next query. */
const CACHED_BYTES = 32 * 1024 * 1024;

type Gather = (into: SampleColumn) => void;

interface Found {
  readonly labels: Labels;
  /** In the order of the places: what comes later replaces what came before at the same time. */
  readonly gathers: Gather[];
}

/** The parts of native histograms are series too; nobody but `selectHistograms` sees them. */
const NO_HISTOGRAMS: Matcher = { name: HISTOGRAM_PART, op: '=', value: '' };
const HISTOGRAMS: Matcher = { name: HISTOGRAM_PART, op: '!=', value: '' };

/** Answers from the partitions and the heads of the newest view; each thread has its own. */
export class SqliteReader implements MetricReader {
  #view: StoreView = EMPTY_VIEW;
  #heads = new Map<number, Head>();
  readonly #cache = new BlockCache(CACHED_BYTES);
  readonly #partitions = new OpenPartitions((file) => new PartitionReader(file, this.#cache));

  /** Takes what the writer published last. */
  setView(view: StoreView): void {
    this.#view = view;
    this.#heads = openHeads(view.heads, this.#heads);
    this.#partitions.keep(view.partitions);
  }

  select(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): SeriesSamples[] {
    this.#tellHistograms(scope, matchers, range, limits);
    return this.#select(scope, [...matchers, NO_HISTOGRAMS], range, limits);
  }

  selectHistograms(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): HistogramSamples[] {
    const bySeries = new Map<string, SeriesSamples[]>();
    for (const part of this.#select(scope, [...matchers, HISTOGRAMS], range, limits)) {
      const key = labelsKey(withoutPart(part.labels));
      const parts = bySeries.get(key);
      if (parts) parts.push(part);
      else bySeries.set(key, [part]);
    }
    return Array.from(bySeries.values(), joinParts);
  }

  /** What a query can't read yet is not passed over in silence. */
  #tellHistograms(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): void {
    const [first] = this.#read(range, limits, (partitions) =>
      this.#find(partitions, scope, [...matchers, HISTOGRAMS], range, limits),
    );
    if (first === undefined) return;
    const name = labelValue(first.labels, METRIC_NAME);
    limits.onDamage(`native histograms of ${name} were left out: queries do not read them yet`);
  }

  #select(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): SeriesSamples[] {
    return this.#read(range, limits, (partitions) => {
      const out: SeriesSamples[] = [];
      let samples = 0;
      for (const { labels, gathers } of this.#find(partitions, scope, matchers, range, limits)) {
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
    });
  }

  series(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): Labels[] {
    const found = this.#read(range, limits, (partitions) =>
      this.#find(partitions, scope, matchers, range, limits),
    );
    const keyed = new Map(
      found.map(({ labels: stored }) => {
        const labels = withoutPart(stored);
        return [labels.join('\0'), labels];
      }),
    );
    return [...keyed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, labels]) => labels);
  }

  labelNames(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): string[] {
    const names = new Set<string>();
    const conditions = conditionsOf(scope, matchers);
    this.#read(range, limits, (partitions) => {
      for (const partition of partitions) {
        this.#leaveOutUnreadable(limits, partition, () =>
          partition.labelNames(conditions, range, limits, names),
        );
      }
      this.#visitHeads(scope, matchers, range, limits, (labels) => {
        for (let i = 0; i < labels.length; i += 2) names.add(labels[i] as string);
      });
    });
    names.delete(HISTOGRAM_PART);
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
    if (name === HISTOGRAM_PART) return [];
    const conditions = conditionsOf(scope, matchers);
    this.#read(range, limits, (partitions) => {
      for (const partition of partitions) {
        this.#leaveOutUnreadable(limits, partition, () =>
          partition.labelValues(name, conditions, range, limits, values),
        );
      }
      this.#visitHeads(scope, matchers, range, limits, (labels) => {
        const value = labelValue(labels, name);
        if (value !== '') values.add(value);
      });
    });
    return [...values].sort();
  }

  close(): void {
    this.#partitions.close();
  }

  /** Called between queries. */
  trim(): void {
    this.#partitions.trim();
  }

  /** Runs a read over the partitions of the range, of one moment. */
  #read<T>(range: TimeRange, limits: ReadLimits, read: (partitions: readonly PartitionReader[]) => T): T {
    // Heads are looked at first: what is folded meanwhile is then met twice, never missed.
    for (const head of this.#heads.values()) head.refresh();
    const begun: PartitionReader[] = [];
    try {
      for (const { file, fromMs, toMs } of this.#view.partitions) {
        if (fromMs > range.toMs || toMs < range.fromMs) continue;
        this.#leaveOutUnreadable(limits, { file }, () => {
          const partition = this.#partitions.get(file);
          partition.begin(limits);
          begun.push(partition);
        });
      }
      return read(begun);
    } finally {
      for (const partition of begun) partition.end();
    }
  }

  #leaveOutUnreadable(limits: ReadLimits, { file }: { readonly file: string }, run: () => void): void {
    try {
      run();
    } catch (thrown) {
      if (!isUnreadableFile(thrown)) throw thrown;
      limits.onDamage(`${file} was left out: ${reasonOf(thrown)}`);
    }
  }

  #visitHeads(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
    visit: (labels: Labels, gather: Gather) => void,
  ): void {
    for (const head of this.#heads.values()) head.visit(scope, matchers, range, limits, visit);
  }

  #find(
    partitions: readonly PartitionReader[],
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): Found[] {
    const found = new FoundSeries(limits.maxSeries);
    const conditions = conditionsOf(scope, matchers);
    for (const partition of partitions) {
      this.#leaveOutUnreadable(limits, partition, () =>
        partition.visit(scope, conditions, range, limits, found.add),
      );
    }
    for (const head of this.#heads.values()) {
      head.visit(scope, matchers, range, limits, (labels, gather) => found.add(labels, gather, head));
    }
    return found.list;
  }
}

/** Series of several places. Those of the first one differ, so that they need keys only when there is a second. */
class FoundSeries {
  readonly list: Found[] = [];
  readonly #maxSeries: number;
  #place: object | undefined;
  #byKey: Map<string, Found> | undefined;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  readonly add = (labels: Labels, gather: Gather, place: object): void => {
    this.#place ??= place;
    if (place !== this.#place)
      this.#byKey ??= new Map(this.list.map((each) => [labelsKey(each.labels), each]));
    const key = this.#byKey && labelsKey(labels);
    const known = key === undefined ? undefined : this.#byKey?.get(key);
    if (known) {
      known.gathers.push(gather);
      return;
    }
    if (this.list.length >= this.#maxSeries) {
      throw new Fault(
        'limit',
        `the query meets more than ${this.#maxSeries} series (setting query.max-series): select fewer`,
      );
    }
    const found = { labels, gathers: [gather] };
    this.list.push(found);
    if (key !== undefined) this.#byKey?.set(key, found);
  };
}

function withoutPart(labels: Labels): Labels {
  const at = labels.indexOf(HISTOGRAM_PART);
  return at < 0 || at % 2 === 1 ? labels : labels.toSpliced(at, 2);
}
