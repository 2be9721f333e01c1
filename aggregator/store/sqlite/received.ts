import type Database from 'better-sqlite3';

import type { BatchId } from '../../../wire/batch.ts';

export const RECEIVED_TABLE =
  'CREATE TABLE received (agent TEXT, epoch INTEGER, first INTEGER, last INTEGER, PRIMARY KEY (agent, epoch, first)) WITHOUT ROWID';

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Agents' epochs whose newest range is remembered; a larger cluster asks the table more often. */
const REMEMBERED = 10_000;

/** Which batches were taken, as ranges of their numbers: an agent in order has a single row. */
export class Received {
  readonly #rangeBefore: Database.Statement;
  readonly #putRange: Database.Statement;
  readonly #dropRange: Database.Statement;
  /** The newest range of an agent's epoch, undefined when it has none; agents mostly go on with it. */
  readonly #newest = new Map<string, Range | undefined>();

  constructor(database: Database.Database) {
    this.#rangeBefore = database.prepare(
      'SELECT first, last FROM received WHERE agent = ? AND epoch = ? AND first <= ? ORDER BY first DESC LIMIT 1',
    );
    this.#putRange = database.prepare('INSERT OR REPLACE INTO received VALUES (?, ?, ?, ?)');
    this.#dropRange = database.prepare('DELETE FROM received WHERE agent = ? AND epoch = ? AND first = ?');
  }

  has({ agent, epoch, sequence }: BatchId): boolean {
    const newest = this.#newestOf(agent, epoch);
    if (newest === undefined || sequence > newest.last) return false;
    return sequence >= newest.first || sequence <= (this.#before(agent, epoch, sequence)?.last ?? -1);
  }

  /** The highest sequence of an agent's epoch, 0 when there is none. */
  lastSequence(agent: string, epoch: number): number {
    return this.#newestOf(agent, epoch)?.last ?? 0;
  }

  /** Adds one number to the ranges, in the transaction that is open; neighbours become one. */
  mark({ agent, epoch, sequence }: BatchId): void {
    const newest = this.#newestOf(agent, epoch);
    // Fast path: in order.
    if (newest !== undefined && sequence === newest.last + 1)
      return this.#put(agent, epoch, { first: newest.first, last: sequence });
    const before = this.#before(agent, epoch, sequence - 1);
    const after = this.#before(agent, epoch, sequence + 1);
    const joinsAfter = after?.first === sequence + 1;
    if (joinsAfter) this.#dropRange.run(agent, epoch, after.first);
    this.#put(agent, epoch, {
      first: before?.last === sequence - 1 ? before.first : sequence,
      last: joinsAfter ? after.last : sequence,
    });
  }

  /** To be called when a transaction was taken back. */
  forget(): void {
    this.#newest.clear();
  }

  #put(agent: string, epoch: number, range: Range): void {
    this.#putRange.run(agent, epoch, range.first, range.last);
    const newest = this.#newestOf(agent, epoch);
    if (newest === undefined || range.last >= newest.last) this.#newest.set(`${epoch} ${agent}`, range);
  }

  #newestOf(agent: string, epoch: number): Range | undefined {
    const key = `${epoch} ${agent}`;
    if (this.#newest.has(key)) return this.#newest.get(key);
    const range = this.#before(agent, epoch, Number.MAX_SAFE_INTEGER);
    if (this.#newest.size >= REMEMBERED) this.#newest.clear();
    this.#newest.set(key, range);
    return range;
  }

  /** The range that begins last at or before a number. */
  #before(agent: string, epoch: number, sequence: number): Range | undefined {
    return this.#rangeBefore.get(agent, epoch, sequence) as Range | undefined;
  }
}
