import { crc32 } from 'node:zlib';

import { ByteReader } from '../lib/byte-reader.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Fault } from '../lib/fault.ts';
import { zstdCompress, zstdDecompress } from '../lib/zstd.ts';
import { decodeLogs, encodeLogs, unpackLines, type PackedLogStream } from './log-section.ts';
import type { LogStream } from './log-stream.ts';
import { SCHEMA_HASH_BYTES, decodeSchema, encodeSchema, schemaHash } from './schema.ts';
import type { Labels } from './labels.ts';
import { decodeValues, encodeValues } from './values.ts';

/**
 * What an agent sends. A batch is made once and its bytes never change: the spool, the wire and the journal
 * hold the same ones, and (agent, epoch, sequence) names it for ever. Layout in FORMAT.md.
 */
export interface BatchId {
  /** The agent's own id, a UUID that lives in its data directory. */
  readonly agent: string;
  /** Milliseconds since the epoch when this numbering began; a new one begins when the old is lost. */
  readonly epoch: number;
  /** 1, 2, 3, ... within an epoch. */
  readonly sequence: number;
}

export interface BatchFrame {
  /** Hash of the schema, in hex. */
  readonly schema: string;
  readonly atMs: number;
  readonly values: Float64Array;
}

export interface Batch extends BatchId {
  readonly frames: readonly BatchFrame[];
  /** Empty when there are none. */
  readonly logs: readonly LogStream[];
}

/** A batch whose lines are still bytes. */
export interface PackedBatch extends BatchId {
  readonly frames: readonly BatchFrame[];
  readonly logs: readonly PackedLogStream[];
}

export interface DefinedSchema {
  readonly hash: string;
  readonly series: readonly Labels[];
  /** As it came, whose hash that is. */
  readonly encoded: Uint8Array;
}

const WIRE_VERSION = 1;
const OLDEST_WIRE_VERSION = 1;
const BATCH_MAGIC = 0x314e4942; // "BIN1"
const SCHEMAS_MAGIC = 0x534e4942; // "BINS"
const SECTION_FRAMES = 1;
const SECTION_LOGS = 2;
const CHECKSUM_BYTES = 4;

/** Lines may be left out; a batch without them has the same bytes as one with an empty list. */
export function encodeBatch(
  batch: Omit<Batch, 'logs'> & Partial<Pick<Batch, 'logs'>>,
): Uint8Array<ArrayBuffer> {
  const content = new ByteWriter();
  content.u8(SECTION_FRAMES);
  content.uvarint(batch.frames.length);
  for (const frame of batch.frames) content.raw(Buffer.from(frame.schema, 'hex'));
  for (const frame of batch.frames) {
    content.uvarint(frame.atMs);
    content.uvarint(frame.values.length);
  }
  for (const frame of batch.frames) encodeValues(content, frame.values);
  if (batch.logs !== undefined && batch.logs.length > 0) {
    content.u8(SECTION_LOGS);
    encodeLogs(content, batch.logs);
  }
  const out = new ByteWriter();
  out.u32(BATCH_MAGIC);
  out.u8(WIRE_VERSION);
  out.text(batch.agent);
  out.uvarint(batch.epoch);
  out.uvarint(batch.sequence);
  return seal(out, content.bytes());
}

/**
 * Only the name of a batch, without unpacking its content. The checksum is checked first: a damaged number
 * could be that of a batch which was taken before, and this one would be lost as its repeat.
 */
export function readBatchId(bytes: Uint8Array): BatchId {
  const id = readId(new ByteReader(bytes));
  checkSum(bytes);
  return id;
}

/**
 * Reads a batch. Throws a `Fault`: `malformed` (magic, checksum, content), `unsupported_version`, `too_large`
 * when the content would take more than `maxBytes`, or has more than `LOG_LIMITS` allow.
 */
export function decodeBatch(bytes: Uint8Array, maxBytes: number): Batch {
  const batch = decodePackedBatch(bytes, maxBytes);
  return { ...batch, logs: batch.logs.map(unpackLines) };
}

/** As `decodeBatch`, without a string a line; the lines are views of memory that is theirs alone. */
export function decodePackedBatch(bytes: Uint8Array, maxBytes: number): PackedBatch {
  const reader = new ByteReader(bytes);
  const id = readId(reader);
  const content = new ByteReader(unseal(bytes, reader, maxBytes));
  const frames: BatchFrame[] = [];
  const logs: PackedLogStream[] = [];
  while (content.remaining > 0) {
    const kind = content.u8();
    if (kind === SECTION_FRAMES) decodeFrames(content, frames);
    else if (kind === SECTION_LOGS) logs.push(...decodeLogs(content));
    else throw new Fault('malformed', `section ${kind} is not known to this version`);
  }
  return { ...id, frames, logs };
}

