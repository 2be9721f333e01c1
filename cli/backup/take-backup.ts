import { existsSync, linkSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { FileSnapshot } from '../../aggregator/store/sqlite/file-snapshot.ts';
import { openStoreSnapshot } from '../../aggregator/store/sqlite/store-snapshot.ts';
import { makeDurableFolder, syncFolder } from '../../lib/durable-file.ts';
import { Fault, reasonOf } from '../../lib/fault.ts';
import { digestOf, requireGoOn } from './digest.ts';
import {
  differenceOf,
  isBackup,
  readManifest,
  writeManifest,
  type FileEntry,
  type Manifest,
} from './manifest.ts';
import type { OnProgress } from './progress.ts';
import { requireRoom } from './room.ts';

export interface BackupOptions {
  readonly dataDir: string;
  /** The folder to make; if it is there, it has to be empty. */
  readonly target: string;
  /** An earlier backup: files that have not changed since are linked to its own and take no room. */
  readonly base: string | undefined;
  readonly version: string;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface BackupResult {
  readonly manifest: Manifest;
  readonly linked: number;
}

/**
 * Copies what the aggregator and alerting keep in a data folder, as it stands now, into a new folder. Both may run
 * and write. The manifest is written last; when anything fails before, nothing is left in the folder. Throws a
 * Fault.
 */
export async function takeBackup(options: BackupOptions): Promise<BackupResult> {
  const { dataDir, target, nowMs, version, signal } = options;
  const base = options.base === undefined ? undefined : new Base(options.base);
  const isNew = !existsSync(target);
  requireElsewhere(target, dataDir);
  if (!isNew) requireEmpty(target);
  const snapshots = openSnapshots(dataDir, nowMs);
  try {
    const jobs = [...snapshots].map(([path, snapshot]) => ({
      path,
      snapshot,
      earlier: base?.find(path, snapshot),
    }));
    const bytes = jobs.reduce((sum, { snapshot, earlier }) => sum + (earlier ? 0 : snapshot.bytes), 0);
    makeDurableFolder(target);
    requireRoom(target, bytes);
    let done = 0;
    let linked = 0;
    const files: FileEntry[] = [];
    const folders = new Set<string>();
    for (const { path, snapshot, earlier } of jobs) {
      requireGoOn(signal);
      options.onProgress(path, done, bytes);
      const folder = dirname(join(target, path));
      if (!folders.has(folder)) makeDurableFolder(folder);
      folders.add(folder);
      if (earlier && (await base?.link(earlier, join(target, path), signal))) {
        files.push(earlier);
        linked++;
      } else {
        files.push(await copy(path, snapshot, target, signal));
        done += snapshot.bytes;
      }
      snapshot.close();
    }
    for (const folder of folders) syncFolder(folder);
    const manifest = { version, takenAt: new Date(nowMs).toISOString(), files };
    writeManifest(target, manifest);
    return { manifest, linked };
  } catch (thrown) {
    removeAll(target, isNew);
    throw thrown;
  } finally {
    for (const snapshot of snapshots.values()) snapshot.close();
  }
}

async function copy(
  path: string,
  snapshot: FileSnapshot,
  target: string,
  signal: AbortSignal,
): Promise<FileEntry> {
  const file = join(target, path);
  await snapshot.copyTo(file, signal);
  const { state } = snapshot;
  return { path, ...(await digestOf(file, signal)), ...(state !== undefined && { state }) };
}

/** By path in the data folder, the journal first, so that it is let go of soonest. */
function openSnapshots(dataDir: string, nowMs: number): Map<string, FileSnapshot> {
  const store = join(dataDir, 'store');
  const state = join(dataDir, 'alerting', 'state.db');
  const open = (file: string): FileSnapshot => new FileSnapshot(file, nowMs);
  const snapshots = new Map<string, FileSnapshot>();
  if (existsSync(store))
    for (const [name, file] of openStoreSnapshot(store, open)) snapshots.set(`store/${name}`, file);
  try {
    if (existsSync(state)) snapshots.set('alerting/state.db', open(state));
  } catch (thrown) {
    for (const snapshot of snapshots.values()) snapshot.close();
    throw thrown;
  }
  if (snapshots.size > 0) return snapshots;
  throw new Fault(
    'no_data',
    `there is nothing to back up in ${dataDir} (setting data-dir): neither a store nor alerts`,
  );
}

/** What lies in the store's own folder would be part of the next backup. */
function requireElsewhere(target: string, dataDir: string): void {
  for (const folder of ['store', 'alerting'].map((name) => resolve(dataDir, name))) {
    if (`${resolve(target)}/`.startsWith(`${folder}/`))
      throw new Fault('target', `${target} lies in ${folder}, which is backed up: choose a folder elsewhere`);
  }
}

function requireEmpty(folder: string): void {
  if (!statSync(folder).isDirectory()) throw new Fault('target', `${folder} is not a folder`);
  const names = readdirSync(folder);
  if (names.length === 0) return;
  const what = isBackup(folder)
    ? 'has a backup already'
    : names.includes('store')
      ? 'has a backup that was cut off: remove it'
      : 'is not empty';
  throw new Fault('target', `${folder} ${what}; each backup takes a new folder`);
}

/** What is left by a failure would look like something. */
function removeAll(folder: string, withFolder: boolean): void {
  if (!existsSync(folder)) return;
  const doomed = withFolder ? [folder] : readdirSync(folder).map((name) => join(folder, name));
  for (const path of doomed) rmSync(path, { recursive: true, force: true });
}

/** An earlier backup that the new one shares files with. */
class Base {
  readonly #folder: string;
  readonly #files: ReadonlyMap<string, FileEntry>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#files = new Map(readManifest(folder).files.map((file) => [file.path, file]));
  }

  /** Its copy of a file that has not changed since. */
  find(path: string, { state }: FileSnapshot): FileEntry | undefined {
    const file = this.#files.get(path);
    return state !== undefined && file?.state === state ? file : undefined;
  }

  /** False when the copy is not whole any more, or lies on another file system, or on one without links. */
  async link(file: FileEntry, target: string, signal: AbortSignal): Promise<boolean> {
    if ((await differenceOf(this.#folder, file, signal)) !== undefined) return false;
    try {
      linkSync(join(this.#folder, file.path), target);
      return true;
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === 'EXDEV' || code === 'EPERM' || code === 'ENOTSUP' || code === 'EMLINK') return false;
      throw new Fault('copy', `${target} can't be linked: ${reasonOf(thrown)}`, { cause: thrown });
    }
  }
}
