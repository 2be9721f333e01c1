import { holdOpen } from './database.ts';
import { OpenPartitions } from './open-partitions.ts';
import type { PartitionFile } from './partition-files.ts';

/** Today and yesterday, which most queries ask for. */
const KEPT_DAYS = 2;

/**
 * Holds the newest days of one kind open in the writer. Without it the last one to close a day takes SQLite's
 * shared memory beside it away, and a reader that comes when the disk is full can't make it anew; and the last
 * one to close waits for the disk with the file locked against all readers.
 */
export class KeptPartitions {
  readonly #open: OpenPartitions<{ close(): void }>;

  constructor(version: number) {
    this.#open = new OpenPartitions((file) => holdOpen(file, version));
  }

  /** Takes all partitions of the kind, oldest first. */
  keep(partitions: readonly PartitionFile[]): void {
    const newest = partitions.slice(-KEPT_DAYS);
    this.#open.keep(newest);
    for (const { file } of newest) {
      try {
        this.#open.get(file);
      } catch {
        // Who reads it tells what is wrong with it.
      }
    }
  }

  close(): void {
    this.#open.close();
  }
}
