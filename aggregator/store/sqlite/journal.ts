import { crc32 } from 'node:zlib';

import type Database from 'better-sqlite3';

import type { BatchId } from '../../../wire/batch.ts';
import { openDatabase, truncateWal } from './database.ts';
import { Received, RECEIVED_TABLE } from './received.ts';

/**
 * Where everything goes first. What was written is in this one file, with the (agent, epoch, sequence) that names a
 * batch, before it is acknowledged, and leaves it when every partition that it touches holds it.
 */
export interface JournalEntry {
  readonly kind: EntryKind;
  /** Of a batch: frames after this time were refused. */
  readonly newestMs: number;
  readonly body: Uint8Array;
  /** Set for an agent's batch, which is taken once only. */
  readonly batch?: BatchId;
}

/** The numbers stand in files. */
export const ENTRY_BATCH = 1;
export const ENTRY_BATCH_IN_PART = 2;
export const ENTRY_ROWS = 3;
export type EntryKind = typeof ENTRY_BATCH | typeof ENTRY_BATCH_IN_PART | typeof ENTRY_ROWS;

export interface StoredEntry {
  readonly id: number;
  readonly kind: number;
  readonly newestMs: number;
  readonly body: Uint8Array;
  /** Does the body still have the checksum that it was written with? */
  readonly intact: boolean;
}

interface EntryRow {
  readonly id: number;
  readonly kind: number;
  readonly newest_ms: number;
  readonly crc: number;
  readonly body: Buffer;
}

export const JOURNAL_VERSION = 2;
const TABLES = `
  CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, newest_ms INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
  ${RECEIVED_TABLE};
  CREATE TABLE schema (hash TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID`;

export class Journal {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement;
  readonly #received: Received;
  readonly #putSchema: Database.Statement;
  readonly #getSchema: Database.Statement;

  /** The id of the newest entry, or what the next one has to be higher than. */
  #lastId: number;

  /**
   * Ids are higher than `leastId`, which must rise from start to start: a journal that has lost its end must not
   * give ids again that partitions have noted as folded.
   */
  constructor(file: string, leastId: number) {
    this.#database = openDatabase(file, JOURNAL_VERSION, TABLES);
    this.#lastId = Math.max(this.#storedLastId(), leastId);
    const prepare = (sql: string): Database.Statement => this.#database.prepare(sql);
    this.#insert = prepare('INSERT INTO entry (id, kind, newest_ms, crc, body) VALUES (?, ?, ?, ?, ?)');
    this.#received = new Received(this.#database);
    this.#putSchema = prepare('INSERT OR IGNORE INTO schema VALUES (?, ?)');
    this.#getSchema = prepare('SELECT body FROM schema WHERE hash = ?');
  }

  /** Writes all entries in one durable commit, with rising ids. */
  commit(entries: readonly JournalEntry[]): void {
    let id = this.#lastId;
    try {
      this.#database.transaction(() => {
        for (const entry of entries) this.#write(++id, entry);
      })();
    } catch (thrown) {
      this.#received.forget();
      throw thrown;
    }
    this.#lastId = id;
  }

  /** Was this batch committed before? */
  has(batch: BatchId): boolean {
    return this.#received.has(batch);
  }

  /** The highest sequence of an agent's epoch, 0 when there is none. */
  lastSequence(agent: string, epoch: number): number {
    return this.#received.lastSequence(agent, epoch);
  }

  /** Keeps the definition of a schema, which the entries that name it need after a restart. */
  putSchemas(schemas: readonly { hash: string; body: Uint8Array }[]): void {
    this.#database.transaction(() => {
      for (const { hash, body } of schemas) this.#putSchema.run(hash, body);
    })();
  }

  schema(hash: string): Uint8Array | undefined {
    return (this.#getSchema.get(hash) as { body: Buffer } | undefined)?.body;
  }

  /** The entries in the order in which they were committed. */
  *entries(): Iterable<StoredEntry> {
    const next = this.#database.prepare(
      'SELECT id, kind, newest_ms, crc, body FROM entry WHERE id > ? ORDER BY id LIMIT 1',
    );
    let last = 0;
    while (true) {
      const row = next.get(last) as EntryRow | undefined;
      if (row === undefined) return;
      const { id, kind, newest_ms: newestMs, crc, body } = row;
      last = id;
      yield { id, kind, newestMs, body, intact: crc32(body) === crc };
    }
  }

  /** No entry has a higher id, and all that come will. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Forgets the entries up to `id`, and all schemas but those that newer entries name. */
  dropThrough(id: number, keep: ReadonlySet<string>): void {
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM entry WHERE id <= ?').run(id);
      const hashes = this.#database.prepare('SELECT hash FROM schema').pluck().all() as string[];
      const drop = this.#database.prepare('DELETE FROM schema WHERE hash = ?');
      for (const hash of hashes) if (!keep.has(hash)) drop.run(hash);
    })();
    // Gives the room back: what waited in an outage of folding would stay allocated for ever.
    this.#database.pragma('incremental_vacuum');
    truncateWal(this.#database);
  }

  close(): void {
    this.#database.close();
  }

  #storedLastId(): number {
    const row = this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").get();
    return (row as { seq: number } | undefined)?.seq ?? 0;
  }

  #write(id: number, { kind, newestMs, body, batch }: JournalEntry): void {
    this.#insert.run(id, kind, newestMs, crc32(body), body);
    if (batch) this.#received.mark(batch);
  }
}
