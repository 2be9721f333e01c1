import Database from 'better-sqlite3';

import { reasonOf } from '../../lib/fault.ts';
import { STATE_VERSION } from './database.ts';

const BUSY_TIMEOUT_MS = 10_000;

/** The columns whose text is JSON. */
const JSON_COLUMNS = [
  ['alert', 'labels', 'is an alert, which is forgotten'],
  ['alert', 'annotations', 'is an alert, which is told without them'],
  ['transition', 'labels', 'is in the history of alerts'],
  ['transition', 'annotations', 'is in the history of alerts'],
  ['outbox', 'notification', 'is a notification, which can not be sent'],
] as const;

/** What is wrong with the state of alerting as it stands at a moment, in plain words; also while alerting runs. */
export function* verifyState(file: string): Iterable<string> {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    database.exec('BEGIN');
    const format = database.pragma('user_version', { simple: true });
    // One that is just being made.
    if (database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) return;
    if (format !== STATE_VERSION) {
      yield `it has format ${String(format)}, this program reads ${STATE_VERSION}: use the version that wrote it`;
      return;
    }
    for (const line of database.prepare('PRAGMA integrity_check').pluck().all() as string[])
      if (line !== 'ok') yield `SQLite says: ${line}`;
    for (const [table, column, meaning] of JSON_COLUMNS) {
      // In the rows themselves: an index may have a copy.
      const sql = `SELECT count(*) FROM ${table} NOT INDEXED WHERE NOT json_valid(${column})`;
      const count = database.prepare(sql).pluck().get() as number;
      if (count > 0) yield `${count} rows of ${table} are damaged (${column}): each ${meaning}`;
    }
  } catch (thrown) {
    if (!(thrown instanceof Database.SqliteError)) throw thrown;
    yield `it can't be read: ${reasonOf(thrown)}`;
  } finally {
    database?.close();
  }
}
