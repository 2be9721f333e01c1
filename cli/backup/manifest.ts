import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { replaceDurably } from '../../lib/durable-file.ts';
import { Fault, isFault, reasonOf } from '../../lib/fault.ts';
import { type Digest, digestOf } from './digest.ts';

const MANIFEST = 'manifest.json';
/** Of the manifest and of what it says of the files. */
const FORMAT = 1;
/** Below the data folder, as the program lays it out; nothing that leads elsewhere. */
const PATH = /^(store|alerting)(\/[\w-][\w.-]*)+\.db$/;

export interface FileEntry extends Digest {
  /** From the data folder on, with slashes. */
  readonly path: string;
  /** By which a later backup knows that the original has not changed since. */
  readonly state?: string | undefined;
}

/** What a backup holds. It is written last: a folder without it is no backup. */
export interface Manifest {
  /** Of the program that took it. */
  readonly version: string;
  /** The moment whose state it has, RFC 3339. */
  readonly takenAt: string;
  readonly files: readonly FileEntry[];
}

export function isBackup(folder: string): boolean {
  return existsSync(join(folder, MANIFEST));
}

export function writeManifest(folder: string, manifest: Manifest): void {
  replaceDurably(
    join(folder, MANIFEST),
    `${JSON.stringify({ format: FORMAT, ...manifest }, undefined, 2)}\n`,
  );
}

/** Throws the Fault `no_backup` when there is none, or none that this program can read. */
export function readManifest(folder: string): Manifest {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) {
    const cutOff = existsSync(join(folder, 'store'))
      ? '; it was cut off before it was whole, take another'
      : '';
    throw new Fault('no_backup', `${folder} is not a backup: there is no ${MANIFEST}${cutOff}`);
  }
  let read: Partial<Manifest> & { format?: unknown };
  try {
    read = (JSON.parse(readFileSync(file, 'utf8')) ?? {}) as typeof read;
  } catch (cause) {
    throw new Fault('no_backup', `${file} can't be read: ${reasonOf(cause)}`, { cause });
  }
  const { format, version, takenAt, files } = read;
  if (format !== FORMAT) {
    const advice = 'use the version that took the backup';
    throw new Fault(
      'no_backup',
      `${file} has format ${JSON.stringify(format)}, this program reads ${FORMAT}: ${advice}`,
    );
  }
  if (
    typeof version !== 'string' ||
    typeof takenAt !== 'string' ||
    !Array.isArray(files) ||
    !files.every(isEntry)
  ) {
    throw new Fault('no_backup', `${file} is not as it was written`);
  }
  return { version, takenAt, files };
}

function isEntry(value: unknown): value is FileEntry {
  const { path, bytes, sha256 } = (value ?? {}) as Partial<FileEntry>;
  return (
    typeof path === 'string' && PATH.test(path) && typeof bytes === 'number' && typeof sha256 === 'string'
  );
}

/** What is wrong with a file of a backup, by its bytes; undefined when it is as it was written. */
export async function differenceOf(
  folder: string,
  entry: FileEntry,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return comparedWith(entry, await digestOf(join(folder, entry.path), signal));
  } catch (thrown) {
    if (isFault(thrown)) throw thrown;
    return reasonOf(thrown);
  }
}

/** What is wrong when these bytes were found. */
export function comparedWith({ bytes, sha256 }: Digest, found: Digest): string | undefined {
  if (found.bytes !== bytes) return `it has ${found.bytes} bytes, the manifest says ${bytes}`;
  return found.sha256 === sha256 ? undefined : 'its content is not what was backed up (SHA-256)';
}
