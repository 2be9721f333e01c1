import type { HeadBuffers } from '../head/head.ts';
import type { PartitionFile } from './partition-files.ts';
import type { Tier } from './tiers.ts';

/** All that a reader needs to answer: the open data, in shared memory, and the files. Sent at each change. */
export interface StoreView {
  /** Oldest first; a sealed head stays until the partitions that hold its samples are committed. */
  readonly heads: readonly HeadBuffers[];
  /** Heads that were folded a moment ago, for those who follow the order of arrival alone. */
  readonly retired: readonly HeadBuffers[];
  /** Oldest first, as are those of lines. */
  readonly partitions: readonly PartitionFile[];
  readonly logPartitions: readonly PartitionFile[];
  /** Of days that are over, beside their samples or when these are gone. */
  readonly tiers: readonly Tier[];
}

export const EMPTY_VIEW: StoreView = {
  heads: [],
  retired: [],
  partitions: [],
  logPartitions: [],
  tiers: [],
};
