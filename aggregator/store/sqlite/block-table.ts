import { crc32 } from 'node:zlib';

import { Fault, reasonOf } from '../../../lib/fault.ts';
import { zstdCompress, zstdDecompress } from '../../../lib/zstd.ts';
import { BLOCK_KINDS, type BlockKind, type BlockSink } from '../part/blocks.ts';
import type { Statements } from './database.ts';

/**
 * The blocks of all parts of a day, in one table: the number of the part and of the block in it are the id. What a
 * stopped merge left behind are blocks without a directory, which nobody reads.
 */
export const BLOCK_TABLE =
  'CREATE TABLE block (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL)';

/** A part has fewer blocks. */
const BLOCKS_A_PART = 2 ** 20;
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

/** The numbers of the parts that are whole. Parts numbered higher came later, or are merged of such that came earlier. */
export function partsOf(statements: Statements): number[] {
  return heads(statements).flatMap(({ part, isWhole }) => (isWhole ? [part] : []));
}

/** The numbers of parts that were begun and never finished. */
export function unfinishedParts(statements: Statements): number[] {
  return heads(statements).flatMap(({ part, isWhole }) => (isWhole ? [] : [part]));
}

/** A number higher than that of any part there is. */
export function nextPart(statements: Statements): number {
  const last = statements.get('SELECT max(id) FROM block').pluck().get() as number | null;
  return last === null ? 1 : Math.floor(last / BLOCKS_A_PART) + 1;
}

function heads(statements: Statements): { part: number; isWhole: boolean }[] {
  const next = statements.get('SELECT id FROM block WHERE id >= ? ORDER BY id LIMIT 1').pluck();
  const found: { part: number; isWhole: boolean }[] = [];
  for (let id = next.get(0) as number | undefined; id !== undefined;) {
    const part = Math.floor(id / BLOCKS_A_PART);
    found.push({ part, isWhole: id % BLOCKS_A_PART === 0 });
    id = next.get((part + 1) * BLOCKS_A_PART) as number | undefined;
  }
  return found;
}

/** A block as it is stored. */
export interface PackedBlock {
  readonly number: number;
  readonly kind: BlockKind;
  readonly rawBytes: number;
  /** Of the body. */
  readonly crc: number;
  readonly body: Uint8Array;
}

/** With block 0, the directory, the part is there; it comes last. */
export function insertBlock(statements: Statements, part: number, block: PackedBlock): void {
  const { number, kind, rawBytes, crc, body } = block;
  if (number >= BLOCKS_A_PART) throw new Error(`BUG: a part of ${number} blocks`);
  const id = part * BLOCKS_A_PART + number;
  statements.insert(
    'INSERT INTO block VALUES (?, ?, ?, ?, ?)',
    id,
    BLOCK_KINDS.indexOf(kind),
    rawBytes,
    crc,
    body,
  );
}

/** Packs the blocks of one part and keeps them until they are taken to be inserted. */
export class BlockPacker implements BlockSink {
  readonly #zstdLevel: number;
  #waiting: PackedBlock[] = [];
  #count = 0;
  #waitingBytes = 0;

  constructor(zstdLevel: number) {
    this.#zstdLevel = zstdLevel;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  add(kind: BlockKind, raw: Uint8Array): number {
    const number = ++this.#count;
    this.#pack(number, kind, raw);
    return number;
  }

  finish(directory: Uint8Array): void {
    this.#pack(0, 'directory', directory);
  }

  take(): readonly PackedBlock[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return taken;
  }

  #pack(number: number, kind: BlockKind, raw: Uint8Array): void {
    // Frames of columns are packed already.
    const body = kind === 'values' ? raw : zstdCompress(raw, this.#zstdLevel);
    this.#waiting.push({ number, kind, rawBytes: raw.length, crc: crc32(body), body });
    this.#waitingBytes += body.length;
  }
}

interface BlockRow {
  readonly kind: number;
  readonly raw_bytes: number;
  readonly crc: number;
  readonly body: Buffer;
}

/** Reads a block, checked and unpacked. Throws a `Fault` that names it when it is damaged. */
export function readBlock(statements: Statements, part: number, number: number): Uint8Array {
  const row = statements
    .get('SELECT kind, raw_bytes, crc, body FROM block WHERE id = ?')
    .get(part * BLOCKS_A_PART + number);
  const fault = (reason: string): Fault =>
    new Fault('damaged', `block ${number} of part ${part} is damaged and was left out: ${reason}`);
  if (row === undefined) throw fault('it is missing');
  const { kind, raw_bytes: rawBytes, crc, body } = row as BlockRow;
  if (crc32(body) !== crc) throw fault('its checksum is wrong');
  if (BLOCK_KINDS[kind] === 'values') return body;
  try {
    return zstdDecompress(body, Math.min(rawBytes, MAX_BLOCK_BYTES), rawBytes);
  } catch (thrown) {
    throw fault(reasonOf(thrown));
  }
}

/** The numbers of all blocks of a part, with their kinds. */
export function blocksOf(
  statements: Statements,
  part: number,
): { number: number; kind: BlockKind | undefined }[] {
  const rows = statements
    .get('SELECT id, kind FROM block WHERE id >= ? AND id < ? ORDER BY id')
    .all(part * BLOCKS_A_PART, (part + 1) * BLOCKS_A_PART) as { id: number; kind: number }[];
  return rows.map(({ id, kind }) => ({ number: id % BLOCKS_A_PART, kind: BLOCK_KINDS[kind] }));
}

/** Takes away some blocks of a part, the directory first; returns how many. */
export function dropBlocks(statements: Statements, part: number, most: number): number {
  return statements
    .get('DELETE FROM block WHERE id IN (SELECT id FROM block WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)')
    .run(part * BLOCKS_A_PART, (part + 1) * BLOCKS_A_PART, most).changes;
}

/** Makes a part one that is not there; its blocks remain to be dropped. */
export function dropDirectory(statements: Statements, part: number): void {
  statements.get('DELETE FROM block WHERE id = ?').run(part * BLOCKS_A_PART);
}
