import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { makeDurableFolder, syncFolder } from '../../../lib/durable-file.ts';
import { bytesOnDisk, DAY_MS, dayText, removeFile, type PartitionFile } from './partition-files.ts';

const NAME = /^(\d{4}-\d\d-\d\d)(\.kept)?\.db$/;

/** A day of a tier. */
export interface TierFile extends PartitionFile {
  /** The day's samples that it was made of are gone; others may have come since, which are not in it. */
  readonly isKept: boolean;
}

/**
 * The files of one tier. One that is there is whole and tells all that its day has: it gets its name when it is
 * done, and is taken away before its day changes. If the day's samples are gone by then, it is the last that tells
 * of them: it is kept, under a name that tells so.
 */
export class TierFiles {
  readonly #folder: string;
  /** Oldest first. */
  #days: readonly TierFile[] | undefined;
  readonly #bytes = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** To be called when someone else may have taken files away. */
  changed(): void {
    this.#days = undefined;
  }

  /** Oldest first; remembered until it changes, as there may be those of many years. */
  list(): readonly TierFile[] {
    return (this.#days ??= this.#look());
  }

  #look(): TierFile[] {
    if (!existsSync(this.#folder)) return [];
    const found = readdirSync(this.#folder).flatMap((name) => {
      const [, day, kept] = NAME.exec(name) ?? [];
      if (day === undefined) return [];
      const fromMs = Date.parse(`${day}T00:00:00Z`);
      const file = join(this.#folder, name);
      return { file, fromMs, toMs: fromMs + DAY_MS - 1, isKept: kept !== undefined };
    });
    return found.sort((a, b) => a.fromMs - b.fromMs);
  }

  has(dayMs: number): boolean {
    return existsSync(this.#fileOf(dayMs)) || existsSync(this.#keptFileOf(dayMs));
  }

  /** Where the file of a day is to be made, before it gets its name. */
  draftOf(dayMs: number): string {
    makeDurableFolder(this.#folder);
    return `${this.#fileOf(dayMs)}.new`;
  }

  /** Gives a draft, that is on the disk, its name. */
  publish(dayMs: number): void {
    const file = this.#fileOf(dayMs);
    renameSync(`${file}.new`, file);
    this.#bytes.delete(file);
    this.changed();
    syncFolder(this.#folder);
  }

  /** Gives up the room of a draft, if there is one. */
  discard(dayMs: number): void {
    try {
      rmSync(`${this.#fileOf(dayMs)}.new`, { force: true });
    } catch {
      // Whoever makes the next one tells.
    }
  }

  /** What a stop has left. */
  removeDrafts(): void {
    if (!existsSync(this.#folder)) return;
    for (const name of readdirSync(this.#folder)) {
      if (/\.db\.new(-journal)?$/.test(name)) rmSync(join(this.#folder, name), { force: true });
    }
  }

  /** To be called before a day changes. `isThere`: has the day the samples that the file was made of? */
  dayChanges(dayMs: number, isThere: boolean): void {
    const file = this.#fileOf(dayMs);
    if (!existsSync(file)) return;
    if (!isThere) renameSync(file, this.#keptFileOf(dayMs));
    // With what SQLite lays beside one that was restored: it would be taken for the next one's.
    removeFile({ file });
    this.changed();
    // Before the day's own commit: after a power cut it must not be there again.
    syncFolder(this.#folder);
  }

  /** Looked at once a file, which does not change. */
  bytesOf(tier: PartitionFile): number {
    let bytes = this.#bytes.get(tier.file);
    if (bytes === undefined) this.#bytes.set(tier.file, (bytes = bytesOnDisk(tier)));
    return bytes;
  }

  remove(tier: PartitionFile): void {
    this.changed();
    this.#bytes.delete(tier.file);
    removeFile(tier);
  }

  #fileOf(dayMs: number): string {
    return join(this.#folder, `${dayText(dayMs)}.db`);
  }

  #keptFileOf(dayMs: number): string {
    return join(this.#folder, `${dayText(dayMs)}.kept.db`);
  }
}
