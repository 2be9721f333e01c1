import { firstLine, sliceLines, type LineBlock } from './line-block.ts';

const DAY_MS = 86_400_000;
const DAY_NS = 86_400_000_000_000n;

/** Start of the day, UTC, that holds a moment; milliseconds. */
export function dayOfNs(timeNs: bigint): number {
  const day = timeNs / DAY_NS;
  // Division goes towards 0, days go downwards.
  return Number(timeNs < 0n && day * DAY_NS !== timeNs ? day - 1n : day) * DAY_MS;
}

/** First and last nanosecond of a day that begins at `dayMs`. */
export function rangeOfDay(dayMs: number): { fromNs: bigint; toNs: bigint } {
  const fromNs = BigInt(dayMs) * 1_000_000n;
  return { fromNs, toNs: fromNs + DAY_NS - 1n };
}

/** The lines of each day, oldest first. */
export function* linesByDay(lines: LineBlock): Generator<[dayMs: number, lines: LineBlock]> {
  const { timesNs } = lines;
  for (let from = 0; from < timesNs.length;) {
    const dayMs = dayOfNs(timesNs[from] as bigint);
    const to = firstLine(lines, rangeOfDay(dayMs).toNs, true);
    yield [dayMs, sliceLines(lines, from, to)];
    from = to;
  }
}
