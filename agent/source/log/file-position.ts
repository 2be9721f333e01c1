import { hash } from 'node:crypto';

import type { LineState } from './line-splitter.ts';

/** Bytes at the beginning of a file by which it is known again. */
export const HEAD_BYTES = 256;
/** Bytes before a position that must be there again. */
export const TAIL_BYTES = 64;

/**
 * How far a file was read, and what tells that it is this file: inode numbers are used again, and a file may
 * be truncated and filled anew. So its first bytes and the last ones that were read must be the same, as
 * hashes, because a position must not hold what a log says.
 */
export interface FilePosition {
  /** As it was found; it may have been renamed since. */
  readonly path: string;
  /** `<dev>:<ino>` */
  readonly file: string;
  readonly offset: number;
  /** The size that was seen, at least; a line without its end may lie after the offset. */
  readonly bytes: number;
  readonly state: LineState;
  readonly head: Fingerprint;
  readonly tail: Fingerprint;
  /** When it was written to, as far as it was seen. */
  readonly modifiedMs: number;
}

export interface Fingerprint {
  readonly bytes: number;
  readonly hash: string;
}

export function fingerprint(bytes: Uint8Array): Fingerprint {
  return { bytes: bytes.length, hash: hash('sha256', bytes).slice(0, 16) };
}

export function sameBytes(expected: Fingerprint, bytes: Uint8Array): boolean {
  return bytes.length === expected.bytes && fingerprint(bytes).hash === expected.hash;
}

/** The key of a file's position in the spool. */
export const POSITION_KEY = 'file:';

/** Undefined when it is no position of a file. */
export function readFilePosition(value: unknown): FilePosition | undefined {
  const { path, file, offset, bytes, state, head, tail, modifiedMs } = (value ?? {}) as Record<
    string,
    unknown
  >;
  const isPosition =
    typeof path === 'string' &&
    typeof file === 'string' &&
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0 &&
    Number.isSafeInteger(bytes) &&
    (state === 'start' || state === 'flushed' || state === 'cut') &&
    isFingerprint(head) &&
    isFingerprint(tail) &&
    typeof modifiedMs === 'number';
  return isPosition ? (value as FilePosition) : undefined;
}

function isFingerprint(value: unknown): value is Fingerprint {
  const { bytes, hash } = (value ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0 && typeof hash === 'string';
}
