import Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../lib/fault.ts';

/** Kept in `PRAGMA user_version`; a file of another number is refused. */
export const STATE_VERSION = 1;

/** SQLite's name for `synchronous=FULL`. */
const FULL = 2;

/** Times are milliseconds since the epoch, labels and annotations JSON; a value that is NaN is NULL. */
const TABLES = `
CREATE TABLE alert (
  rule TEXT NOT NULL,
  labels TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  value REAL,
  annotations TEXT NOT NULL,
  active_at INTEGER NOT NULL,
  fired_at INTEGER,
  keep_firing_since INTEGER,
  resolved_at INTEGER,
  PRIMARY KEY (rule, labels)
) WITHOUT ROWID;
CREATE INDEX alert_by_name ON alert (name, state);
CREATE TABLE evaluation (group_key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE transition (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  labels TEXT NOT NULL,
  value REAL,
  annotations TEXT NOT NULL,
  active_at INTEGER NOT NULL
);
CREATE TABLE notified (group_key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  receiver TEXT NOT NULL,
  group_key TEXT NOT NULL,
  notification TEXT NOT NULL
);
CREATE INDEX outbox_by_receiver ON outbox (receiver, group_key, id);
`;

/**
 * Opens the state of alerting, made when it is missing. Every commit is on disk when it returns:
 * `synchronous=FULL` is set and read back, because a build of SQLite may fall to NORMAL at a reopen.
 */
export function openStateDatabase(file: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(file);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const level = database.pragma('synchronous', { simple: true });
    if (level !== FULL) throw new Error(`synchronous is ${String(level)} where FULL (2) was set`);
    const found = database.pragma('user_version', { simple: true });
    if (found === 0) database.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${STATE_VERSION}; COMMIT`);
    else if (found !== STATE_VERSION) {
      throw new Error(
        `it has format ${String(found)}, this program reads ${STATE_VERSION}: start the version that wrote it`,
      );
    }
    return database;
  } catch (cause) {
    database?.close();
    throw new Fault('state', `${file} can't be opened (setting data-dir): ${reasonOf(cause)}`);
  }
}
