import type { Labels } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { openHeads } from '../head/open-heads.ts';
import { BestLines } from '../log/best-lines.ts';
import { LineCounter } from '../log/count-lines.ts';
import { LineFilter } from '../log/line-filter.ts';
import { searchPlaces } from '../log/search-places.ts';
import { tailHeads } from '../log/tail-heads.ts';
import type {
  Buckets,
  LineCounts,
  LogFilter,
  LogLimits,
  LogPage,
  LogReader,
  LogSearch,
  LogStats,
  TailedLines,
  TailPosition,
  TimeRangeNs,
} from '../log-store.ts';
import type { Matcher } from '../matcher.ts';
import type { Scope } from '../scope.ts';
import { LogPartitionReader } from './log-partition-reader.ts';
import { LogSnapshot } from './log-snapshot.ts';
import { OpenPartitions } from './open-partitions.ts';
import { EMPTY_VIEW, type StoreView } from './view.ts';

/** Answers from the partitions and the heads of the newest view; each thread has its own. */
export class SqliteLogReader implements LogReader {
  #view = EMPTY_VIEW;
  #heads = new Map<number, Head>();
  readonly #partitions = new OpenPartitions((file) => new LogPartitionReader(file));

  /** Takes what the writer published last. */
  setView(view: StoreView): void {
    this.#view = view;
    const all = [...view.retired, ...view.heads];
    this.#heads = openHeads(all, this.#heads);
    this.#partitions.keep(view.logPartitions);
  }

  search(scope: Scope, search: LogSearch, limits: LogLimits): LogPage {
    const filter = new LineFilter(search.conditions);
    const best = new BestLines(search);
    const stats = noStats();
    const tail = this.#withSnapshot(scope, search.matchers, search, limits, (snapshot) => {
      const days = snapshot.days();
      for (const day of search.direction === 'backward' ? days.reverse() : days) {
        if (best.bound !== undefined) break;
        const places = snapshot.places(day);
        searchPlaces(places, snapshot.rangeOf(day), search, filter, best, stats, limits);
      }
      return this.#position();
    });
    const { lines, streams, next } = best.page();
    return { lines, streams: streams.map(({ labels }) => labels), next, stats, tail };
  }

  tail(
    scope: Scope,
    filter: LogFilter,
    position: TailPosition | undefined,
    maxLines: number,
    limits: LogLimits,
  ): TailedLines {
    const heads = [...this.#heads.values()];
    for (const head of heads) head.logs.refresh();
    const found = tailHeads(heads, scope, filter, position, maxLines, limits);
    return { ...found, position: this.#position() };
  }

  count(scope: Scope, filter: LogFilter, buckets: Buckets, limits: LogLimits): LineCounts {
    const stats = noStats();
    const counter = new LineCounter(buckets, new LineFilter(filter.conditions), stats);
    this.#withSnapshot(scope, filter.matchers, counter.range, limits, (snapshot) => {
      for (const day of snapshot.days()) counter.add(snapshot.places(day), snapshot.rangeOf(day), limits);
    });
    return { byLevel: counter.byLevel, stats };
  }

  streams(scope: Scope, matchers: readonly Matcher[], range: TimeRangeNs, limits: LogLimits): Labels[] {
    return this.#withSnapshot(scope, matchers, range, limits, (snapshot) => {
      for (const day of snapshot.days()) snapshot.places(day);
      return snapshot.streams
        .all()
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .map(({ labels }) => labels);
    });
  }

  /** Called between queries. */
  trim(): void {
    this.#partitions.trim();
  }

  close(): void {
    this.#partitions.close();
  }

  #withSnapshot<T>(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRangeNs,
    limits: LogLimits,
    use: (snapshot: LogSnapshot) => T,
  ): T {
    const heads = this.#view.heads.map(({ id }) => this.#heads.get(id) as Head);
    const snapshot = new LogSnapshot(this.#view, heads, this.#partitions, {
      scope,
      matchers,
      range: { fromNs: range.fromNs, toNs: range.toNs },
      limits,
    });
    try {
      return use(snapshot);
    } finally {
      snapshot.end();
    }
  }

  /** The end of what was seen. */
  #position(): TailPosition {
    const newest = [...this.#heads.values()].at(-1);
    return { head: newest?.id ?? 0, run: newest?.logs.runCount ?? 0 };
  }
}

function noStats(): LogStats {
  return { scannedBytes: 0, scannedLines: 0, blocks: 0 };
}
