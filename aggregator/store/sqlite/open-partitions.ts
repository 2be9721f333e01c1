import type { PartitionFile } from './partition-files.ts';

/** Partition files held open; each costs three descriptors. */
const MAX_OPEN = 16;

/** The partitions that a reader has open, the most recently used last. */
export class OpenPartitions<P extends { close(): void }> {
  readonly #open: (file: string) => P;
  readonly #partitions = new Map<string, P>();

  constructor(open: (file: string) => P) {
    this.#open = open;
  }

  get(file: string): P {
    const partition = this.#partitions.get(file) ?? this.#open(file);
    this.#partitions.delete(file);
    this.#partitions.set(file, partition);
    return partition;
  }

  /** Closes all that are not in the list. */
  keep(partitions: readonly PartitionFile[]): void {
    const files = new Set(partitions.map(({ file }) => file));
    for (const file of this.#partitions.keys()) if (!files.has(file)) this.#close(file);
  }

  /** Called between queries: keeps the number of open files bounded. */
  trim(): void {
    for (const file of this.#partitions.keys()) {
      if (this.#partitions.size <= MAX_OPEN) return;
      this.#close(file);
    }
  }

  close(): void {
    for (const file of this.#partitions.keys()) this.#close(file);
  }

  #close(file: string): void {
    this.#partitions.get(file)?.close();
    this.#partitions.delete(file);
  }
}
