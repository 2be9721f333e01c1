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

/** The partition files of a folder, one a day, named by the day. */
export class PartitionFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    makeDurableFolder(folder);
  }

  /** Oldest first. */
  list(): PartitionFile[] {
    const days = readdirSync(this.#folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
    return days.sort().map((day) => this.of(Date.parse(`${day}T00:00:00Z`)));
  }

  of(dayMs: number): PartitionFile {
    const name = `${new Date(dayMs).toISOString().slice(0, 10)}.db`;
    return { file: join(this.#folder, name), fromMs: dayMs, toMs: dayMs + DAY_MS - 1 };
  }

  /** Bytes on disk, with SQLite's own files beside. */
  bytesOf({ file }: PartitionFile): number {
    return companions(file).reduce(
      (sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  remove({ file }: PartitionFile): void {
    for (const name of companions(file)) rmSync(name, { force: true });
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
