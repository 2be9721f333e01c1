import { createHash } from 'node:crypto';

import { ByteReader } from '../lib/byte-reader.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Fault } from '../lib/fault.ts';
import type { Labels } from './labels.ts';

/**
 * A schema is the ordered list of the series that are measured together. It crosses the wire once; frames
 * then name it by its hash. Layout in FORMAT.md.
 */
export const SCHEMA_HASH_BYTES = 8;

/** Limits of one schema. They keep a damaged or hostile body from taking memory. */
export const SCHEMA_LIMITS = { series: 100_000, labels: 128, textBytes: 64 * 1024 } as const;

/** The first 8 bytes, in hex, of the SHA-256 of the encoded series list. */
export function schemaHash(encoded: Uint8Array): string {
  return createHash('sha256')
    .update(encoded)
    .digest('hex')
    .slice(0, SCHEMA_HASH_BYTES * 2);
}

/** One byte string for one list of series: a table of texts, then the series as numbers into it. */
export function encodeSchema(series: readonly Labels[]): Uint8Array {
  const numbers = new Map<string, number>();
  const body = new ByteWriter();
  body.uvarint(series.length);
  for (const labels of series) {
    body.uvarint(labels.length / 2);
    for (const text of labels) {
      let number = numbers.get(text);
      if (number === undefined) numbers.set(text, (number = numbers.size));
      body.uvarint(number);
    }
  }
  const out = new ByteWriter();
  out.uvarint(numbers.size);
  for (const text of numbers.keys()) out.text(text);
  out.raw(body.bytes());
  return out.bytes().slice();
}

/** Reads a list of series; checks the limits and that names are sorted, unique and values not empty. */
export function decodeSchema(encoded: Uint8Array): Labels[] {
  const reader = new ByteReader(encoded);
  const texts: string[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const text = reader.text();
    if (text.length > SCHEMA_LIMITS.textBytes) {
      throw new Fault(
        'too_large',
        `a label text has ${text.length} characters, at most ${SCHEMA_LIMITS.textBytes} are taken`,
      );
    }
    texts.push(text);
  }
  const count = reader.count();
  if (count > SCHEMA_LIMITS.series) {
    throw new Fault('too_large', `a schema of ${count} series, at most ${SCHEMA_LIMITS.series} are taken`);
  }
  const series: Labels[] = [];
  for (let i = 0; i < count; i++) series.push(decodeLabels(reader, texts));
  reader.end();
  return series;
}

function decodeLabels(reader: ByteReader, texts: readonly string[]): Labels {
  const pairs = reader.count(2);
  if (pairs > SCHEMA_LIMITS.labels) {
    throw new Fault('too_large', `a series of ${pairs} labels, at most ${SCHEMA_LIMITS.labels} are taken`);
  }
  const labels: string[] = [];
  let previous = '';
  for (let i = 0; i < pairs; i++) {
    const name = texts[reader.uvarint()];
    const value = texts[reader.uvarint()];
    if (name === undefined || value === undefined)
      throw new Fault('malformed', 'a label points past the table of texts');
    if (name <= previous)
      throw new Fault(
        'malformed',
        `label ${JSON.stringify(name)} comes after ${JSON.stringify(previous)}: names must be sorted, unique and not empty`,
      );
    if (value === '') throw new Fault('malformed', `label ${JSON.stringify(name)} is empty: leave it out`);
    labels.push(name, value);
    previous = name;
  }
  if (pairs === 0) throw new Fault('malformed', 'a series without labels');
  return labels;
}
