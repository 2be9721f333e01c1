import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { storeFiles } from '../../aggregator/store/sqlite/store-snapshot.ts';
import { verifyJournal } from '../../aggregator/store/sqlite/verify-journal.ts';
import { verifyLogPartition } from '../../aggregator/store/sqlite/verify-log-partition.ts';
import { verifyPartition, verifyTier } from '../../aggregator/store/sqlite/verify.ts';
import { verifyState } from '../../alerting/state/verify.ts';
import { Fault } from '../../lib/fault.ts';
import { differenceOf, isBackup, readManifest } from './manifest.ts';
import type { OnProgress } from './progress.ts';

/** It changes nothing, so that it may be ended at any moment. */
const NEVER = new AbortController().signal;
const STATE = 'alerting/state.db';

export interface CheckOptions {
  /** A data folder, also one that is written to, or a backup. */
  readonly folder: string;
  readonly onProgress: OnProgress;
}

/** One thing that is wrong. */
export interface Finding {
  /** From the folder on. */
  readonly file: string;
  /** In plain words, with what is lost. */
  readonly problem: string;
}

export interface CheckResult {
  readonly folder: string;
  readonly backup: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly Finding[];
}

/**
 * Reads every file of a data folder or a backup, and all that carries a checksum in it. Writes nothing but what
 * SQLite lays beside a file that is read. Throws a Fault when the folder is neither.
 */
export async function checkStore({ folder, onProgress }: CheckOptions): Promise<CheckResult> {
  const backup = isBackup(folder);
  const entries = new Map(backup ? readManifest(folder).files.map((entry) => [entry.path, entry]) : []);
  const paths = backup ? [...entries.keys()] : dataFiles(folder);
  const sizes = paths.map((path) => sizeOf(join(folder, path)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const damaged: Finding[] = [];
  let done = 0;
  for (const [i, path] of paths.entries()) {
    onProgress(path, done, bytes);
    done += sizes[i] as number;
    const entry = entries.get(path);
    const difference = entry && (await differenceOf(folder, entry, NEVER));
    if (difference !== undefined) damaged.push({ file: path, problem: difference });
    // Retention may have dropped it meanwhile.
    if (!existsSync(join(folder, path))) continue;
    for (const problem of verify(path, join(folder, path))) damaged.push({ file: path, problem });
  }
  return { folder, backup, files: paths.length, bytes, damaged };
}

function verify(path: string, file: string): Iterable<string> {
  if (path === STATE) return verifyState(file);
  if (path === 'store/journal.db') return verifyJournal(file);
  if (path.startsWith('store/tier-')) return verifyTier(file);
  return path.startsWith('store/logs/') ? verifyLogPartition(file) : verifyPartition(file);
}

function dataFiles(folder: string): string[] {
  const store = join(folder, 'store');
  const paths = existsSync(store) ? storeFiles(store).map((name) => `store/${name}`) : [];
  if (existsSync(join(folder, STATE))) paths.push(STATE);
  if (paths.length > 0) return paths;
  throw new Fault('no_data', `${folder} is neither a data folder (setting data-dir) nor a backup`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
