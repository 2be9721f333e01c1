import { setImmediate } from 'node:timers/promises';

import { labelsKey } from '../../../wire/labels.ts';
import type { Head } from '../head/head.ts';
import { linesByDay } from '../log/days.ts';
import { joinLines, lineAt, sliceLines, startOf } from '../log/line-block.ts';
import type { LogHead } from '../log/log-head.ts';
import { LogPartition } from './log-partition.ts';
import { Partition } from './partition.ts';
import type { PartitionFiles } from './partition-files.ts';
import { chunksByDay } from './sorted-rows.ts';

/** Groups packed between two looks at the thread's other work: some milliseconds. */
const GROUPS_A_SLICE = 16;
/** The same for lines. */
const BYTES_A_SLICE = 1024 * 1024;

export interface StoreFiles {
  readonly metrics: PartitionFiles;
  readonly logs: PartitionFiles;
}

/**
 * Writes a sealed head into the partitions of its days. Idempotent: each partition notes `through`, the last
 * journal entry of the head, in the transaction that adds the content. All partitions are prepared before the
 * first is committed; what a crash leaves uncommitted is brought back from the journal.
 */
export async function foldHead(head: Head, files: StoreFiles, through: number): Promise<void> {
  const metrics = new OpenDays(files.metrics, through, (file) => new Partition(file));
  const logs = new OpenDays(files.logs, through, (file) => new LogPartition(file));
  try {
    await foldSamples(head, metrics);
    await foldLines(head.logs, logs);
    metrics.commit();
    logs.commit();
  } finally {
    metrics.close();
    logs.close();
  }
}

async function foldSamples(head: Head, days: OpenDays<Partition>): Promise<void> {
  for (let group = 0; group < head.groupCount; group++) {
    const { series, timestampsMs, columns } = head.group(group);
    for (const [dayMs, chunk] of chunksByDay({ timestampsMs, columns })) days.of(dayMs)?.add(series, chunk);
    if (group % GROUPS_A_SLICE === 0) await setImmediate();
  }
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

/** The partitions of one kind that a fold writes to, each opened when it is first needed. */
class OpenDays<P extends Foldable> {
  readonly #files: PartitionFiles;
  readonly #through: number;
  readonly #open: (file: string) => P;
  readonly #partitions = new Map<number, P>();

  constructor(files: PartitionFiles, through: number, open: (file: string) => P) {
    this.#files = files;
    this.#through = through;
    this.#open = open;
  }

  /** Undefined when the day has the head already: a fold that stopped between two commits. */
  of(dayMs: number): P | undefined {
    let partition = this.#partitions.get(dayMs);
    if (partition === undefined) {
      partition = this.#open(this.#files.of(dayMs).file);
      this.#partitions.set(dayMs, partition);
      partition.begin();
    }
    return partition.foldedThrough() < this.#through ? partition : undefined;
  }

  commit(): void {
    for (const partition of this.#partitions.values()) partition.commit(this.#through);
  }

  close(): void {
    for (const partition of this.#partitions.values()) {
      partition.abandon();
      partition.close();
    }
  }
}
