import { Fault, reasonOf } from '../../../lib/fault.ts';
import { labelsKey, labelValue, type Labels } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { openHeads } from '../head/open-heads.ts';
import type { Matcher } from '../matcher.ts';
import { HISTOGRAM_PART, joinParts, type HistogramSamples } from '../native-histogram.ts';
import { conditionsOf } from '../part/find-series.ts';
import type { Scope } from '../scope.ts';
import type { MetricReader, ReadLimits, SeriesSamples, Summary, TimeRange } from '../store.ts';
import { BlockCache } from './block-cache.ts';
import { isUnreadableFile } from './database.ts';
import { OpenPartitions } from './open-partitions.ts';
import { FoundSeries, samplesOf, type Found } from './found-series.ts';
import { PartitionReader, type VisitSeries } from './partition-reader.ts';
import { placesOf, toldOfGone, type Place } from './places.ts';
import { EMPTY_VIEW, type StoreView } from './view.ts';

/** Blocks that a thread keeps unpacked for the next query. */
const CACHED_BYTES = 32 * 1024 * 1024;

/** A file of the view that is open for one read. */
interface Opened {
  readonly place: Place;
  readonly reader: PartitionReader;
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
  readonly #tiers = new OpenPartitions((file) => new PartitionReader(file, this.#cache, true));

  /** Takes what the writer published last. */
  setView(view: StoreView): void {
    this.#view = view;
    this.#heads = openHeads(view.heads, this.#heads);
    this.#partitions.keep(view.partitions);
    this.#tiers.keep(view.tiers.flatMap(({ days }) => days));
  }

  select(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
    summary?: Summary,
  ): SeriesSamples[] {
    return this.#select(scope, [...matchers, NO_HISTOGRAMS], range, limits, summary);
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

  #select(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
    summary?: Summary,
  ): SeriesSamples[] {
    const statistic = summary?.statistic ?? 'last';
    const places = new Set<Place>();
    const read = (opened: readonly Opened[]): SeriesSamples[] => {
      const out: SeriesSamples[] = [];
      let samples = 0;
      for (const series of this.#find(opened, scope, matchers, range, limits)) {
        limits.checkDeadline();
        const found = samplesOf(series, range, statistic, (place) => places.add(place));
        samples += found.values.length;
        if (samples > limits.maxSamples) {
          throw new Fault(
            'limit',
            `the query reads more than ${limits.maxSamples} samples (setting query.max-samples): ask for fewer series or less time`,
          );
        }
        if (found.values.length > 0) out.push(found);
      }
      return out;
    };
    const answer = this.#read(range, limits, read, summary);
    const told = toldOfGone([...places], summary);
    if (told !== undefined) limits.onDamage(told);
    return answer;
  }

  series(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): Labels[] {
    const found = this.#read(range, limits, (opened) => this.#find(opened, scope, matchers, range, limits));
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
    this.#read(range, limits, (opened) => {
      for (const { reader } of opened) {
        this.#leaveOutUnreadable(limits, reader, () => reader.labelNames(conditions, range, limits, names));
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
    this.#read(range, limits, (opened) => {
      for (const { reader } of opened) {
        this.#leaveOutUnreadable(limits, reader, () =>
          reader.labelValues(name, conditions, range, limits, values),
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
    this.#tiers.close();
  }

  /** Called between queries. */
  trim(): void {
    this.#partitions.trim();
    this.#tiers.trim();
  }

  /** Runs a read over the files of the range, of one moment. */
  #read<T>(
    range: TimeRange,
    limits: ReadLimits,
    read: (opened: readonly Opened[]) => T,
    summary?: Summary,
  ): T {
    // Heads are looked at first: what is folded meanwhile is then met twice, never missed.
    let oldestMs = Infinity;
    for (const head of this.#heads.values()) {
      head.refresh();
      oldestMs = Math.min(oldestMs, head.oldestMs);
    }
    const opened: Opened[] = [];
    try {
      for (const place of placesOf(this.#view, range, oldestMs, summary)) {
        this.#leaveOutUnreadable(limits, place, () => opened.push(this.#open(place, limits)));
      }
      return read(opened);
    } finally {
      for (const { reader } of opened) reader.end();
    }
  }

  #open(place: Place, limits: ReadLimits): Opened {
    const { file, tier, instead } = place;
    try {
      const reader = (tier ? this.#tiers : this.#partitions).get(file);
      reader.begin(limits);
      return { place, reader };
    } catch (thrown) {
      if (!isUnreadableFile(thrown) || instead === undefined) throw thrown;
      return this.#open(instead, limits);
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
    visit: (labels: Labels) => void,
  ): void {
    for (const head of this.#heads.values()) head.visit(scope, matchers, range, limits, visit);
  }

  #find(
    opened: readonly Opened[],
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): Found[] {
    const found = new FoundSeries(limits.maxSeries);
    const conditions = conditionsOf(scope, matchers);
    for (const { place, reader } of opened) {
      const add: VisitSeries = (labels, gather, part) => found.add(labels, { gather, place }, part);
      this.#leaveOutUnreadable(limits, reader, () => reader.visit(scope, conditions, range, limits, add));
    }
    for (const head of this.#heads.values()) {
      head.visit(scope, matchers, range, limits, (labels, gather) => found.add(labels, { gather }, head));
    }
    return found.list;
  }
}

function withoutPart(labels: Labels): Labels {
  const at = labels.indexOf(HISTOGRAM_PART);
  return at < 0 || at % 2 === 1 ? labels : labels.toSpliced(at, 2);
}
