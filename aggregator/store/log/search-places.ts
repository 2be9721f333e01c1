import type { LogLimits, LogSearch, LogStats, TimeRangeNs } from '../log-store.ts';
import type { BestLines } from './best-lines.ts';
import { firstLine, startOf, type LineBlock } from './line-block.ts';
import type { LineFilter } from './line-filter.ts';
import { readPart, type Part, type Place } from './place.ts';

/**
 * Offers `best` the lines of these places that pass. Walks them in the order of the search and stops as soon as
 * no place that is left can change the answer, so that a small page opens few blocks.
 */
export function searchPlaces(
  places: readonly Place[],
  range: TimeRangeNs,
  search: LogSearch,
  filter: LineFilter,
  best: BestLines,
  stats: LogStats,
  limits: LogLimits,
): void {
  const backward = search.direction === 'backward';
  const ordered = [...places].sort((a, b) => (backward ? order(b.maxNs, a.maxNs) : order(a.minNs, b.minNs)));
  for (const place of ordered) {
    limits.checkDeadline();
    const { bound } = best;
    if (bound !== undefined && (backward ? place.maxNs < bound : place.minNs > bound)) return;
    stats.blocks++;
    for (const part of place.open()) {
      const lines = readPart(part, stats);
      if (lines && filter.mayMatch(lines.bytes)) searchPart(part, lines, within(range, best, backward));
    }
    best.settle();
  }

  function searchPart(part: Part, lines: LineBlock, { fromNs, toNs }: TimeRangeNs): void {
    const hits: number[] = [];
    const to = firstLine(lines, toNs, true);
    filter.each(lines, firstLine(lines, fromNs), to, (line) => void hits.push(line));
    // More of one part than are wanted at all can't get in.
    const kept = backward ? hits.slice(-best.wanted) : hits.slice(0, best.wanted);
    for (const line of kept) {
      const text = lines.bytes.subarray(startOf(lines, line), lines.ends[line]);
      best.add({
        timeNs: lines.timesNs[line] as bigint,
        stream: part.stream,
        rank: part.rank,
        line,
        text: new Uint8Array(text),
      });
    }
  }
}

/** The range without what lies behind the bound. */
function within({ fromNs, toNs }: TimeRangeNs, { bound }: BestLines, backward: boolean): TimeRangeNs {
  if (bound === undefined) return { fromNs, toNs };
  return backward
    ? { fromNs: bound > fromNs ? bound : fromNs, toNs }
    : { fromNs, toNs: bound < toNs ? bound : toNs };
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
