import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';

import Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../../lib/fault.ts';
import { openQuietly, walBytes, type QuietReader } from './quiet-reader.ts';

/** Pages copied between two looks at the signal: about a megabyte. */
const STEP_PAGES = 256;
/** So often the copy goes to the disk, so that no large flush stands before the commits of a store beside it. */
const SYNC_STEPS = 16;
/** A file changed so short a time ago may change again without a new time. */
const SETTLED_MS = 2000;

/**
 * One database file as it stood at a moment, whatever is committed, checkpointed or unlinked afterwards, until
 * `close`.
 */
export class FileSnapshot {
  readonly file: string;
  /** Size of a copy. */
  readonly bytes: number;
  /** Equal for the same file without a change in between; undefined when that can't be told. */
  readonly state: string | undefined;
  readonly #reader: QuietReader;

  /** Throws a Fault `unreadable` that names the file. `nowMs` is the wall time. */
  constructor(file: string, nowMs: number) {
    this.file = file;
    this.#reader = openQuietly(file);
    try {
      const { database } = this.#reader;
      const pages = database.pragma('page_count', { simple: true }) as number;
      this.bytes = pages * (database.pragma('page_size', { simple: true }) as number);
      this.state = stateOf(file, nowMs);
    } catch (cause) {
      this.#reader.close();
      throw unreadable(file, cause);
    }
  }

  /** The first column of the first row; undefined when there is no row, or not that table. */
  value(table: string, sql: string): unknown {
    try {
      const { database } = this.#reader;
      const isThere = database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table);
      return isThere === undefined ? undefined : database.prepare(sql).pluck().get();
    } catch (cause) {
      throw unreadable(this.file, cause);
    }
  }

  /** Writes a copy that is one file in itself and on the disk. Throws a Fault when that fails or is given up. */
  async copyTo(target: string, signal: AbortSignal): Promise<void> {
    let descriptor: number | undefined;
    let steps = 0;
    const progress = (): number => {
      if (signal.aborted) throw new Fault('stopped', 'it was asked to stop');
      descriptor ??= openSync(target, 'r');
      if (++steps % SYNC_STEPS === 0) fsyncSync(descriptor);
      return STEP_PAGES;
    };
    try {
      await this.#reader.database.backup(target, { progress });
      setJournalMode(target, 'delete');
      descriptor ??= openSync(target, 'r');
      fsyncSync(descriptor);
    } catch (cause) {
      if (cause instanceof Fault) throw cause;
      throw new Fault('copy', `${this.file} can't be copied to ${target}: ${reasonOf(cause)}`, { cause });
    } finally {
      // Not before: closing lets go of the locks that SQLite has on the file.
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  close(): void {
    this.#reader.close();
  }
}

/**
 * A file for keeping is to be one in itself: who reads it, maybe on a disk that can't be written to, needs nothing
 * beside it. One that is written to has a WAL from the start, because changing that later waits for all readers.
 * The caller syncs the file.
 */
export function setJournalMode(file: string, mode: 'delete' | 'wal'): void {
  const database = new Database(file, { fileMustExist: true });
  try {
    database.pragma('synchronous = OFF');
    const found = database.pragma(`journal_mode = ${mode}`, { simple: true });
    if (found !== mode) throw new Error(`the journal_mode of ${file} stays ${String(found)}`);
  } finally {
    database.close();
  }
}

function stateOf(file: string, nowMs: number): string | undefined {
  if ((walBytes(file) ?? 0) > 0) return undefined;
  const { ino, size, mtimeNs, mtimeMs } = statSync(file, { bigint: true });
  return Number(mtimeMs) > nowMs - SETTLED_MS ? undefined : `${ino} ${size} ${mtimeNs}`;
}

function unreadable(file: string, cause: unknown): Fault {
  return new Fault('unreadable', `${file} can't be read: ${reasonOf(cause)}`, { cause });
}
