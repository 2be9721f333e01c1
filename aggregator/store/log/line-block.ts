import type { PackedLogStream } from '../../../wire/log-section.ts';

/** Lines of one stream in order of time; lines of the same time in order of arrival. */
export interface LineBlock {
  /** Nanoseconds since the epoch, a line each. */
  readonly timesNs: BigInt64Array;
  /** Line `i` is `bytes` from `ends[i - 1]` (0 before the first) to `ends[i]`. */
  readonly ends: Uint32Array;
  /** UTF-8, nothing between the lines. */
  readonly bytes: Buffer;
}

export type PackedLines = Omit<PackedLogStream, 'labels'>;

/** Where line `i` begins. */
export function startOf({ ends }: LineBlock, i: number): number {
  return i === 0 ? 0 : (ends[i - 1] as number);
}

/** The first line whose time is `>= wanted` (`> wanted` when `after`). */
export function firstLine({ timesNs }: LineBlock, wanted: bigint, after = false): number {
  let low = 0;
  let high = timesNs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const time = timesNs[middle] as bigint;
    if (time < wanted || (after && time === wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The line that holds the byte `at`, which lies before the last end; at least `from`. */
export function lineAt(ends: Uint32Array, at: number, from: number): number {
  let low = from;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] as number) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All lines of several places as one, in order of time. The places come in order of arrival. */
export function joinLines(places: readonly PackedLines[]): LineBlock {
  const only = places[0];
  if (places.length === 1 && only) return sortLines(only);
  let count = 0;
  let length = 0;
  for (const { timesNs, bytes } of places) {
    count += timesNs.length;
    length += bytes.length;
  }
  const timesNs = new BigInt64Array(count);
  const ends = new Uint32Array(count);
  const bytes = Buffer.allocUnsafe(length);
  let line = 0;
  let at = 0;
  for (const place of places) {
    timesNs.set(place.timesNs, line);
    bytes.set(place.bytes, at);
    for (const end of place.ends) ends[line++] = at + end;
    at += place.bytes.length;
  }
  return sortLines({ timesNs, ends, bytes });
}

/** The same lines in order of time; lines of the same time keep their order. */
export function sortLines({ timesNs, ends, bytes }: PackedLines): LineBlock {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Fast path: read in order, as files are.
  if (isRising(timesNs)) return { timesNs, ends, bytes: text };
  const order = orderOf(timesNs);
  const sorted = Buffer.allocUnsafe(text.length);
  const sortedEnds = new Uint32Array(ends.length);
  let at = 0;
  for (const [i, line] of order.entries()) {
    at += text.copy(sorted, at, line === 0 ? 0 : ends[line - 1], ends[line]);
    sortedEnds[i] = at;
  }
  return {
    timesNs: BigInt64Array.from(order, (line) => timesNs[line] as bigint),
    ends: sortedEnds,
    bytes: sorted,
  };
}

/** The lines `from`..`to` (not included) alone; views where they can be. */
export function sliceLines(lines: LineBlock, from: number, to: number): LineBlock {
  const { timesNs, ends, bytes } = lines;
  if (from === 0 && to === ends.length) return lines;
  const start = startOf(lines, from);
  return {
    timesNs: timesNs.subarray(from, to),
    ends: ends.subarray(from, to).map((end) => end - start),
    bytes: bytes.subarray(start, to === from ? start : ends[to - 1]),
  };
}

function isRising(timesNs: BigInt64Array): boolean {
  // Words instead of BigInts: a comparison costs a nanosecond then.
  const words = new Int32Array(timesNs.buffer, timesNs.byteOffset, timesNs.length * 2);
  for (let i = 2; i < words.length; i += 2) {
    const high = words[i + 1] as number;
    const before = words[i - 1] as number;
    if (high > before) continue;
    if (high < before || (words[i] as number) >>> 0 < (words[i - 2] as number) >>> 0) return false;
  }
  return true;
}

function orderOf(timesNs: BigInt64Array): Uint32Array {
  const first = timesNs[0] as bigint;
  // As doubles, which keep the order but may make neighbours equal when they are months apart.
  const keys = Float64Array.from(timesNs, (time) => Number(time - first));
  return Uint32Array.from(keys.keys()).sort((a, b) => {
    const difference = (keys[a] as number) - (keys[b] as number);
    if (difference !== 0) return difference;
    const [timeA, timeB] = [timesNs[a] as bigint, timesNs[b] as bigint];
    return timeA < timeB ? -1 : timeA > timeB ? 1 : a - b;
  });
}
