import type { Rewrite, SeriesPieces } from '../part/merge-parts.ts';
import type { PartReader, PlacedPiece } from '../part/part-reader.ts';
import type { PartWriter } from '../part/part-writer.ts';
import { SampleColumn } from '../sample-column.ts';
import { BucketRows } from './bucket-rows.ts';
import { STATISTICS } from './statistic.ts';

/** Makes a tier's part of a day's parts; `dayEndMs`: the last millisecond of the day. */
export function asTier(sources: readonly PartReader[], bucketMs: number, dayEndMs: number): Rewrite {
  return {
    pieces: (writer) => new TierSeries(sources, writer, new BucketRows(bucketMs, dayEndMs)),
    lastMs: (toMs) => Math.min(Math.ceil(toMs / bucketMs) * bucketMs, dayEndMs),
  };
}

/**
 * Writes the series of a day's parts as those of a tier: each with a piece a statistic, in their order, of the
 * same times.
 */
class TierSeries implements SeriesPieces {
  readonly #sources: readonly PartReader[];
  readonly #writer: PartWriter;
  readonly #rows: BucketRows;
  readonly #samples = new SampleColumn();

  constructor(sources: readonly PartReader[], writer: PartWriter, rows: BucketRows) {
    this.#sources = sources;
    this.#writer = writer;
    this.#rows = rows;
  }

  add(source: number, piece: PlacedPiece): void {
    const part = this.#sources[source] as PartReader;
    this.#samples.append(part.timesOf(piece), part.valuesOf(piece), 0, piece.rows);
  }

  write(): number {
    const { timestampsMs, values } = this.#samples.finish(-Infinity, Infinity);
    this.#samples.clear();
    this.#rows.take(timestampsMs, values);
    const times = this.#writer.timelines.add(this.#rows.timesMs.slice());
    for (const statistic of STATISTICS) this.#writer.piece(times, this.#rows.valuesOf(statistic));
    return values.length;
  }
}
