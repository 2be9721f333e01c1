import { glob } from 'node:fs/promises';
import { matchesGlob } from 'node:path';

import { labelsFrom } from '../../../wire/labels.ts';
import { POSITION_KEY, readFilePosition, type FilePosition } from './file-position.ts';
import { beforeEnd, FollowedFile, holds, keyOf } from './followed-file.ts';
import type { LogReading } from './log-reading.ts';
import { isLogName, statOf } from './rotated.ts';
import { Trail } from './trail.ts';

export interface FileLogsOptions {
  readonly globs: readonly string[];
  /** The label `instance`. */
  readonly instance: string;
  readonly reading: LogReading;
  /** Of a file that is there at the very first start, only its last bytes are read. */
  readonly firstReadBytes: number;
  readonly maxFiles: number;
}

/** Containers' logs have a format and a life of their own. */
const NOT_PLAIN = /^\/var\/log\/(?:pods|containers)\//;
const WILDCARD = /[*?[\]{}!]/;

/** Follows all files that the globs find: finds new ones, reads what is new in each, in turn. */
export class FileLogs {
  readonly #options: FileLogsOptions;
  readonly #trails = new Map<string, Trail>();
  /** Keys of the positions that were told, to take back those of files that went. */
  #told = new Set<string>();
  #next = 0;

  constructor(options: FileLogsOptions) {
    this.#options = options;
  }

  get files(): number {
    let files = 0;
    for (const trail of this.#trails.values()) files += trail.files.length;
    return files;
  }

  /** Bytes that were seen and not read. */
  get behindBytes(): number {
    let bytes = 0;
    for (const { files } of this.#trails.values()) for (const file of files) bytes += file.behindBytes;
    return bytes;
  }

  /** Where reading begins at the very first start. */
  async firstPositions(): Promise<Map<string, unknown>> {
    const positions = new Map<string, unknown>();
    for (const path of await this.#find()) {
      const position = this.#firstPosition(path);
      if (position) positions.set(POSITION_KEY + position.file, position);
    }
    return positions;
  }

  /** Goes on from positions, as `positions` gives them, and finds what is new. */
  async open(positions: ReadonlyMap<string, unknown>): Promise<void> {
    const found = await this.#find();
    const pathOf = new Map(found.map((path) => [keyAt(path), path]));
    const byPath = new Map<string, FilePosition[]>();
    for (const [key, value] of positions) {
      if (!key.startsWith(POSITION_KEY)) continue;
      this.#told.add(key);
      const position = readFilePosition(value);
      if (!position) continue;
      const path = pathNow(position, pathOf.get(position.file));
      if (this.#isWanted(path)) byPath.set(path, [...(byPath.get(path) ?? []), { ...position, path }]);
    }
    for (const [path, known] of byPath) this.#trail(path)?.resume(known);
    for (const path of found) this.#trail(path);
  }

  /** Looks for files that were not there. */
  async discover(): Promise<void> {
    for (const path of await this.#find()) this.#trail(path);
  }

  /** Reads the files in turn until the batch is full (`more` is there) or all were looked at. */
  read(isFull: () => boolean): boolean {
    const trails = [...this.#trails.values()];
    let hasMore = false;
    for (let i = 0; i < trails.length; i++) {
      const trail = trails[(this.#next + i) % trails.length] as Trail;
      hasMore = trail.step() || hasMore;
      if (trail.files.length === 0 && statOf(trail.path) === undefined) this.#trails.delete(trail.path);
      if (!isFull()) continue;
      this.#next = (this.#next + i + 1) % trails.length;
      return true;
    }
    return hasMore;
  }

  /** Positions that have moved since the last call; null of files that went. */
  positions(): Map<string, unknown> {
    const moved = new Map<string, unknown>();
    const now = new Set<string>();
    for (const { files } of this.#trails.values()) {
      for (const file of files) {
        const key = POSITION_KEY + file.key;
        now.add(key);
        if (file.isDirty) moved.set(key, file.position);
        file.isDirty = false;
      }
    }
    for (const key of this.#told) if (!now.has(key)) moved.set(key, null);
    this.#told = now;
    return moved;
  }

  close(): void {
    for (const trail of this.#trails.values()) trail.close();
    this.#trails.clear();
  }

  async #find(): Promise<string[]> {
    const found = new Set<string>();
    for (const pattern of this.#options.globs) {
      for await (const path of glob(pattern)) if (this.#isWanted(path)) found.add(path);
    }
    return [...found].sort((a, b) => (a < b ? -1 : 1));
  }

  /** A name that was given as it is is taken; what a wildcard finds must look like a log. */
  #isWanted(path: string): boolean {
    const { globs } = this.#options;
    if (globs.includes(path) && !WILDCARD.test(path)) return true;
    return isLogName(path) && !NOT_PLAIN.test(path) && globs.some((pattern) => matchesGlob(path, pattern));
  }

  #firstPosition(path: string): FilePosition | undefined {
    const { firstReadBytes, reading } = this.#options;
    try {
      const file = new FollowedFile({ path, at: path, labels: [] }, beforeEnd(path, firstReadBytes), reading);
      file.close();
      return file.position;
    } catch {
      // Told when it is followed.
      return undefined;
    }
  }

  #trail(path: string): Trail | undefined {
    const known = this.#trails.get(path);
    if (known) return known;
    if (this.#trails.size >= this.#options.maxFiles) return undefined;
    const trail = this.#newTrail(path);
    this.#trails.set(path, trail);
    return trail;
  }

  #newTrail(path: string): Trail {
    const { instance, reading } = this.#options;
    return new Trail(path, labelsFrom({ job: 'files', instance, filename: path }), reading, {
      has: (key) => this.#filesWith(key).length > 0,
      take: (key) => {
        for (const trail of this.#trails.values()) {
          const given = trail.give(key);
          if (given) return given;
        }
        return undefined;
      },
    });
  }

  #filesWith(key: string): FollowedFile[] {
    const found: FollowedFile[] = [];
    for (const { files } of this.#trails.values()) found.push(...files.filter((file) => file.key === key));
    return found;
  }
}

/** A file may have been renamed to another name that is followed. */
function pathNow(position: FilePosition, found: string | undefined): string {
  return found !== undefined && found !== position.path && holds(found, position) ? found : position.path;
}

function keyAt(path: string): string {
  const stats = statOf(path);
  return stats ? keyOf(stats) : '';
}
