import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import { Fault } from '../../lib/fault.ts';

const CHUNK_BYTES = 1024 * 1024;
/**
 * Bytes between two looks at the signal, and written between two syncs, so that no large flush stands before what
 * others commit on the same disk.
 */
const PAUSE_BYTES = 16 * CHUNK_BYTES;

export interface Digest {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** Reads a file to its end, in memory that does not grow with it. Throws the file system's errors, or `stopped`. */
export function digestOf(file: string, signal: AbortSignal): Promise<Digest> {
  const ignore = (): void => {};
  return digest(file, signal, { write: ignore, sync: ignore });
}

/** Copies a file to a new one, which is on the disk when it returns; gives the digest of what was read. */
export async function copyFile(file: string, target: string, signal: AbortSignal): Promise<Digest> {
  const descriptor = openSync(target, 'wx');
  const write = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
  };
  try {
    return await digest(file, signal, { write, sync: () => fsyncSync(descriptor) });
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

interface Into {
  write(chunk: Uint8Array): void;
  sync(): void;
}

async function digest(file: string, signal: AbortSignal, into: Into): Promise<Digest> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    let bytes = 0;
    for (let sincePause = 0; ;) {
      const count = readSync(descriptor, buffer);
      if (count === 0) break;
      const chunk = buffer.subarray(0, count);
      hash.update(chunk);
      into.write(chunk);
      bytes += count;
      if ((sincePause += count) < PAUSE_BYTES) continue;
      sincePause = 0;
      into.sync();
      await setImmediate();
      requireGoOn(signal);
    }
    into.sync();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(descriptor);
  }
}

/** Throws the Fault `stopped` when someone has asked for it. */
export function requireGoOn(signal: AbortSignal): void {
  if (signal.aborted) throw new Fault('stopped', 'it was asked to stop');
}
