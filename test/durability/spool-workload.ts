/** What the spool is given: batches of samples and of numbered lines in turn. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { Spool, type SpooledBatch, type SpoolFrame } from '../../agent/spool/spool.ts';
import { decodeBatch, type BatchId } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import type { LogStream } from '../../wire/log-stream.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';

/** A clock that stands still, as on a board without a battery: each boot begins at the same time. */
const NOW_MS = 1000;
const LABELS = labelsFrom({ job: 'f' });
const FILE = 'f';

export function openSpool(folder: string, bootId: string, told: string[] = []): Spool {
  return new Spool({
    folder,
    maxBytes: 2 ** 18,
    bootId,
    nowMs: NOW_MS,
    events: {
      dropped: (batches, file) => void told.push(`dropped ${batches} ${file}`),
      damaged: (file, at) => void told.push(`damaged ${file} at ${at}`),
      cursorUnwritten: (reason) => void told.push(`cursor unwritten ${reason}`),
      positionsDamaged: (reason) => void told.push(`positions damaged ${reason}`),
    },
  });
}

/** Frames of a schema that is new now and then, with a size that differs. */
export function framesOf(n: number): SpoolFrame[] {
  const count = 50 + (n % 7) * 40;
  const series = Array.from({ length: count }, (_, i) =>
    labelsFrom({ __name__: 'm', i: String(i), schema: String(Math.floor(n / 20)) }),
  );
  const encodedSchema = encodeSchema(series);
  const values = Float64Array.from({ length: count }, (_, i) => Math.sin(n * 1000 + i));
  return [{ schema: schemaHash(encodedSchema), atMs: n, values, encodedSchema }];
}

/** The lines from a number on, and the position after them. */
export function linesFrom(first: number): {
  streams: LogStream[];
  next: number;
  checkpoint: Map<string, number>;
} {
  const next = first + 5;
  const lines = Array.from({ length: next - first }, (_, i) => {
    const noise = createHash('shake256', { outputLength: 200 }).update(String(first + i));
    return `${first + i} ${noise.digest('base64')}`;
  });
  const timesNs = BigInt64Array.from(lines, (_, i) => BigInt(first + i));
  return { streams: [{ labels: LABELS, timesNs, lines }], next, checkpoint: new Map([[FILE, next]]) };
}

/** Lines before this number are in the spool or acknowledged, says the spool. */
export function position(spool: Spool): number {
  return (spool.positions.get(FILE) as number | undefined) ?? 0;
}

export function lineNumbers(batch: SpooledBatch): number[] {
  return decodeBatch(batch.bytes, 2 ** 26).logs.flatMap(({ lines }) =>
    lines.map((line) => Number.parseInt(line, 10)),
  );
}

export const nameOf = ({ agent, epoch, sequence }: BatchId): string => `${agent}/${epoch}/${sequence}`;

/** The name and the bytes of a batch, as a word. */
export const printOf = ({ id, bytes }: SpooledBatch): string => `${nameOf(id)} ${crc32(bytes)}`;
