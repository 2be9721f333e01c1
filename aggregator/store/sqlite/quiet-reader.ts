import { statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../../lib/fault.ts';

const BUSY_TIMEOUT_MS = 10_000;

/** One file as it stands at a moment, for a process of its own beside the one that writes. */
export interface QuietReader {
  readonly database: Database.Database;
  close(): void;
}

/**
 * Opens a database file for reading alone and holds a snapshot of it. Throws the Fault `unreadable`.
 *
 * A connection that may write and is the last to close a file takes the WAL away that lies beside its name; held for
 * long, that could be the WAL of another file, when retention has dropped this one and a fold has made it anew. One
 * that reads leaves an empty WAL and shared memory beside each file that nobody else had open. So what was not there
 * before is taken away by a connection that lasts for a moment.
 */
export function openQuietly(file: string): QuietReader {
  let opened: Database.Database | undefined;
  try {
    const hadWal = walBytes(file) !== undefined;
    opened = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    opened.exec('BEGIN');
    // The snapshot begins with the first page that is read.
    opened.prepare('SELECT count(*) FROM sqlite_schema').get();
    const database = opened;
    const close = (): void => {
      if (!database.open) return;
      database.close();
      if (!hadWal && walBytes(file) === 0) tidy(file);
    };
    return { database, close };
  } catch (cause) {
    opened?.close();
    throw new Fault('unreadable', `${file} can't be read: ${reasonOf(cause)}${adviceFor(cause)}`, { cause });
  }
}

/** Undefined when there is none. */
export function walBytes(file: string): number | undefined {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size;
}

function tidy(file: string): void {
  try {
    const database = new Database(file, { fileMustExist: true, timeout: 0 });
    try {
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
    } finally {
      database.close();
    }
  } catch {
    // Someone has it now, or it may not be written to: what lies there does no harm.
  }
}

/** SQLite says of all reasons that it is unable to open a file. */
function adviceFor(cause: unknown): string {
  const code = cause instanceof Database.SqliteError ? cause.code : '';
  if (!/^SQLITE_(READONLY|CANTOPEN)/.test(code)) return '';
  return '; run this as the user that the program runs as, with three descriptors for each file (ulimit -n)';
}
