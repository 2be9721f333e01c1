import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import { Fault } from '../../../lib/fault.ts';
import { labelsKey } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { linesByDay } from '../log/days.ts';
import { joinLines, lineAt, sliceLines, startOf } from '../log/line-block.ts';
import type { LogHead } from '../log/log-head.ts';
import { isDamage } from './database.ts';
import { LogPartition } from './log-partition.ts';
import { Partition } from './partition.ts';
import { DAY_MS, dayOf, type PartitionFile, type PartitionFiles } from './partition-files.ts';

/** Times looked at between two looks at the thread's other work. */
const TIMES_A_SLICE = 1024 * 1024;
/** Lines packed between two looks at the thread's other work: some milliseconds. */
const BYTES_A_SLICE = 1024 * 1024;

/** Partitions of lines that a fold has open at a time; each costs three descriptors. */
const MAX_OPEN_DAYS = 16;

export interface StoreFiles {
  readonly metrics: PartitionFiles;
  readonly logs: PartitionFiles;
  readonly tiers: {
    /** Called before a day of samples changes; `isThere`: it has a file already. */
    dayChanges(dayMs: number, isThere: boolean): void;
  };
}

/** A day whose file is damaged: it can't be folded into. */
export class DamagedDay extends Fault {
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super('damaged', `${file} is damaged`, { cause });
    this.file = file;
  }
}

/**
 * Writes a sealed head into the partitions of its days. Idempotent: each partition notes `through`, the last
 * journal entry of the head, in the transaction that adds the content. What a crash leaves uncommitted is brought
 * back from the journal. Returns the days that got samples. Throws a `DamagedDay` when a file has to be put aside first.
 */
export async function foldHead(head: Head, files: StoreFiles, through: number): Promise<number[]> {
  const foldInto = async <P extends Foldable>(
    kind: PartitionFiles,
    open: (file: string) => P,
    fold: (days: OpenDays<P>) => Promise<void>,
  ): Promise<void> => {
    let wanted: ReadonlySet<number> | undefined;
    do {
      const days = new OpenDays(kind, through, open, wanted);
      await days.run(() => fold(days));
      wanted = days.leftOut;
    } while (wanted.size > 0);
  };
  const days = await foldSamples(head, files, through);
  await foldInto(
    files.logs,
    (file) => new LogPartition(file),
    (days) => foldLines(head.logs, days),
  );
  return days;
}

/** Day by day: each takes all of its samples as one part. */
async function foldSamples(head: Head, { metrics, tiers }: StoreFiles, through: number): Promise<number[]> {
  const days = await daysOf(head);
  for (const dayMs of days) {
    const range = metrics.of(dayMs);
    tiers.dayChanges(dayMs, existsSync(range.file));
    try {
      await foldDay(head, range, through);
    } catch (thrown) {
      throw isDamage(thrown) ? new DamagedDay(range.file, thrown) : thrown;
    }
  }
  return days;
}

async function foldDay(head: Head, day: PartitionFile, through: number): Promise<void> {
  const partition = new Partition(day.file);
  try {
    // A fold that stopped between two days. Higher than ours is from a journal that is gone.
    if (partition.foldedThrough() === through) return;
    partition.begin();
    for (const _slice of partition.add(head, day)) await setImmediate();
    partition.commit(through);
  } finally {
    partition.abandon();
    partition.close();
  }
}

async function daysOf(head: Head): Promise<number[]> {
  const days = new Set<number>();
  let times = new Float64Array(1024);
  let dayMs = Infinity;
  let looked = 0;
  for (let group = 0; group < head.groupCount; group++) {
    const rows = head.rowCountOf(group);
    if (rows > times.length) times = new Float64Array(2 * rows);
    head.copyTimes(group, times);
    for (let row = 0; row < rows; row++) {
      const atMs = times[row] as number;
      // Fast path: the day of the row before.
      if (atMs >= dayMs && atMs < dayMs + DAY_MS) continue;
      dayMs = dayOf(atMs);
      days.add(dayMs);
    }
    looked += rows + 1;
    if (looked < TIMES_A_SLICE) continue;
    looked = 0;
    await setImmediate();
  }
  return [...days].sort((a, b) => a - b);
}

/** Streams in the order of their labels, so that those of one application lie beside each other. */
async function foldLines(head: LogHead, days: OpenDays<LogPartition>): Promise<void> {
  const streams = [...head.index.all()].map((id) => ({ id, labels: head.index.labelsOf(id) }));
  const keyed = streams.map((stream) => ({ ...stream, key: labelsKey(stream.labels) }));
  let bytes = 0;
  for (const { id, labels } of keyed.sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const lines = joinLines(head.runsOf(id).map(({ number }) => head.packedLinesOf(number)));
    for (const [dayMs, ofDay] of linesByDay(lines)) {
      for (let from = 0; from < ofDay.ends.length;) {
        const to = lineAt(ofDay.ends, startOf(ofDay, from) + BYTES_A_SLICE, from) + 1;
        days.of(dayMs)?.add(labels, sliceLines(ofDay, from, to));
        bytes += (ofDay.ends[to - 1] as number) - startOf(ofDay, from);
        from = to;
        if (bytes < BYTES_A_SLICE) continue;
        bytes = 0;
        await setImmediate();
      }
    }
  }
}

interface Foldable {
  foldedThrough(): number;
  begin(): void;
  commit(through: number): void;
  abandon(): void;
  close(): void;
}

/**
 * The partitions of one kind that one round of a fold writes to, each opened when it is first needed. Days past a
 * number of open files are left to the next round.
 */
class OpenDays<P extends Foldable> {
  readonly #files: PartitionFiles;
  readonly #through: number;
  readonly #open: (file: string) => P;
  readonly #wanted: ReadonlySet<number> | undefined;
  readonly #partitions = new Map<number, { readonly partition: P; readonly isFolded: boolean }>();
  readonly leftOut = new Set<number>();
  #currentMs: number | undefined;

  /** `wanted`: the days of this round; undefined for any. */
  constructor(
    files: PartitionFiles,
    through: number,
    open: (file: string) => P,
    wanted: ReadonlySet<number> | undefined,
  ) {
    this.#files = files;
    this.#through = through;
    this.#open = open;
    this.#wanted = wanted;
  }

  /** Undefined when the day is another round's, or has the head already: a fold that stopped between two commits. */
  of(dayMs: number): P | undefined {
    let day = this.#partitions.get(dayMs);
    if (day === undefined) {
      if (this.#wanted?.has(dayMs) === false) return undefined;
      if (this.#partitions.size >= MAX_OPEN_DAYS) {
        this.leftOut.add(dayMs);
        return undefined;
      }
      this.#currentMs = dayMs;
      const partition = this.#open(this.#files.of(dayMs).file);
      // Higher than ours is from a journal that is gone.
      day = { partition, isFolded: partition.foldedThrough() === this.#through };
      this.#partitions.set(dayMs, day);
      partition.begin();
    }
    this.#currentMs = dayMs;
    return day.isFolded ? undefined : day.partition;
  }

  /** Runs a round, commits what it added, and closes all whatever happens. */
  async run(round: () => Promise<void>): Promise<void> {
    try {
      await round();
      for (const [dayMs, { partition }] of this.#partitions) {
        this.#currentMs = dayMs;
        partition.commit(this.#through);
      }
    } catch (thrown) {
      if (this.#currentMs === undefined || !isDamage(thrown)) throw thrown;
      throw new DamagedDay(this.#files.of(this.#currentMs).file, thrown);
    } finally {
      for (const { partition } of this.#partitions.values()) {
        partition.abandon();
        partition.close();
      }
    }
  }
}
