import { existsSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { setJournalMode } from '../../aggregator/store/sqlite/file-snapshot.ts';
import { claimFolder, LOCK, type Claim } from '../../lib/claimed-folder.ts';
import { makeDurableFolder, syncFolder } from '../../lib/durable-file.ts';
import { Fault } from '../../lib/fault.ts';
import { copyFile, requireGoOn, syncFile } from './digest.ts';
import { comparedWith, readManifest, type FileEntry, type Manifest } from './manifest.ts';
import type { OnProgress } from './progress.ts';
import { requireRoom } from './room.ts';

/** Where the files come to lie until all are there. */
const STAGING = 'restoring';

export interface RestoreOptions {
  /** The backup. */
  readonly source: string;
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * Puts a backup where it was taken from, or elsewhere. Folders that have anything in them, or that a running
 * process has, are refused. All files are copied and compared with the manifest first, then the folders get their
 * names, the store last. Throws a Fault; then the data folder is as it was.
 */
export async function restore({ source, dataDir, signal, onProgress }: RestoreOptions): Promise<Manifest> {
  const manifest = readManifest(source);
  const names = [...new Set(manifest.files.map(({ path }) => path.slice(0, path.indexOf('/'))))].sort();
  const staging = join(dataDir, STAGING);
  const claims: Claim[] = [];
  const undo: (() => void)[] = [];
  try {
    for (const name of names) {
      const folder = join(dataDir, name);
      const isNew = !existsSync(folder);
      claims.push(claimFolder(folder));
      if (isNew) undo.push(() => removeUnused(folder));
      requireEmpty(folder);
    }
    // One that was killed before.
    rmSync(staging, { recursive: true, force: true });
    makeDurableFolder(staging);
    undo.push(() => rmSync(staging, { recursive: true, force: true }));
    await stageAll(source, manifest.files, staging, { signal, onProgress });
    for (const name of names) {
      replace(join(staging, name), join(dataDir, name));
      undo.push(() => renameSync(join(dataDir, name), join(staging, name)));
    }
    syncFolder(dataDir);
    rmSync(staging, { recursive: true });
  } catch (thrown) {
    for (const back of undo.reverse()) back();
    throw thrown;
  } finally {
    for (const claim of claims) claim.release();
  }
  return manifest;
}

async function stageAll(
  source: string,
  files: readonly FileEntry[],
  staging: string,
  { signal, onProgress }: Pick<RestoreOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  requireRoom(staging, bytes);
  const folders = new Set(files.map(({ path }) => dirname(join(staging, path))));
  for (const folder of folders) makeDurableFolder(folder);
  let done = 0;
  for (const file of files) {
    requireGoOn(signal);
    onProgress(file.path, done, bytes);
    await stage(source, file, staging, signal);
    done += file.bytes;
  }
  for (const folder of folders) syncFolder(folder);
}

async function stage(source: string, entry: FileEntry, staging: string, signal: AbortSignal): Promise<void> {
  const target = join(staging, entry.path);
  const wrong = comparedWith(entry, await copyFile(join(source, entry.path), target, signal));
  if (wrong !== undefined)
    throw new Fault('damaged', `${join(source, entry.path)} is damaged: ${wrong}; nothing was restored`);
  setJournalMode(target, 'wal');
  syncFile(target);
}

/** Puts a folder in the place of one that holds a lock alone. */
function replace(staged: string, folder: string): void {
  rmSync(join(folder, LOCK), { force: true });
  // Refused by the system when someone has put something there meanwhile.
  renameSync(staged, folder);
}

/** Takes a folder away in which nothing but our lock is; if someone has put something there, it stays. */
function removeUnused(folder: string): void {
  rmSync(join(folder, LOCK), { force: true });
  try {
    rmdirSync(folder);
  } catch {
    // Not ours any more, or gone.
  }
}

function requireEmpty(folder: string): void {
  const names = readdirSync(folder).filter((name) => name !== LOCK);
  if (names.length === 0) return;
  throw new Fault(
    'target',
    `${folder} is not empty: move it away, or choose another data folder (setting data-dir)`,
  );
}
