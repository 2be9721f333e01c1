import type { Stats } from 'node:fs';

import { reasonOf } from '../../../lib/fault.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { FilePosition } from './file-position.ts';
import { AT_START, FollowedFile, holds, keyOf, type Beginning, type ReadResult } from './followed-file.ts';
import type { LogReading } from './log-reading.ts';
import { rotatedFiles, statOf, type RotatedFile } from './rotated.ts';

/** All files that are followed, under whatever path. */
export interface Followed {
  has(key: string): boolean;
  /** Gives a renamed file away to the trail of its new name; undefined when it has not been renamed. */
  take(key: string): FollowedFile | undefined;
}

/**
 * What is written under one path over time: the file that is there now, and before it those that were, each
 * read to its end before the next one. Rotation may happen at any moment, also more than once between two
 * looks or while nobody looked, by renaming or by copying and truncating; what it leaves beside the path is
 * found by what it holds, and by its time of writing.
 */
export class Trail {
  readonly path: string;
  readonly #labels: Labels;
  readonly #reading: LogReading;
  readonly #followed: Followed;
  /** The oldest first; the one at the path is the last. */
  #files: FollowedFile[] = [];
  #live: FollowedFile | undefined;
  /** A file that is not followed though it is there: binary, unreadable, or followed under another path. */
  #left: { readonly key: string; readonly sinceMs: number } | undefined;
  #hasFailed = false;

  constructor(path: string, labels: Labels, reading: LogReading, followed: Followed) {
    this.path = path;
    this.#labels = labels;
    this.#reading = reading;
    this.#followed = followed;
  }

  /** The files that are held open. */
  get files(): readonly FollowedFile[] {
    return this.#files;
  }

  get live(): FollowedFile | undefined {
    return this.#live;
  }

  /** Goes on from positions of files that were once at this path. */
  resume(positions: readonly FilePosition[]): void {
    const beside = rotatedFiles(this.path);
    const stats = statOf(this.path);
    const here = stats?.isFile() ? { path: this.path, stats } : undefined;
    const found = new Map<RotatedFile, Place>();
    let readUntilMs = 0;
    for (const position of positions) {
      const same = [...beside, ...(here ? [here] : [])].find(({ stats }) => keyOf(stats) === position.file);
      const isSame = same !== undefined && holds(same.path, position);
      if (same && !isSame) this.#reading.events.fileTruncated(this.path);
      const file = isSame ? same : copyOf(position, beside);
      if (file) found.set(file, { ...position, isFinal: !isSame });
      else this.#reading.events.fileLost(this.path);
      const isRotated = file !== undefined && file !== here;
      readUntilMs = Math.max(readUntilMs, isRotated ? file.stats.mtimeMs : position.modifiedMs);
    }
    if (positions.length > 0 && !((here && found.get(here)?.offset) ?? 0)) {
      for (const file of this.#later(beside, readUntilMs, positions))
        if (!found.has(file)) found.set(file, WHOLE);
    }
    for (const file of beside) this.#add(file, found.get(file));
    if (here && found.has(here)) this.#live = this.#add(here, found.get(here));
    else if (here) this.#enter(here);
  }

  /** Takes in what has happened to the path and reads at most one buffer; is there more? */
  step(): boolean {
    const stats = statOf(this.path);
    const here = stats?.isFile() ? stats : undefined;
    if (this.#live && (!here || keyOf(here) !== this.#live.key)) this.#leaveLive();
    if (!this.#live) {
      const last = this.#files.at(-1);
      if (last) this.#findAfter(last);
      if (here) this.#enter({ path: this.path, stats: here });
    }
    for (const file of this.#files) if (file.offset === 0 && !file.isFinal) this.#findBefore(file);
    for (const file of this.#files) {
      switch (this.#read(file, here)) {
        case 'more':
          return true;
        case 'changed':
          this.#truncated(file);
          return true;
        case 'binary':
          this.#reading.events.fileBinary(file.path);
          this.#leave(file.key);
          this.#drop(file);
          return false;
        case 'end':
      }
    }
    return this.#letGo();
  }

  /** Gives up a file that is not at the path any more, without closing it. */
  give(key: string): FollowedFile | undefined {
    const stats = this.#live?.key === key ? statOf(this.path) : undefined;
    if (this.#live?.key === key && (!stats || keyOf(stats) !== key)) this.#leaveLive();
    const file = this.#files.find((each) => each.key === key && each !== this.#live);
    if (file) this.#files = this.#files.filter((each) => each !== file);
    return file;
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#files = [];
    this.#live = undefined;
  }

  #read(file: FollowedFile, here: Stats | undefined): ReadResult {
    try {
      const result = file.read(file === this.#live && here ? here : file.stats());
      if (result === 'more') this.#hasFailed = false;
      return result;
    } catch (thrown) {
      this.#failed(file.path, thrown);
      return 'end';
    }
  }

  /** Told once until it works again. */
  #failed(path: string, thrown: unknown): void {
    if (!this.#hasFailed) this.#reading.events.fileFailed(path, reasonOf(thrown));
    this.#hasFailed = true;
  }

  #leaveLive(): void {
    this.#reading.events.fileRotated(this.path);
    this.#live = undefined;
  }

  /** Takes in what was written and rotated after a file and before the one that is at the path now. */
  #findAfter(file: FollowedFile): void {
    this.#insert(this.#later(rotatedFiles(this.path), file.stats().mtimeMs, [file.position]));
  }

  #enter(file: RotatedFile): void {
    const key = keyOf(file.stats);
    const own = this.#files.find((each) => each.key === key);
    if (own) {
      // Renamed back.
      this.#files = [...this.#files.filter((each) => each !== own), own];
      this.#live = own;
      return;
    }
    const renamed = this.#followed.take(key);
    if (renamed) {
      renamed.path = this.path;
      renamed.labels = this.#labels;
      renamed.isDirty = true;
      this.#files.push(renamed);
      this.#live = renamed;
      return;
    }
    if (this.#isLeft(key)) return;
    if (this.#followed.has(key)) this.#leave(key);
    else this.#live = this.#add(file, { ...AT_START, isFinal: false });
  }

  /** What it held is gone; it may lie in a copy beside it. */
  #truncated(file: FollowedFile): void {
    this.#reading.events.fileTruncated(this.path);
    const { position } = file;
    const beside = rotatedFiles(this.path).filter(({ stats }) => !this.#followed.has(keyOf(stats)));
    const copy = copyOf(position, beside);
    const since = copy?.stats.mtimeMs ?? position.modifiedMs;
    if (copy) this.#insert([copy], file, { ...position, isFinal: true });
    this.#insert(this.#later(beside, since, [position]), file);
    file.restart();
  }

  /** Files that came to lie beside the path after a time, and hold something else than what was read. */
  #later(beside: readonly RotatedFile[], sinceMs: number, read: readonly FilePosition[]): RotatedFile[] {
    return beside.filter(
      ({ path, stats }) =>
        // The kernel's clock ticks some milliseconds: twice is better than not at all.
        stats.mtimeMs >= sinceMs &&
        !this.#followed.has(keyOf(stats)) &&
        !read.some((position) => position.offset > 0 && holds(path, position)),
    );
  }

  /** Nothing of the file was read that could show a truncation: what it held may lie in a copy. */
  #findBefore(file: FollowedFile): void {
    const { seenModifiedMs } = file;
    if (file.stats().mtimeMs <= seenModifiedMs) return;
    this.#insert(this.#later(rotatedFiles(this.path), seenModifiedMs, []), file);
  }

  /** Files to be read before another, or after all. */
  #insert(files: readonly RotatedFile[], before?: FollowedFile, place = WHOLE): void {
    const index = before === undefined ? this.#files.length : this.#files.indexOf(before);
    const rest = this.#files.slice(index);
    this.#files = this.#files.slice(0, index);
    for (const file of files) this.#add(file, place);
    this.#files.push(...rest);
  }

