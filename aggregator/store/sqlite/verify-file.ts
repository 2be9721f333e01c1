import { crc32 } from 'node:zlib';

import Database from 'better-sqlite3';

import { Fault, isFault, reasonOf } from '../../../lib/fault.ts';
import { zstdDecompress } from '../../../lib/zstd.ts';
import { openQuietly, type QuietReader } from './quiet-reader.ts';

/** What one file tells at most; the rest is of the same cause. */
const MAX_FINDINGS = 100;
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

export interface PackedRow {
  readonly id: number;
  readonly raw_bytes: number;
  readonly crc: number;
  readonly body: Buffer;
}

/**
 * Looks at one database file as it stands at a moment, also while others write to it, and gives what is wrong in
 * plain words: first the pages, then what `look` finds. Memory does not grow with the file.
 */
export function* verifyFile(
  file: string,
  version: number | undefined,
  look: (database: Database.Database) => Iterable<string>,
): Iterable<string> {
  let reader: QuietReader | undefined;
  let found = 0;
  try {
    reader = openQuietly(file);
    const { database } = reader;
    const format = database.pragma('user_version', { simple: true });
    // One that is just being made.
    if (database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) return;
    if (version !== undefined && format !== version) {
      yield `it has format ${String(format)}, this program reads ${version}: use the version that wrote it`;
      return;
    }
    for (const finding of all(database, look)) {
      yield finding;
      if (++found < MAX_FINDINGS) continue;
      yield `and more: only the first ${MAX_FINDINGS} are told`;
      return;
    }
  } catch (thrown) {
    if (!isOutside(thrown)) throw thrown;
    const reason = reasonOf(thrown instanceof Fault && thrown.code === 'unreadable' ? thrown.cause : thrown);
    yield `it can't be read${found > 0 ? ' further' : ''}: ${reason}`;
  } finally {
    reader?.close();
  }
}

function* all(
  database: Database.Database,
  look: (database: Database.Database) => Iterable<string>,
): Iterable<string> {
  const pages = database.prepare(`PRAGMA integrity_check(${MAX_FINDINGS})`).pluck();
  for (const line of pages.all() as string[]) if (line !== 'ok') yield `SQLite says: ${line.trim()}`;
  yield* look(database);
}

/** What is wrong with a packed block by itself; else its content. */
export function unpack({ raw_bytes: rawBytes, crc, body }: PackedRow): Uint8Array | string {
  if (crc32(body) !== crc) return 'its checksum is wrong';
  try {
    const raw = zstdDecompress(body, MAX_BLOCK_BYTES, rawBytes);
    return raw.length === rawBytes ? raw : `it unpacks to ${raw.length} bytes, ${rawBytes} are noted`;
  } catch (thrown) {
    if (!isOutside(thrown)) throw thrown;
    return reasonOf(thrown);
  }
}

/** What a wrong file makes happen, and no bug of ours. */
export function isOutside(thrown: unknown): boolean {
  return isFault(thrown) || thrown instanceof Database.SqliteError || thrown instanceof RangeError;
}
