import { reasonOf } from '../../../lib/fault.ts';
import { labelValue } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { findSeries } from '../label-index.ts';
import { dayOfNs, linesByDay, rangeOfDay } from '../log/days.ts';
import type { LineBlock } from '../log/line-block.ts';
import { MetStreams, type MetStream, type Place } from '../log/place.ts';
import type { LogLimits, TimeRangeNs } from '../log-store.ts';
import type { Matcher } from '../matcher.ts';
import { mayRead, type Scope } from '../scope.ts';
import { isUnreadableFile } from './database.ts';
import type { LogPartitionReader } from './log-partition-reader.ts';
import type { OpenPartitions } from './open-partitions.ts';
import type { StoreView } from './view.ts';

interface Asked {
  readonly scope: Scope;
  readonly matchers: readonly Matcher[];
  readonly range: TimeRangeNs;
  readonly limits: LogLimits;
}

/** Partition parts rank below all runs of the heads, which came later. */
const HEAD_RANK = 2 ** 48;

/**
 * What one query sees: each line once, while folds go on. A fold moves a head's lines into partitions, day by
 * day, so for each day either the partition or the head is looked at: a partition that is folded up to the end
 * of a sealed head holds all that the head has of the day. The head is marked as sealed before its fold begins,
 * so a partition snapshot that holds the fold is never met with a head that does not know of it.
 */
export class LogSnapshot {
  readonly streams: MetStreams;
  readonly #asked: Asked;
  readonly #files = new Map<number, string>();
  readonly #partitions: OpenPartitions<LogPartitionReader>;
  readonly #begun: LogPartitionReader[] = [];
  /** By day: the runs of each head. */
  readonly #runs = new Map<number, { head: Head; place: Place }[]>();

  constructor(
    view: StoreView,
    heads: readonly Head[],
    partitions: OpenPartitions<LogPartitionReader>,
    asked: Asked,
  ) {
    this.#asked = asked;
    this.#partitions = partitions;
    this.streams = new MetStreams(asked.limits.maxSeries);
    for (const { fromMs, file } of view.logPartitions) this.#files.set(fromMs, file);
    for (const [i, head] of heads.entries()) {
      head.logs.refresh();
      this.#addRuns(head, HEAD_RANK * (i + 1));
    }
  }

  /** The days that may have lines of the range, oldest first; milliseconds. */
  days(): number[] {
    const { fromNs, toNs } = this.#asked.range;
    const days = new Set([...this.#files.keys(), ...this.#runs.keys()]);
    return [...days].filter((day) => day >= dayOfNs(fromNs) && day <= dayOfNs(toNs)).sort((a, b) => a - b);
  }

  /** What of the range lies in a day. */
  rangeOf(dayMs: number): TimeRangeNs {
    const { fromNs, toNs } = this.#asked.range;
    const day = rangeOfDay(dayMs);
    return {
      fromNs: day.fromNs > fromNs ? day.fromNs : fromNs,
      toNs: day.toNs < toNs ? day.toNs : toNs,
    };
  }

  /** All places of a day with lines of the range. */
  places(dayMs: number): Place[] {
    const { scope, matchers, limits } = this.#asked;
    const places: Place[] = [];
    let through = 0;
    const file = this.#files.get(dayMs);
    if (file !== undefined) {
      try {
        const partition = this.#partitions.get(file);
        this.#begun.push(partition);
        const begun = partition.begin();
        places.push(...partition.places(scope, matchers, this.rangeOf(dayMs), this.streams, limits));
        through = begun;
      } catch (thrown) {
        if (!isUnreadableFile(thrown)) throw thrown;
        limits.onDamage(`${file} was left out: ${reasonOf(thrown)}`);
      }
    }
    for (const { head, place } of this.#runs.get(dayMs) ?? []) {
      // Asked after the partition: see above.
      const { sealedThrough } = head;
      if (sealedThrough === 0 || through < sealedThrough) places.push(place);
    }
    return places;
  }

  /** Lets go of the partitions. */
  end(): void {
    for (const partition of this.#begun) partition.end();
  }

  #addRuns(head: Head, firstRank: number): void {
    const { scope, matchers, range, limits } = this.#asked;
    const { logs } = head;
    for (const id of findSeries(logs.index, scope, matchers)) {
      limits.checkDeadline();
      const runs = logs.runsOf(id).filter(({ minNs, maxNs }) => minNs <= range.toNs && maxNs >= range.fromNs);
      if (runs.length === 0) continue;
      const labels = logs.index.labelsOf(id);
      if (!mayRead(scope, labelValue(labels, 'namespace')))
        throw new Error('BUG: a stream out of scope was found');
      const stream = this.streams.meet(labels);
      for (const { number, lines, minNs, maxNs } of runs) {
        const rank = firstRank + number;
        const day = dayOfNs(minNs);
        if (day === dayOfNs(maxNs)) {
          const part = { stream, rank, lines, minNs, maxNs, read: () => logs.linesOf(number) };
          this.#add(day, head, { minNs, maxNs, open: () => [part] });
          continue;
        }
        for (const [ofDay, block] of linesByDay(logs.linesOf(number)))
          this.#add(ofDay, head, placeOf(stream, rank, block));
      }
    }
  }

  #add(day: number, head: Head, place: Place): void {
    const others = this.#runs.get(day);
    if (others) others.push({ head, place });
    else this.#runs.set(day, [{ head, place }]);
  }
}

function placeOf(stream: MetStream, rank: number, block: LineBlock): Place {
  const minNs = block.timesNs[0] as bigint;
  const maxNs = block.timesNs.at(-1) as bigint;
  const lines = block.ends.length;
  return { minNs, maxNs, open: () => [{ stream, rank, lines, minNs, maxNs, read: () => block }] };
}
