import { crc32 } from 'node:zlib';

import { schemaHash } from '../../../wire/schema.ts';
import { JOURNAL_VERSION } from './journal.ts';
import { verifyFile } from './verify-file.ts';

/** What is wrong with a journal: entries, and the schemas that they need. */
export function verifyJournal(file: string): Iterable<string> {
  return verifyFile(file, JOURNAL_VERSION, function* look(database) {
    const entries = database.prepare('SELECT id, crc, body FROM entry ORDER BY id');
    for (const row of entries.iterate() as Iterable<{ id: number; crc: number; body: Buffer }>) {
      if (crc32(row.body) === row.crc) continue;
      yield `entry ${row.id} is damaged (${row.body.length} bytes, its checksum is wrong): at a start what it holds and no day has yet is lost`;
    }
    const schemas = database.prepare('SELECT hash, body FROM schema');
    for (const { hash, body } of schemas.iterate() as Iterable<{ hash: string; body: Buffer }>) {
      if (schemaHash(body) === hash) continue;
      yield `schema ${hash} is damaged: at a start the batches in the journal that name it are lost`;
    }
    const ranges = database.prepare('SELECT agent, epoch, first, last FROM received WHERE last < first');
    for (const { agent, epoch } of ranges.iterate() as Iterable<{ agent: string; epoch: number }>)
      yield `the numbers of batches received from agent ${JSON.stringify(agent)} (epoch ${epoch}) make no sense`;
  });
}
