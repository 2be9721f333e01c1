import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import Database from 'better-sqlite3';

import { verifyPartition } from '../../aggregator/store/sqlite/verify.ts';

/** What a file of the store holds: bodies with a checksum, and what is wrong with it. */
interface Checked {
  /** Below the folder of the store. */
  readonly file: string;
  readonly bodies: number;
  readonly faults: readonly string[];
}

/**
 * Looks at every file of a store that no process has open: SQLite's own check, each row of a table with the columns
 * `crc` and `body`, as all tables of packed data have them, and what the store itself finds in days of samples. What
 * was put aside as damaged is a fault.
 */
export function checkFiles(store: string): Checked[] {
  return readdirSync(store, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.db(\.damaged.*)?$/.test(name))
    .sort()
    .map((file) => {
      if (!file.endsWith('.db')) return { file, bodies: 0, faults: ['it was put aside'] };
      const database = new Database(join(store, file));
      try {
        const { bodies, faults } = checkBodies(database);
        const ofParts = file.startsWith('metrics/') ? verifyPartition(join(store, file)) : [];
        return { file, bodies, faults: [...faults, ...ofParts] };
      } finally {
        database.close();
      }
    });
}

function checkBodies(database: Database.Database): { bodies: number; faults: string[] } {
  const faults: string[] = [];
  const verdict = database.pragma('integrity_check', { simple: true });
  if (verdict !== 'ok') faults.push(`SQLite says ${String(verdict)}`);
  const tables = database
    .prepare(
      `SELECT name FROM sqlite_schema AS t WHERE type = 'table'
         AND 2 = (SELECT count(*) FROM pragma_table_info(t.name) WHERE name IN ('crc', 'body'))`,
    )
    .pluck()
    .all() as string[];
  let bodies = 0;
  for (const table of tables) {
    const rows = database.prepare(`SELECT rowid AS id, crc, body FROM "${table}"`);
    for (const { id, crc, body } of rows.iterate() as Iterable<{ id: number; crc: number; body: Buffer }>) {
      bodies++;
      if (crc32(body) !== crc) faults.push(`${table} ${id}: its checksum is wrong`);
    }
  }
  return { bodies, faults };
}
