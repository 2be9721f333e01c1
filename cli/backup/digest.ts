import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

import { Fault } from '../../lib/fault.ts';

const CHUNK_BYTES = 1024 * 1024;
/** Bytes written between two syncs, so that no large flush stands before what others commit on the same disk. */
const SYNC_BYTES = 16 * CHUNK_BYTES;

export interface Digest {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** Reads a file to its end, in memory that does not grow with it. Throws the file system's errors, or `stopped`. */
export function digestOf(file: string, signal: AbortSignal): Digest {
  return digest(file, signal, () => {});
}

/** Copies a file to a new one, which is on the disk when it returns; gives the digest of what was read. */
export function copyFile(file: string, target: string, signal: AbortSignal): Digest {
  const descriptor = openSync(target, 'wx');
  try {
    let unsynced = 0;
    const read = digest(file, signal, (chunk) => {
      for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
      if ((unsynced += chunk.length) < SYNC_BYTES) return;
      unsynced = 0;
      fsyncSync(descriptor);
    });
    fsyncSync(descriptor);
    return read;
  } finally {
    closeSync(descriptor);
  }
}

/** Writes to the disk what a file has. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function digest(file: string, signal: AbortSignal, visit: (chunk: Uint8Array) => void): Digest {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    for (let bytes = 0; ;) {
      if (signal.aborted) throw new Fault('stopped', 'it was asked to stop');
      const count = readSync(descriptor, buffer);
      if (count === 0) return { bytes, sha256: hash.digest('hex') };
      bytes += count;
      const chunk = buffer.subarray(0, count);
      hash.update(chunk);
      visit(chunk);
    }
  } finally {
    closeSync(descriptor);
  }
}
