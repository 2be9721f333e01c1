import type Database from 'better-sqlite3';

import { unpack, verifyFile, type PackedRow } from './verify-file.ts';

/** What is wrong with a day of samples, in plain words: its pages, and every block that carries a checksum. */
export function verifyPartition(file: string): Iterable<string> {
  return verifyFile(file, undefined, function* look(database) {
    for (const table of tablesOfBlocks(database)) {
      const rows = database.prepare(`SELECT rowid AS id, raw_bytes, crc, body FROM "${table}"`).iterate();
      for (const row of rows as Iterable<PackedRow>) {
        const content = unpack(row);
        if (typeof content === 'string')
          yield `${table} ${row.id} is damaged (${content}): its samples are lost`;
      }
    }
  });
}

function tablesOfBlocks(database: Database.Database): string[] {
  const sql = `SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.name IN ('raw_bytes', 'crc', 'body') GROUP BY m.name HAVING count(*) = 3`;
  return database.prepare(sql).pluck().all() as string[];
}
