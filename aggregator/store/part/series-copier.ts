import { type Keeps, metricsOf } from './kept-metrics.ts';
import type { PartReader } from './part-reader.ts';
import type { PartWriter } from './part-writer.ts';
import type { TimesOf } from './timelines.ts';
import { lastAtMost } from './words.ts';

/** What a frame that is copied counts beside what is unpacked and packed, in samples. */
const FRAME_WORK = 4096;
/** Timelines whose place is remembered. */
const REMEMBERED_TIMELINES = 64 * 1024;

/**
 * Copies series of one part to another, in their order. Frames of values of which every column stays are taken as they
 * are; of the others what stays is unpacked and packed anew.
 */
export class SeriesCopier {
  readonly #source: PartReader;
  readonly #writer: PartWriter;
  /** By frame 1 when all of it stays. */
  readonly #isWhole: Uint8Array;
  readonly #timelines = new Map<number, TimesOf>();
  #copied = -1;

  constructor(source: PartReader, writer: PartWriter, keeps?: Keeps) {
    this.#source = source;
    this.#writer = writer;
    this.#isWhole = wholeFrames(source, keeps);
  }

  /** Returns how much work it was, in samples. */
  copy(series: number): number {
    let work = 0;
    for (const piece of this.#source.piecesOf(series)) {
      const times = this.#timesOf(piece);
      const frame = lastAtMost(this.#source.directory.values.first, piece.column);
      if (this.#isWhole[frame] !== 1) {
        this.#writer.piece(times, this.#source.valuesOf(piece));
        work += piece.rows;
        continue;
      }
      if (frame !== this.#copied) {
        this.#writer.frame(this.#source.frame(frame));
        this.#copied = frame;
        work += FRAME_WORK;
      }
      this.#writer.framedPiece(times, piece.rows);
    }
    return work;
  }

  #timesOf({ timeline, skipped, left }: TimesOf): TimesOf {
    let all = this.#timelines.get(timeline);
    if (all === undefined) {
      all = this.#writer.timelines.add(this.#source.timelines.timesOf(timeline));
      if (this.#timelines.size >= REMEMBERED_TIMELINES) this.#timelines.clear();
      this.#timelines.set(timeline, all);
    }
    return { timeline: all.timeline, skipped: all.skipped + skipped, left: all.left + left };
  }
}

function wholeFrames(part: PartReader, keeps?: Keeps): Uint8Array {
  const { first } = part.directory.values;
  const isWhole = new Uint8Array(first.length).fill(1);
  if (keeps === undefined) return isWhole;
  for (const { firstSeries, rows } of metricsOf(part, (name) => !keeps(name))) {
    const from = lastAtMost(first, part.firstColumnOf(firstSeries));
    const to = lastAtMost(first, part.firstColumnOf(firstSeries + rows) - 1);
    isWhole.fill(0, from, to + 1);
  }
  return isWhole;
}
