/**
 * What a disk may hold when the power goes: all that was synced, and of the rest what the mode says. Content and
 * names are apart, as in a file system: fsync of a file writes its content, fsync of its folder its name. (Most
 * file systems promise more; a program that stands this one stands those.)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Inode, Operation, Trace } from './trace.ts';

/**
 * What becomes of content that was not synced: nothing of it, all, pages at random, each write up to a sector at
 * random, or all up to a moment. Names that were not synced: none, all, or in order up to one, as a journal
 * keeps them; with `pages` any of them.
 */
export const MODES = ['none', 'all', 'pages', 'torn', 'ordered'] as const;
export type Mode = (typeof MODES)[number];

const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;

/** At this line all is on the disk: the machine went down in order. */
export const REBOOT = 'REBOOT';

/** Writes the image after the first `cut` operations into an empty folder. */
export function writeImage(trace: Trace, cut: number, mode: Mode, random: () => number, into: string): void {
  const done = trace.operations.slice(0, cut);
  const synced = syncedBefore(done);
  const isSynced = (inode: Inode, index: number): boolean =>
    index < (synced.get(inode) ?? synced.get(-1) ?? 0);
  const names = keptNames(done, isSynced, mode, random);
  const contents = new Map<Inode, Buffer>();
  const stops = new Map<Inode, number>();
  const contentOf = (inode: Inode): Buffer => {
    let content = contents.get(inode);
    if (content === undefined) contents.set(inode, (content = keptContent(inode)));
    return content;
  };
  const keptContent = (inode: Inode): Buffer => {
    const file = new Content();
    const unsynced = done.filter((op, i) => isContentOf(op, inode) && !isSynced(inode, i)).length;
    stops.set(inode, Math.floor(random() * (unsynced + 1)));
    let seen = 0;
    for (const [i, operation] of done.entries()) {
      if (!isContentOf(operation, inode)) continue;
      if (isSynced(inode, i)) file.apply(operation);
      else keep(file, operation, mode, seen++ < (stops.get(inode) as number), random);
    }
    return file.bytes;
  };
  const build = (folder: Inode, path: string): void => {
    for (const [name, inode] of names.get(folder) ?? []) {
      const place = join(path, name);
      if (trace.folders.has(inode)) {
        mkdirSync(place);
        build(inode, place);
      } else {
        writeFileSync(place, contentOf(inode));
      }
    }
  };
  build(0, into);
}

type ContentOperation = Operation & { kind: 'write' | 'resize' };

function isContentOf(operation: Operation, inode: Inode): operation is ContentOperation {
  return (operation.kind === 'write' || operation.kind === 'resize') && operation.inode === inode;
}

/** For each inode, the operation before which all is on the disk; -1 stands for those that are not in it. */
function syncedBefore(operations: readonly Operation[]): Map<Inode, number> {
  let synced = new Map<Inode, number>();
  for (const [i, operation] of operations.entries()) {
    if (operation.kind === 'sync') synced.set(operation.inode, operation.before);
    if (operation.kind === 'say' && operation.line === REBOOT) synced = new Map([[-1, i]]);
  }
  const all = synced.get(-1) ?? 0;
  for (const [inode, before] of synced) synced.set(inode, Math.max(before, all));
  return synced;
}

function keptNames(
  operations: readonly Operation[],
  isSynced: (inode: Inode, index: number) => boolean,
  mode: Mode,
  random: () => number,
): Map<Inode, Map<string, Inode>> {
  const folders = new Map<Inode, Map<string, Inode>>();
  /** Names of a folder from here on are not on the disk. */
  const stopped = new Set<Inode>();
  for (const [i, operation] of operations.entries()) {
    if (operation.kind !== 'link' && operation.kind !== 'unlink' && operation.kind !== 'rename') continue;
    const { folder, name } = operation;
    let entries = folders.get(folder);
    if (entries === undefined) folders.set(folder, (entries = new Map()));
    if (!isSynced(folder, i)) {
      if (mode === 'none' || stopped.has(folder)) continue;
      if (mode === 'pages' && random() < 0.5) continue;
      if ((mode === 'torn' || mode === 'ordered') && random() < 0.2) stopped.add(folder);
      if (stopped.has(folder)) continue;
    }
    if (operation.kind === 'rename') entries.delete(operation.from);
    if (operation.kind === 'unlink') entries.delete(name);
    else entries.set(name, operation.inode);
  }
  return folders;
}

function keep(
  file: Content,
  operation: ContentOperation,
  mode: Mode,
  isBeforeStop: boolean,
  random: () => number,
): void {
  if (mode === 'none' || (mode === 'ordered' && !isBeforeStop)) return;
  if (mode === 'all' || mode === 'ordered') return file.apply(operation);
  if (operation.kind === 'resize') {
    if (random() < 0.5) file.apply(operation);
    return;
  }
  const { at, bytes } = operation;
  if (mode === 'torn') {
    const sectors = Math.floor(random() * (bytes.length / SECTOR_BYTES + 1));
    file.apply({ ...operation, bytes: bytes.subarray(0, sectors * SECTOR_BYTES) });
    return;
  }
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + PAGE_BYTES - ((at + from) % PAGE_BYTES));
    if (random() < 0.5) file.apply({ ...operation, at: at + from, bytes: bytes.subarray(from, to) });
    from = to;
  }
}

/** A file that grows; what was never written is zero. */
class Content {
  #room = Buffer.alloc(64 * 1024);
  #length = 0;

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  apply(operation: ContentOperation): void {
    if (operation.kind === 'resize') {
      this.#grow(operation.bytes);
      this.#room.fill(0, operation.bytes, Math.max(this.#length, operation.bytes));
      this.#length = operation.bytes;
    } else {
      if (operation.bytes.length === 0) return;
      this.#grow(operation.at + operation.bytes.length);
      operation.bytes.copy(this.#room, operation.at);
    }
  }

  #grow(length: number): void {
    if (length > this.#room.length) {
      const room = Buffer.alloc(Math.max(length, 2 * this.#room.length));
      this.#room.copy(room, 0, 0, this.#length);
      this.#room = room;
    }
    this.#length = Math.max(this.#length, length);
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
