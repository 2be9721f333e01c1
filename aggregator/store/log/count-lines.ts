import type { Buckets, LogLimits, LogStats, TimeRangeNs } from '../log-store.ts';
import { detectLevel, LEVELS, levelOfLabels } from './level.ts';
import { firstLine, startOf, type LineBlock } from './line-block.ts';
import type { LineFilter } from './line-filter.ts';
import { readPart, type Part, type Place } from './place.ts';

/** Counts the lines that pass by level and bucket. */
export class LineCounter {
  readonly byLevel: Float64Array[];
  readonly range: TimeRangeNs;
  readonly #buckets: Buckets;
  readonly #filter: LineFilter;
  readonly #stats: LogStats;
  readonly #count: number;

  constructor(buckets: Buckets, filter: LineFilter, stats: LogStats) {
    this.#buckets = buckets;
    this.#filter = filter;
    this.#stats = stats;
    const { startNs, endNs, stepNs } = buckets;
    this.#count = endNs < startNs ? 0 : Number((endNs - startNs) / BigInt(stepNs)) + 1;
    this.byLevel = LEVELS.map(() => new Float64Array(this.#count));
    this.range = { fromNs: startNs, toNs: endNs };
  }

  /** Counts what of these places lies in the range, which is part of the counter's. */
  add(places: readonly Place[], range: TimeRangeNs, limits: LogLimits): void {
    for (const place of places) {
      limits.checkDeadline();
      this.#stats.blocks++;
      for (const part of place.open()) this.#addPart(part, range);
    }
  }

  #addPart(part: Part, { fromNs, toNs }: TimeRangeNs): void {
    const level = levelOfLabels(part.stream.labels);
    const first = this.#bucketOf(Number(part.minNs - this.#buckets.startNs));
    const inside = part.minNs >= fromNs && part.maxNs <= toNs;
    // Fast path: what is known without unpacking.
    if (level !== undefined && inside && this.#filter.passesAll) {
      if (first === this.#bucketOf(Number(part.maxNs - this.#buckets.startNs))) {
        (this.byLevel[level] as Float64Array)[first] = (this.byLevel[level]?.[first] ?? 0) + part.lines;
        return;
      }
    }
    const lines = readPart(part, this.#stats);
    if (lines === undefined || !this.#filter.mayMatch(lines.bytes)) return;
    const to = firstLine(lines, toNs, true);
    this.#filter.each(lines, firstLine(lines, fromNs), to, this.#counting(lines, level));
  }

  #counting(lines: LineBlock, known: number | undefined): (line: number) => void {
    const offset = offsetsNs(lines.timesNs, this.#buckets.startNs);
    return (line) => {
      const level = known ?? detectLevel(lines.bytes, startOf(lines, line), lines.ends[line] as number);
      const counts = this.byLevel[level] as Float64Array;
      const bucket = this.#bucketOf(offset(line));
      counts[bucket] = (counts[bucket] as number) + 1;
    };
  }

  #bucketOf(offset: number): number {
    return Math.max(0, Math.min(this.#count - 1, Math.floor(offset / this.#buckets.stepNs)));
  }
}

/** The distance of each time from an origin as a double: exact up to 104 days, and no BigInt a line. */
function offsetsNs(timesNs: BigInt64Array, originNs: bigint): (line: number) => number {
  const words = new Int32Array(timesNs.buffer, timesNs.byteOffset, timesNs.length * 2);
  const high = Number(originNs >> 32n);
  const low = Number(BigInt.asUintN(32, originNs));
  return (line) =>
    ((words[2 * line + 1] as number) - high) * 2 ** 32 + (((words[2 * line] as number) >>> 0) - low);
}