  #add({ path, stats }: RotatedFile, place: Place | undefined): FollowedFile | undefined {
    if (place === undefined) return undefined;
    try {
      const file = new FollowedFile(
        { path: this.path, at: path, labels: this.#labels },
        place,
        this.#reading,
      );
      file.isFinal = place.isFinal;
      this.#files.push(file);
      this.#hasFailed = false;
      return file;
    } catch (thrown) {
      this.#failed(path, thrown);
      this.#leave(keyOf(stats));
      return undefined;
    }
  }

  #leave(key: string): void {
    this.#left = { key, sinceMs: this.#reading.monotonicMs() };
  }

  /** It is looked at again after a while: it may have been given other rights, or its other path is gone. */
  #isLeft(key: string): boolean {
    return this.#left?.key === key && this.#reading.monotonicMs() - this.#left.sinceMs < LOOK_AGAIN_MS;
  }

  /** Closes files that are not at the path any more, when the next one is there and they have long been quiet. */
  #letGo(): boolean {
    const hasNext = this.#live !== undefined && this.#live.offset > 0;
    for (const file of this.#files) {
      if (file === this.#live || file.quietMs < this.#reading.rotateWaitMs) continue;
      if (!hasNext && file.stats().nlink > 0) continue;
      file.flush();
      this.#drop(file);
    }
    return false;
  }

  #drop(file: FollowedFile): void {
    file.close();
    this.#files = this.#files.filter((each) => each !== file);
    if (file === this.#live) this.#live = undefined;
  }
}

const LOOK_AGAIN_MS = 10_000;

/** Where reading of a file begins, and whether nothing is written to it any more. */
type Place = Beginning & { readonly isFinal: boolean };

const WHOLE: Place = { ...AT_START, isFinal: true };

/** A copy that was made of a file after it was read up to a position. */
function copyOf(position: FilePosition, beside: readonly RotatedFile[]): RotatedFile | undefined {
  if (position.offset === 0) return undefined;
  return beside.findLast(({ path, stats }) => stats.mtimeMs >= position.modifiedMs && holds(path, position));
}
