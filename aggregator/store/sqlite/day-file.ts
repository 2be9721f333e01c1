import type Database from 'better-sqlite3';

import { openDatabase, Statements, truncateWal } from './database.ts';

const COMMON_TABLES = `
  CREATE TABLE folded (through INTEGER NOT NULL);
  INSERT INTO folded VALUES (0)`;

/**
 * What the partitions of samples and of lines have in common: one file of one day (UTC) that needs no other, with
 * a note up to which journal entry it is complete, written in the transaction that adds
 * the data.
 */
export abstract class DayFile {
  readonly #database: Database.Database;
  protected readonly statements: Statements;

  constructor(file: string, version: number, tables: string, pageBytes?: number) {
    this.#database = openDatabase(file, version, `${COMMON_TABLES};${tables}`, pageBytes);
    this.statements = new Statements(this.#database);
  }

  /** The journal entry up to which this partition holds everything. */
  foldedThrough(): number {
    return (this.statements.get('SELECT through FROM folded').get() as { through: number }).through;
  }

  /** Begins what `commit` or `abandon` ends. */
  begin(): void {
    this.#database.exec('BEGIN IMMEDIATE');
  }

  /** Makes everything since `begin` durable, and notes that it came from the journal up to `through`. */
  commit(through: number): void {
    this.flush();
    this.statements.get('UPDATE folded SET through = ?').run(through);
    this.#database.exec('COMMIT');
    // Readers keep it open, so that closing would not do it.
    truncateWal(this.#database);
  }

  /** Gives up what was added since `begin`. */
  abandon(): void {
    this.discard();
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
  }

  close(): void {
    this.#database.close();
  }

  /** Writes what waits to be packed. */
  protected flush(): void {}

  /** Forgets what waits to be packed, and ids that a rollback takes back. */
  protected discard(): void {}
}
