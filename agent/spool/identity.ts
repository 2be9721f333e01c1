import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { replaceDurably } from '../../lib/durable-file.ts';
import { Fault } from '../../lib/fault.ts';

const VERSION = 1;

/** Who this agent is, and the numbering that its batches have. */
export interface Identity {
  readonly agent: string;
  readonly epoch: number;
}

export interface Cursor {
  readonly epoch: number;
  readonly sequence: number;
}

/**
 * Reads the identity of a spool folder, or makes one. The numbering goes on within a boot of the machine; a
 * new boot begins a new epoch, because the last numbers given out may not have reached the disk. The epoch itself
 * must have, before its first number is given out. `newestEpoch` is the highest that is known from elsewhere.
 */
export function openIdentity(
  folder: string,
  bootId: string,
  nowMs: number,
  newestEpoch: number | undefined,
): Identity {
  const file = join(folder, 'identity.json');
  const known = readJson(file);
  const version = known?.['version'];
  if (typeof version === 'number' && version > VERSION) {
    throw new Fault(
      'spool',
      `${file} has version ${version}, this program reads ${VERSION}: start the version that wrote it`,
    );
  }
  const agent = typeof known?.['agent'] === 'string' ? known['agent'] : randomUUID();
  const knownEpoch = known?.['epoch'];
  if (typeof knownEpoch === 'number' && known?.['boot'] === bootId && known['agent'] === agent) {
    return { agent, epoch: knownEpoch };
  }
  // Later than all before, also when the clock went back or this file is gone.
  const newest = Math.max(typeof knownEpoch === 'number' ? knownEpoch : -1, newestEpoch ?? -1);
  const epoch = Math.max(nowMs, newest + 1);
  replaceDurably(file, JSON.stringify({ version: VERSION, agent, epoch, boot: bootId }));
  return { agent, epoch };
}

export function readCursor(file: string): Cursor | undefined {
  const known = readJson(file);
  const epoch = known?.['epoch'];
  const sequence = known?.['sequence'];
  return typeof epoch === 'number' && typeof sequence === 'number' ? { epoch, sequence } : undefined;
}

/** Outlives the process, not the machine: an old cursor means batches that are sent again, a torn one counts as none. */
export function writeCursor(file: string, cursor: Cursor): void {
  writeFileSync(`${file}.new`, JSON.stringify(cursor));
  renameSync(`${file}.new`, file);
}

/** The object in a file; undefined when there is none or it can't be read as one. */
function readJson(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
