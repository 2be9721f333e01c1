import { DAY_MS, dayOf } from './partition-files.ts';
import type { Chunk } from './chunk-codec.ts';

/**
 * Rows of one group as chunks, one a day, in order of time and no time twice: of two rows of the same time
 * the one that came later stays.
 */
export function chunksByDay({ timestampsMs, columns }: Chunk): Map<number, Chunk> {
  const chunks = new Map<number, Chunk>();
  const first = timestampsMs[0];
  if (first === undefined) return chunks;
  // Fast path: one day, in order, as agents write.
  const day = dayOf(first);
  if (isRising(timestampsMs) && (timestampsMs.at(-1) as number) < day + DAY_MS) {
    return chunks.set(day, { timestampsMs, columns });
  }
  const days = new Map<number, number[]>();
  for (const row of latestRows(timestampsMs)) {
    const rowDay = dayOf(timestampsMs[row] as number);
    const rows = days.get(rowDay);
    if (rows) rows.push(row);
    else days.set(rowDay, [row]);
  }
  for (const [rowDay, rows] of days) {
    chunks.set(rowDay, {
      timestampsMs: take(timestampsMs, rows),
      columns: columns.map((column) => take(column, rows)),
    });
  }
  return chunks;
}

function isRising(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) if ((times[i] as number) <= (times[i - 1] as number)) return false;
  return true;
}

function latestRows(times: Float64Array): number[] {
  const order = Array.from(times.keys()).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  return order.filter((row, i) => times[order[i + 1] ?? -1] !== times[row]);
}

/** Picks rows, moving values as bits. */
function take(column: Float64Array, rows: readonly number[]): Float64Array {
  const out = new Float64Array(rows.length);
  const from = new BigUint64Array(column.buffer, column.byteOffset, column.length);
  const to = new BigUint64Array(out.buffer);
  for (const [i, row] of rows.entries()) to[i] = from[row] as bigint;
  return out;
}
