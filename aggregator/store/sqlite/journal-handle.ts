import { Fault } from '../../../lib/fault.ts';
import type { BatchId } from '../../../wire/batch.ts';
import { isDamage, isSqliteError } from './database.ts';
import { Journal, type JournalEntry, type StoredEntry } from './journal.ts';

const MAX_FAILED_COMMITS = 3;

/**
 * The journal on a disk that may be full, fail or be damaged. What it can't do now is thrown as a `Fault` that may
 * be tried again.
 */
export class JournalHandle {
  readonly #file: string;
  readonly #setAside: (file: string, thrown: unknown) => void;
  #journal: Journal;
  /** Commits in a row that the disk failed. */
  #failedCommits = 0;

  /** `setAside` puts a damaged file out of the way; another is begun then. For `leastId` see `Journal`. */
  constructor(file: string, leastId: number, setAside: (file: string, thrown: unknown) => void) {
    this.#file = file;
    this.#setAside = setAside;
    try {
      this.#journal = new Journal(file, leastId);
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      setAside(file, thrown);
      this.#journal = new Journal(file, leastId);
    }
  }

  get lastId(): number {
    return this.#journal.lastId;
  }

  has(batch: BatchId): boolean {
    return ask(() => this.#journal.has(batch));
  }

  lastSequence(agent: string, epoch: number): number {
    return ask(() => this.#journal.lastSequence(agent, epoch));
  }

  putSchemas(schemas: readonly { readonly hash: string; readonly body: Uint8Array }[]): void {
    ask(() => this.#journal.putSchemas(schemas));
  }

  schema(hash: string): Uint8Array | undefined {
    return ask(() => this.#journal.schema(hash));
  }

  /**
   * After a failed fsync the kernel may have dropped what was written, and say that all is well the next time. So
   * the handle is not used again. The third failure in a row is a plain Error, which is to end the process.
   */
  commit(entries: readonly JournalEntry[]): void {
    try {
      this.#journal.commit(entries);
      this.#failedCommits = 0;
    } catch (thrown) {
      if (!isSqliteError(thrown)) throw thrown;
      if (thrown.code.startsWith('SQLITE_IOERR')) this.#noteFailure(thrown);
      throw unavailable(thrown);
    }
  }

  /** The entries in order, until the end or until damage, behind which nothing can be read: false then. */
  replay(visit: (entry: StoredEntry) => void): boolean {
    try {
      for (const entry of this.#journal.entries()) visit(entry);
      return true;
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      const { lastId } = this.#journal;
      this.#journal.close();
      this.#setAside(this.#file, thrown);
      this.#journal = new Journal(this.#file, lastId);
      return false;
    }
  }

  dropThrough(id: number, keep: ReadonlySet<string>): void {
    this.#journal.dropThrough(id, keep);
  }

  close(): void {
    this.#journal.close();
  }

  #noteFailure(thrown: Error & { readonly code: string }): void {
    if (++this.#failedCommits >= MAX_FAILED_COMMITS) {
      const reason = `${thrown.message} (${thrown.code}), ${this.#failedCommits} times in a row`;
      throw new Error(`${this.#file} can't be written: ${reason}`, { cause: thrown });
    }
    const failed = this.#journal;
    try {
      this.#journal = new Journal(this.#file, failed.lastId);
    } catch {
      // The disk still fails; the next commit counts it.
      return;
    }
    failed.close();
  }
}

function ask<T>(run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw isSqliteError(thrown) ? unavailable(thrown) : thrown;
  }
}

function unavailable(thrown: Error & { readonly code: string }): Fault {
  const message = `the journal can't be used: ${thrown.message} (${thrown.code})`;
  return new Fault('unavailable', message, { retry: true, cause: thrown });
}
