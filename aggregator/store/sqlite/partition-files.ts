import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { makeDurableFolder } from '../../../lib/durable-file.ts';
import type { TimeRange } from '../store.ts';

export const DAY_MS = 86_400_000;

/** One file of the store: all samples, or all lines, of one day, UTC. */
export interface PartitionFile extends TimeRange {
  readonly file: string;
}

const NAME = /^(\d{4}-\d\d-\d\d)\.db$/;

/** Start of the day, UTC, that holds a moment. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/**
 * The partition files of a folder, one a day, named by the day. What is there and how large it is, is remembered
 * until `changed`: with years of days a look takes milliseconds, and it is asked for at each write.
 */
export class PartitionFiles {
  readonly #folder: string;
  /** Oldest first. */
  #days: Map<number, PartitionFile> | undefined;
  readonly #bytes = new Map<number, number>();
  #totalBytes: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    makeDurableFolder(folder);
  }

  /** To be called when files may have come or gone, and with a day when it alone grew or shrank. */
  changed(day?: PartitionFile): void {
    this.#totalBytes = undefined;
    if (day !== undefined) {
      this.#bytes.delete(day.fromMs);
      return;
    }
    this.#days = undefined;
    this.#bytes.clear();
  }

  /** Oldest first. */
  list(): PartitionFile[] {
    return [...this.#look().values()];
  }

  get count(): number {
    return this.#look().size;
  }

  /** The file of a day, if there is one. */
  get(dayMs: number): PartitionFile | undefined {
    return this.#look().get(dayMs);
  }

  /** The file that a day has, or would have. */
  of(dayMs: number): PartitionFile {
    return this.#named(`${dayText(dayMs)}.db`, dayMs);
  }

  /** Bytes on disk, with SQLite's own files beside. */
  bytesOf(day: PartitionFile): number {
    let bytes = this.#bytes.get(day.fromMs);
    if (bytes === undefined) this.#bytes.set(day.fromMs, (bytes = bytesOnDisk(day)));
    return bytes;
  }

  /** Bytes of all files. */
  get totalBytes(): number {
    this.#totalBytes ??= this.list().reduce((sum, file) => sum + this.bytesOf(file), 0);
    return this.#totalBytes;
  }

  remove(day: PartitionFile): void {
    this.changed();
    removeFile(day);
  }

  #look(): ReadonlyMap<number, PartitionFile> {
    if (this.#days === undefined) {
      const days = readdirSync(this.#folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
      const files = days.sort().map((day) => this.#named(`${day}.db`, Date.parse(`${day}T00:00:00Z`)));
      this.#days = new Map(files.map((file) => [file.fromMs, file]));
    }
    return this.#days;
  }

  #named(name: string, dayMs: number): PartitionFile {
    return { file: join(this.#folder, name), fromMs: dayMs, toMs: dayMs + DAY_MS - 1 };
  }
}

/** As files are named by it. */
export function dayText(dayMs: number): string {
  return new Date(dayMs).toISOString().slice(0, 10);
}

/** With SQLite's own files beside. */
export function bytesOnDisk({ file }: PartitionFile): number {
  return companions(file).reduce(
    (sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** With these, too. */
export function removeFile({ file }: Pick<PartitionFile, 'file'>): void {
  for (const name of companions(file)) rmSync(name, { force: true });
}

/** Puts a damaged file out of the way, for a person to look at; never deletes it. Returns its new name. */
export function setAside(file: string): string {
  let aside = `${file}.damaged`;
  for (let n = 2; existsSync(aside); n++) aside = `${file}.damaged-${n}`;
  for (const name of companions(file)) {
    if (statSync(name, { throwIfNoEntry: false })) renameSync(name, name.replace(file, aside));
  }
  return aside;
}

function companions(file: string): string[] {
  return [file, `${file}-wal`, `${file}-shm`];
}
