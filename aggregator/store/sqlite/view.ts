import type { HeadBuffers } from '../head/head.ts';
import type { PartitionFile } from './partition-files.ts';

/** All that a reader needs to answer: the open data, in shared memory, and the files. Sent at each change. */
export interface StoreView {
  /** Oldest first; a sealed head stays until the partitions that hold its samples are committed. */
  readonly heads: readonly HeadBuffers[];
  readonly partitions: readonly PartitionFile[];
}
