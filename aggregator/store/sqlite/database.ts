import Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../../lib/fault.ts';

/** SQLite's name for `synchronous=FULL`. */
const FULL = 2;
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens a database file for writing, created when it is missing. Every commit is on disk when it returns:
 * `synchronous=FULL` is set and read back, because a build of SQLite may fall to NORMAL at a reopen, and then
 * a power cut takes acknowledged commits.
 */
export function openDatabase(file: string): Database.Database {
  return open(file, () => {
    const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const level = database.pragma('synchronous', { simple: true });
    if (level !== FULL) throw new Error(`synchronous is ${String(level)} where FULL (2) was set`);
    return database;
  });
}

/** Opens an existing database file for reading alone. */
export function openReadOnly(file: string): Database.Database {
  return open(
    file,
    () => new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS }),
  );
}

function open(file: string, run: () => Database.Database): Database.Database {
  try {
    return run();
  } catch (cause) {
    throw new Fault('store', `${file} can't be opened: ${reasonOf(cause)}`, { cause });
  }
}

/** Makes the tables of a new file; refuses a file of another format. */
export function createTables(
  database: Database.Database,
  file: string,
  version: number,
  tables: string,
): void {
  if (database.pragma('user_version', { simple: true }) === 0) {
    database.exec(`BEGIN; ${tables}; PRAGMA user_version = ${version}; COMMIT`);
  }
  requireVersion(database, file, version);
}

/** Refuses a file of a format that is not ours; the number is kept in `PRAGMA user_version`. */
export function requireVersion(database: Database.Database, file: string, version: number): void {
  const found = database.pragma('user_version', { simple: true });
  if (found !== version) {
    throw new Fault(
      'store',
      `${file} has format ${String(found)}, this program reads ${version}: start the version that wrote it`,
    );
  }
}

/** Did SQLite itself fail: a damaged file, a full disk? */
export function isSqliteError(thrown: unknown): thrown is Database.SqliteError {
  return thrown instanceof Database.SqliteError;
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
