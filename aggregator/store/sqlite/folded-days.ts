import { existsSync } from 'node:fs';

import { foldedThrough, isDamage } from './database.ts';
import type { PartitionFiles } from './partition-files.ts';

/** Up to which journal entry each day of one kind is complete, as a start finds it. */
export class FoldedDays {
  readonly #files: PartitionFiles;
  readonly #version: number;
  readonly #setAside: (file: string, thrown: unknown) => void;
  readonly #known = new Map<number, number>();

  /** `setAside` puts a damaged file out of the way. */
  constructor(files: PartitionFiles, version: number, setAside: (file: string, thrown: unknown) => void) {
    this.#files = files;
    this.#version = version;
    this.#setAside = setAside;
  }

  /**
   * 0 for a day without a file. A file that can't be opened though it is whole (rights, a full disk, a newer
   * version) is a `Fault`, which keeps the store from starting: without it the day would be written anew.
   */
  through(dayMs: number): number {
    let through = this.#known.get(dayMs);
    if (through === undefined) this.#known.set(dayMs, (through = this.#look(dayMs)));
    return through;
  }

  #look(dayMs: number): number {
    const partition = this.#files.of(dayMs);
    if (!existsSync(partition.file)) return 0;
    try {
      const through = foldedThrough(partition.file, this.#version);
      if (through === undefined) this.#files.remove(partition);
      return through ?? 0;
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      this.#setAside(partition.file, thrown);
      return 0;
    }
  }
}
