import { setImmediate } from 'node:timers/promises';

import type { Head } from '../head/head.ts';
import { Partition } from './partition.ts';
import type { PartitionFiles } from './partition-files.ts';
import { chunksByDay } from './sorted-rows.ts';

/** Groups packed between two looks at the thread's other work: some milliseconds. */
const GROUPS_A_SLICE = 16;

/**
 * Writes a sealed head into the partitions of its days. Idempotent: each partition notes `through`, the last
 * journal entry of the head, in the transaction that adds the samples. All partitions are prepared before the
 * first is committed; what a crash leaves uncommitted is brought back from the journal.
 */
export async function foldHead(head: Head, files: PartitionFiles, through: number): Promise<void> {
  const partitions = new Map<number, Partition>();
  try {
    for (let group = 0; group < head.groupCount; group++) {
      const { series, timestampsMs, columns } = head.group(group);
      for (const [dayMs, chunk] of chunksByDay({ timestampsMs, columns })) {
        let partition = partitions.get(dayMs);
        if (partition === undefined) {
          partition = new Partition(files.of(dayMs).file);
          partitions.set(dayMs, partition);
          partition.begin();
        }
        // A fold that stopped between two commits: this day has the head already.
        if (partition.foldedThrough() < through) partition.add(series, chunk);
      }
      if (group % GROUPS_A_SLICE === 0) await setImmediate();
    }
    for (const partition of partitions.values()) partition.commit(through);
  } finally {
    for (const partition of partitions.values()) {
      partition.abandon();
      partition.close();
    }
  }
}
