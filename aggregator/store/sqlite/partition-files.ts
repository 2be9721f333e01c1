import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

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
  #days: ReadonlyMap<number, PartitionFile> | undefined;
  #names = new Set<string>();
  #list: readonly PartitionFile[] = [];
  readonly #bytes = new Map<number, number>();

  constructor(folder: string) {
    this.#folder = folder;
    makeDurableFolder(folder);
  }

  /** To be called when files came, went, grew or shrank. */
  changed(): void {
    this.#days = undefined;
  }

  /** Oldest first. */
  list(): readonly PartitionFile[] {
    this.#look();
    return this.#list;
  }

  /** The file of a day, if there is one. */
  get(dayMs: number): PartitionFile | undefined {
    return this.#look().get(dayMs);
  }

  /** The file that a day has, or would have. */
  of(dayMs: number): PartitionFile {
    const name = `${new Date(dayMs).toISOString().slice(0, 10)}.db`;
    return { file: join(this.#folder, name), fromMs: dayMs, toMs: dayMs + DAY_MS - 1 };
  }

  /** Bytes on disk, with SQLite's own files beside. */
  bytesOf({ file, fromMs }: PartitionFile): number {
    this.#look();
    let bytes = this.#bytes.get(fromMs);
    if (bytes === undefined) {
      const there = companions(file).filter((name) => this.#names.has(basename(name)));
      bytes = there.reduce((sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0), 0);
      this.#bytes.set(fromMs, bytes);
    }
    return bytes;
  }

  /** Bytes of all files. */
  totalBytes(): number {
    return this.list().reduce((sum, file) => sum + this.bytesOf(file), 0);
  }

  remove({ file }: PartitionFile): void {
    this.changed();
    for (const name of companions(file)) rmSync(name, { force: true });
  }

  #look(): ReadonlyMap<number, PartitionFile> {
    if (this.#days !== undefined) return this.#days;
    this.#names = new Set(readdirSync(this.#folder));
    const days = [...this.#names].flatMap((name) => NAME.exec(name)?.[1] ?? []).sort();
    this.#list = days.map((day) => this.of(Date.parse(`${day}T00:00:00Z`)));
    this.#bytes.clear();
    return (this.#days = new Map(this.#list.map((day) => [day.fromMs, day])));
  }
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
