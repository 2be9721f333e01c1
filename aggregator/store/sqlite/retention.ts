import { statfsSync } from 'node:fs';

import { DAY_MS, type PartitionFile, type PartitionFiles } from './partition-files.ts';

/** What may be kept. The newest day is never dropped. */
export interface Retention {
  /** Bytes of all partitions together. */
  readonly maxBytes: number;
  /** Undefined: no age limit. */
  readonly maxAgeMs: number | undefined;
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

/**
 * Drops the oldest days until what is left fits, of samples and lines alike, whichever is older; tells each with
 * its reason.
 */
export function enforceRetention(
  kinds: readonly PartitionFiles[],
  retention: Retention,
  nowMs: number,
): { file: string; reason: string }[] {
  const all = kinds.flatMap((files) =>
    files.list().map((partition) => ({ partition, files, bytes: files.bytesOf(partition) })),
  );
  all.sort((a, b) => a.partition.fromMs - b.partition.fromMs);
  const newest = all.at(-1)?.partition;
  let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const dropped: { file: string; reason: string }[] = [];
  for (const { partition, files, bytes } of all) {
    if (newest === undefined || partition.fromMs === newest.fromMs) break;
    const reason = reasonToDrop(partition, newest, total, retention, nowMs);
    if (reason === undefined) break;
    files.remove(partition);
    total -= bytes;
    dropped.push({ file: partition.file, reason });
  }
  return dropped;
}

function reasonToDrop(
  { toMs }: PartitionFile,
  newest: PartitionFile,
  bytes: number,
  { maxBytes, maxAgeMs }: Retention,
  nowMs: number,
): string | undefined {
  if (bytes > maxBytes)
    return `the store takes ${bytes} bytes, at most ${maxBytes} are kept (store.retention-size)`;
  if (maxAgeMs === undefined || nowMs - toMs <= maxAgeMs) return undefined;
  if (Math.abs(nowMs - newest.toMs) > CLOCK_TRUST_MS + DAY_MS) return undefined;
  return `its newest sample is older than the retention of ${maxAgeMs / DAY_MS} days (store.retention-age)`;
}
