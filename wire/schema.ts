import { createHash } from 'node:crypto';

import { ByteReader } from '../lib/byte-reader.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Fault } from '../lib/fault.ts';
import { LabelTableWriter, readLabels, readTexts } from './label-table.ts';
import type { Labels } from './labels.ts';

/**
 * A schema is the ordered list of the series that are measured together. It crosses the wire once; frames
 * then name it by its hash. Layout in FORMAT.md.
 */
export const SCHEMA_HASH_BYTES = 8;

/** Keeps a damaged or hostile body from taking memory. */
const MAX_SERIES = 100_000;

/** The first 8 bytes, in hex, of the SHA-256 of the encoded series list. */
export function schemaHash(encoded: Uint8Array): string {
  return createHash('sha256')
    .update(encoded)
    .digest('hex')
    .slice(0, SCHEMA_HASH_BYTES * 2);
}

/** One byte string for one list of series: a table of texts, then the series as numbers into it. */
export function encodeSchema(series: readonly Labels[]): Uint8Array {
  const table = new LabelTableWriter();
  const body = new ByteWriter();
  body.uvarint(series.length);
  for (const labels of series) table.labels(body, labels);
  const out = new ByteWriter();
  table.texts(out);
  out.raw(body.bytes());
  return out.bytes().slice();
}

/** Reads a list of series; checks the limits and that names are sorted, unique and values not empty. */
export function decodeSchema(encoded: Uint8Array): Labels[] {
  const reader = new ByteReader(encoded);
  const texts = readTexts(reader);
  const count = reader.count();
  if (count > MAX_SERIES) {
    throw new Fault('too_large', `a schema of ${count} series, at most ${MAX_SERIES} are taken`);
  }
  const series: Labels[] = [];
  for (let i = 0; i < count; i++) series.push(readLabels(reader, texts));
  reader.end();
  return series;
}
