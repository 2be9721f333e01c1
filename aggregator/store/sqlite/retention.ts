import { statfsSync } from 'node:fs';

import { reasonOf } from '../../../lib/fault.ts';
import type { TierAges } from '../tier/statistic.ts';
import type { NameRule } from './name-rules.ts';
import { DAY_MS, type PartitionFile } from './partition-files.ts';

export interface DroppedDay {
  readonly file: string;
  readonly reason: string;
  /** Why it is there all the same. */
  readonly failure: string | undefined;
}

/** Files that are kept so long, all of one kind. */
export interface Kind {
  readonly files: {
    /** Oldest first. */
    list(): readonly PartitionFile[];
    bytesOf(file: PartitionFile): number;
    remove(file: PartitionFile): void;
    /** Files may have come or gone. */
    changed(): void;
  };
  /** Undefined: no age limit. */
  readonly maxAgeMs: number | undefined;
  /** By which the age is set. */
  readonly setting: string;
}

/** What may be kept. The newest day is never dropped. */
export interface Retention {
  /** Bytes of all partitions together. */
  readonly maxBytes: number;
  /** Undefined: no age limit. */
  readonly maxAgeMs: number | undefined;
  /** Ages by metric name. */
  readonly rules: readonly NameRule[];
  /** No tiers are made without. */
  readonly tierAgesMs?: TierAges;
}

/** A clock that is further than this from the newest data is not believed, and no file is dropped for its age. */
const CLOCK_TRUST_MS = DAY_MS;

/** The share of the volume that the store may take by default. */
const VOLUME_SHARE = 0.8;

/** The size limit: what is set, or the smaller of 10 GiB and 80 % of the volume that holds the folder. */
export function defaultMaxBytes(folder: string): number {
  const { blocks, bsize } = statfsSync(folder);
  return Math.min(10 * 1024 ** 3, Math.floor(blocks * bsize * VOLUME_SHARE));
}

/** What is left free for folding, which makes room in the journal, and for what SQLite needs to read. */
const LEAST_FREE_BYTES = 64 * 1024 ** 2;
const LEAST_FREE_SHARE = 0.01;

/** What is free on the volume of a folder, and what must stay free. */
export function freeSpace(folder: string): { freeBytes: number; leastBytes: number } {
  const { bavail, blocks, bsize } = statfsSync(folder);
  const leastBytes = Math.min(LEAST_FREE_BYTES, Math.floor(blocks * bsize * LEAST_FREE_SHARE));
  return { freeBytes: bavail * bsize, leastBytes };
}

/**
 * Drops what is older than its kind is kept, and the oldest days of all kinds until what is left fits, of one day in
 * the order of the kinds; tells each with its reason. A file in which something goes on stays.
 */
export function enforceRetention(
  kinds: readonly Kind[],
  maxBytes: number,
  nowMs: number,
  isBusy: (partition: PartitionFile) => boolean = () => false,
): DroppedDay[] {
  const all = kinds.flatMap((kind) =>
    kind.files.list().map((partition) => ({ partition, kind, bytes: kind.files.bytesOf(partition) })),
  );
  all.sort((a, b) => a.partition.fromMs - b.partition.fromMs);
  const newest = all.at(-1)?.partition;
  let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const dropped: DroppedDay[] = [];
  for (const { partition, kind, bytes } of all) {
    if (newest === undefined || partition.fromMs === newest.fromMs) break;
    const reason =
      total > maxBytes
        ? `the store takes ${total} bytes, at most ${maxBytes} are kept (store.retention-size)`
        : reasonOfAge(partition, newest, kind, nowMs);
    if (reason === undefined) continue;
    // It, and what would go after it, is for the next time.
    if (isBusy(partition)) break;
    const failure = failureOf(() => kind.files.remove(partition));
    dropped.push({ file: partition.file, reason, failure });
    if (failure === undefined) total -= bytes;
  }
  return dropped;
}

/** `newest`: the newest day of all. */
export function isClockTrusted(nowMs: number, newest: PartitionFile): boolean {
  return Math.abs(nowMs - newest.toMs) <= CLOCK_TRUST_MS + DAY_MS;
}

function failureOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

function reasonOfAge(
  { toMs }: PartitionFile,
  newest: PartitionFile,
  { maxAgeMs, setting }: Kind,
  nowMs: number,
): string | undefined {
  if (maxAgeMs === undefined || nowMs - toMs <= maxAgeMs) return undefined;
  if (!isClockTrusted(nowMs, newest)) return undefined;
  return `its newest sample is older than the retention of ${maxAgeMs / DAY_MS} days (${setting})`;
}
