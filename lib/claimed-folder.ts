import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { makeDurableFolder } from './durable-file.ts';
import { Fault, reasonOf } from './fault.ts';

/** The file in a claimed folder. */
export const LOCK = 'lock';
/** One that is just ending, or was killed a moment ago, is waited for. */
const PATIENCE_MS = 2000;

/** The right to write in a folder, which one process alone has. */
export interface Claim {
  release(): void;
}

/**
 * Makes a folder when it is missing and claims it; throws the Fault `data_dir` when another process has it. Two
 * that wrote the same spool or store would give the same numbers to different data.
 *
 * What is held is SQLite's lock on a file `lock` in the folder, since Node itself has no way to lock a file: the
 * kernel lets go of it when the process ends, however it ends, and it holds between containers that share a
 * volume, where the number of a process means nothing.
 */
export function claimFolder(folder: string, patienceMs = PATIENCE_MS): Claim {
  let database: DatabaseSync | undefined;
  try {
    makeDurableFolder(folder);
    database = new DatabaseSync(join(folder, LOCK), { timeout: patienceMs });
    // No file of a journal: nothing is ever written.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    const held = database;
    return { release: () => held.close() };
  } catch (cause) {
    database?.close();
    const advice = 'stop that one, or choose another folder (setting data-dir)';
    throw isBusy(cause)
      ? new Fault(
          'data_dir',
          `another Binnacle writes to ${folder}${holderOf(join(folder, LOCK))}: ${advice}`,
        )
      : new Fault('data_dir', `${folder} can't be written to (setting data-dir): ${reasonOf(cause)}`, {
          cause,
        });
  }
}

/** SQLITE_BUSY */
const BUSY = 5;

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && 'errcode' in thrown && thrown.errcode === BUSY;
}

/** ` as process 123` when the kernel tells; it names none of another container. */
function holderOf(file: string): string {
  try {
    const inode = statSync(file).ino;
    const lock = new RegExp(`POSIX +ADVISORY +WRITE +(\\d+) +[0-9a-f]+:[0-9a-f]+:${inode} `);
    const pid = Number(lock.exec(readFileSync('/proc/locks', 'utf8'))?.[1]);
    return pid > 0 ? ` as process ${pid}` : '';
  } catch {
    // Not every system has such a list.
    return '';
  }
}
