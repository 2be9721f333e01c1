import { Fault, reasonOf } from '../../../lib/fault.ts';
import { PartReader } from '../part/part-reader.ts';
import { verifyPart } from '../part/verify-part.ts';
import { STATISTICS } from '../tier/statistic.ts';
import { BlockCache } from './block-cache.ts';
import { blocksOf, partsOf, readBlock } from './block-table.ts';
import { Statements } from './database.ts';
import { TIER_VERSION } from './make-tier.ts';
import { PARTITION_VERSION } from './partition.ts';
import { verifyFile } from './verify-file.ts';

const CACHED_BYTES = 16 * 1024 * 1024;

/** What is wrong with a day of samples, in plain words, each thing once: its pages, its blocks and what they say. */
export function verifyPartition(file: string): Iterable<string> {
  return verify(file, PARTITION_VERSION);
}

/** The same of a day of a tier. */
export function verifyTier(file: string): Iterable<string> {
  return verify(file, TIER_VERSION, STATISTICS.length);
}

function verify(file: string, version: number, statistics?: number): Iterable<string> {
  return verifyFile(file, version, function* look(database) {
    const statements = new Statements(database);
    const told = new Set<string>();
    for (const part of partsOf(statements)) {
      for (const faults of [blockFaults(statements, part), partFaults(statements, part, statistics)]) {
        for (const fault of faults) {
          if (told.has(fault)) continue;
          told.add(fault);
          yield fault;
        }
      }
    }
  });
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

function* partFaults(
  statements: Statements,
  part: number,
  statistics?: number,
): Generator<string, undefined> {
  const cache = new BlockCache(CACHED_BYTES);
  const block = (number: number): Uint8Array =>
    cache.get(0, part, number, () => readBlock(statements, part, number));
  try {
    for (const fault of verifyPart(new PartReader({ block }), statistics)) {
      // Damaged blocks name their part.
      yield fault.startsWith('block ') ? fault : `part ${part}: ${fault}`;
    }
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    yield reasonOf(thrown);
  }
}