/** The definitions of schemas, each a list of series. */
export function encodeSchemas(schemas: readonly (readonly Labels[])[]): Uint8Array<ArrayBuffer> {
  return packSchemas(schemas.map(encodeSchema));
}

/** The same of schemas that are encoded already. */
export function packSchemas(encoded: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = new ByteWriter();
  content.uvarint(encoded.length);
  for (const schema of encoded) content.block(schema);
  const out = new ByteWriter();
  out.u32(SCHEMAS_MAGIC);
  out.u8(WIRE_VERSION);
  return seal(out, content.bytes());
}

export function decodeSchemas(bytes: Uint8Array, maxBytes: number): DefinedSchema[] {
  const reader = new ByteReader(bytes);
  readHead(reader, SCHEMAS_MAGIC, 'a body of schemas');
  const content = new ByteReader(unseal(bytes, reader, maxBytes));
  const schemas: DefinedSchema[] = [];
  for (let left = content.count(); left > 0; left--) {
    const encoded = content.block();
    schemas.push({ hash: schemaHash(encoded), series: decodeSchema(encoded), encoded });
  }
  content.end();
  return schemas;
}

function decodeFrames(content: ByteReader, frames: BatchFrame[]): void {
  const count = content.count(SCHEMA_HASH_BYTES + 2);
  const hashes: string[] = [];
  for (let i = 0; i < count; i++) hashes.push(Buffer.from(content.raw(SCHEMA_HASH_BYTES)).toString('hex'));
  const shapes: { atMs: number; length: number }[] = [];
  for (let i = 0; i < count; i++) shapes.push({ atMs: content.uvarint(), length: content.count() });
  const total = shapes.reduce((sum, { length }) => sum + length, 0);
  // Each value takes a byte at least; memory is not taken for what can't be there.
  if (total > content.remaining)
    throw new Fault('malformed', `${total} values are announced where ${content.remaining} bytes are left`);
  const all = new Float64Array(total);
  let end = 0;
  for (const [i, { atMs, length }] of shapes.entries()) {
    const values = all.subarray(end, (end += length));
    decodeValues(content, values);
    frames.push({ schema: hashes[i] as string, atMs, values });
  }
}

function readId(reader: ByteReader): BatchId {
  readHead(reader, BATCH_MAGIC, 'a batch');
  const agent = reader.text();
  if (agent === '' || agent.length > 100) {
    throw new Fault('malformed', `the agent id has ${agent.length} characters, 1 to 100 are taken`);
  }
  const epoch = reader.uvarint();
  const sequence = reader.uvarint();
  if (sequence === 0) throw new Fault('malformed', 'the sequence number is 0, they begin at 1');
  return { agent, epoch, sequence };
}

function readHead(reader: ByteReader, magic: number, what: string): void {
  const found = reader.u32();
  if (found !== magic) throw new Fault('malformed', `not ${what}: it begins with ${found.toString(16)}`);
  const version = reader.u8();
  if (version < OLDEST_WIRE_VERSION || version > WIRE_VERSION) {
    throw new Fault(
      'unsupported_version',
      `version ${version} of ${what}; ${OLDEST_WIRE_VERSION} to ${WIRE_VERSION} are understood: upgrade the older side`,
    );
  }
}

/** Compressed content and a checksum over everything. */
function seal(out: ByteWriter, content: Uint8Array): Uint8Array<ArrayBuffer> {
  out.block(zstdCompress(content));
  out.u32(crc32(out.bytes()));
  return out.bytes().slice();
}

function unseal(bytes: Uint8Array, reader: ByteReader, maxBytes: number): Uint8Array {
  const compressed = reader.block();
  reader.raw(CHECKSUM_BYTES);
  reader.end();
  checkSum(bytes);
  return zstdDecompress(compressed, maxBytes);
}

function checkSum(bytes: Uint8Array): void {
  const content = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  const told = new ByteReader(bytes.subarray(content.length)).u32();
  const found = crc32(content);
  if (told !== found) {
    const words = `${told.toString(16)} is told, ${found.toString(16)} is found`;
    throw new Fault('malformed', `wrong checksum: ${words}`);
  }
}
