/**
 * A part is a list of numbered blocks of bytes, each packed and checked by whoever keeps it. Block 0 is the
 * directory, by which all others are found; it is written last, and without it there is no part.
 */
export const BLOCK_KINDS = [
  'directory',
  'symbols',
  'metrics',
  'labels',
  'series',
  'times',
  'values',
] as const;

export type BlockKind = (typeof BLOCK_KINDS)[number];

export interface BlockSink {
  /** Takes the bytes at once, they may change afterwards; returns the number of the block: 1, 2, ... */
  add(kind: BlockKind, raw: Uint8Array): number;
}

export interface BlockSource {
  /** The bytes of a block. Throws a `Fault` that names the block when it is damaged. */
  block(number: number): Uint8Array;
}

/** Uncompressed size at which a block of the index is closed; larger ones pack better, smaller ones read faster. */
export const INDEX_BLOCK_BYTES = 64 * 1024;
/** The same for columns. */
export const COLUMN_BLOCK_BYTES = 256 * 1024;
