import Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../../lib/fault.ts';

/** SQLite's name for `synchronous=FULL`. */
const FULL = 2;
const BUSY_TIMEOUT_MS = 10_000;
const HOLD_TIMEOUT_MS = 100;

/**
 * Opens a database file for writing, created with its tables when it is missing; refuses a file of another
 * format. Every commit is on disk when it returns:
 * `synchronous=FULL` is set and read back, because a build of SQLite may fall to NORMAL at a reopen, and then
 * a power cut takes acknowledged commits.
 */
export function openDatabase(
  file: string,
  version: number,
  tables: string,
  pageBytes?: number,
): Database.Database {
  const options = { timeout: BUSY_TIMEOUT_MS };
  return open(file, options, (database) => {
    // Both count for a new file alone; a page of it is given back only when that is asked for.
    if (pageBytes !== undefined) database.pragma(`page_size = ${pageBytes}`);
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const level = database.pragma('synchronous', { simple: true });
    if (level !== FULL) throw new Error(`synchronous is ${String(level)} where FULL (2) was set`);
    if (versionOf(database) === 0) {
      database.exec(`BEGIN; ${tables}; PRAGMA user_version = ${version}; COMMIT`);
    }
    requireVersion(database, file, version);
  });
}

/**
 * Opens an existing database file for work that may be lost in a power cut, but not end half-way: what it commits
 * is on disk with the next full commit of anybody. Waits for no other writer. Refuses a file of another format.
 */
export function openForUpkeep(file: string, version: number): Database.Database {
  return open(file, { fileMustExist: true, timeout: 0 }, (database) => {
    requireVersion(database, file, version);
    database.pragma('synchronous = NORMAL');
  });
}

/** Opens an existing database file for reading alone; refuses a file of another format. */
export function openReadOnly(file: string, version: number): Database.Database {
  const options = { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS };
  return open(file, options, (database) => requireVersion(database, file, version));
}

/** Keeps an existing file open without reading it. The last to close it takes what lies beside it away. */
export function holdOpen(file: string, version: number): { close(): void } {
  const options = { fileMustExist: true, timeout: HOLD_TIMEOUT_MS };
  const database = open(file, options, (opened) => requireVersion(opened, file, version));
  return {
    close: () => {
      try {
        // When readers have it open too, what lies beside it stays, but takes no room.
        database.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // The disk fails; what was committed stays in the WAL.
      }
      database.close();
    },
  };
}

/** The journal entry up to which a partition is complete; undefined when it was made and is empty yet. */
export function foldedThrough(file: string, version: number): number | undefined {
  let through: number | undefined;
  // Not for reading alone: a file whose making was cut off is made good by who may write.
  const options = { fileMustExist: true, timeout: BUSY_TIMEOUT_MS };
  const database = open(file, options, (opened) => {
    if (opened.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) return;
    requireVersion(opened, file, version);
    through = opened.prepare('SELECT through FROM folded').pluck().get() as number;
  });
  database.close();
  return through;
}

/** Opens a file and makes it ready; a file that can't be is not kept open. */
function open(
  file: string,
  options: Database.Options,
  prepare: (database: Database.Database) => void,
): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, options);
    prepare(database);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof Fault) throw cause;
    throw new Fault('store', `${file} can't be opened: ${reasonOf(cause)}`, { cause });
  }
}

function versionOf(database: Database.Database): unknown {
  return database.pragma('user_version', { simple: true });
}

/** Refuses a file of a format that is not ours; the number is kept in `PRAGMA user_version`. */
function requireVersion(database: Database.Database, file: string, version: number): void {
  const found = versionOf(database);
  if (found !== version) {
    throw new Fault(
      'store',
      `${file} has format ${String(found)}, this program reads ${version}: start the version that wrote it`,
    );
  }
}

/**
 * Gives back the room of what lies beside a file, unless someone reads that: a backup or a check must not hold up the
 * writer, and the next time will do.
 */
export function truncateWal(database: Database.Database): void {
  database.pragma('busy_timeout = 0');
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

/** Did SQLite itself fail: a damaged file, a full disk? */
export function isSqliteError(thrown: unknown): thrown is Error & { readonly code: string } {
  return thrown instanceof Database.SqliteError;
}

/** Is the content of a file wrong, so that it will not be right by itself? */
export function isDamage(thrown: unknown): boolean {
  const found = thrown instanceof Fault ? thrown.cause : thrown;
  return isSqliteError(found) && /^SQLITE_(CORRUPT|NOTADB)/.test(found.code);
}

/** Is it one file that can't be read? It never takes the others down. */
export function isUnreadableFile(thrown: unknown): boolean {
  return isSqliteError(thrown) || (thrown instanceof Fault && thrown.code === 'store');
}

/** Prepared statements by their text, so that each is compiled once a connection. */
export class Statements {
  readonly #database: Database.Database;
  readonly #known = new Map<string, Database.Statement>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  get(sql: string): Database.Statement {
    let statement = this.#known.get(sql);
    if (statement === undefined) this.#known.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  /** Runs an INSERT and returns the id of its row. */
  insert(sql: string, ...values: unknown[]): number {
    return Number(this.get(sql).run(...values).lastInsertRowid);
  }
}
