import { Fault, reasonOf } from '../../../lib/fault.ts';
import { PartReader } from '../part/part-reader.ts';
import { verifyPart } from '../part/verify-part.ts';
import { BlockCache } from './block-cache.ts';
import { blocksOf, partsOf, readBlock } from './block-table.ts';
import { openReadOnly, Statements } from './database.ts';
import { PARTITION_VERSION } from './partition.ts';

const CACHED_BYTES = 16 * 1024 * 1024;

/**
 * Reads all of a partition of samples and tells in words what is damaged, each thing once; nothing when all is
 * well. Takes memory for a few blocks. Throws a `Fault` `store` when the file is of another format.
 */
export function* verifyPartition(file: string): Generator<string, undefined> {
  const database = openReadOnly(file, PARTITION_VERSION);
  const told = new Set<string>();
  try {
    for (const fault of faultsOf(database)) {
      if (told.has(fault)) continue;
      told.add(fault);
      yield fault;
    }
  } finally {
    database.close();
  }
}

function* faultsOf(database: ReturnType<typeof openReadOnly>): Generator<string, undefined> {
  const statements = new Statements(database);
  try {
    for (const line of statements.get('PRAGMA quick_check').pluck().all() as string[]) {
      if (line !== 'ok') yield `SQLite: ${line}`;
    }
    for (const part of partsOf(statements)) {
      yield* blockFaults(statements, part);
      yield* partFaults(statements, part);
    }
  } catch (thrown) {
    // What SQLite can't read at all.
    yield reasonOf(thrown);
  }
}

function* blockFaults(statements: Statements, part: number): Generator<string, undefined> {
  for (const { number, kind } of blocksOf(statements, part)) {
    if (kind === undefined) yield `block ${number} of part ${part} is of no kind`;
    try {
      readBlock(statements, part, number);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      yield reasonOf(thrown);
    }
  }
}

function* partFaults(statements: Statements, part: number): Generator<string, undefined> {
  const cache = new BlockCache(CACHED_BYTES);
  const block = (number: number): Uint8Array =>
    cache.get(0, part, number, () => readBlock(statements, part, number));
  try {
    for (const fault of verifyPart(new PartReader({ block }))) {
      // Damaged blocks name their part.
      yield fault.startsWith('block ') ? fault : `part ${part}: ${fault}`;
    }
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    yield reasonOf(thrown);
  }
}
