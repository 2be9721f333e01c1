import { SampleColumn } from '../sample-column.ts';
import type { BlockSink } from './blocks.ts';
import { type Keeps, metricsOf, neededSymbols } from './kept-metrics.ts';
import { mergeRows, type MergedMetric } from './merge-rows.ts';
import type { Metric } from './metric-table.ts';
import type { PartReader, PlacedPiece } from './part-reader.ts';
import { PartWriter } from './part-writer.ts';
import { SeriesCopier } from './series-copier.ts';
import { type SymbolBlocks, SymbolWriter } from './symbol-table.ts';
import type { TimesOf } from './timelines.ts';

/** Pieces are joined up to so many rows: the longer, the better they pack; the shorter, the less a query unpacks. */
const PIECE_ROWS = 2048;
/** Work between two looks at the thread's other work, in samples unpacked and packed: some milliseconds. */
const SLICE = 32 * 1024;
/** What a series and a symbol count beside its samples. */
const SERIES_WORK = 64;
const SYMBOL_WORK = 8;
/** Series after which the sources forget what they unpacked. */
const FORGET_AFTER = 16 * 1024;
/** Pieces of the same timelines are joined to the same times; so many of these are remembered. */
const REMEMBERED_TIMES = 16 * 1024;

/** Writes the pieces of series after series. */
export interface SeriesPieces {
  /** Those of sources of lower rank first. */
  add(source: number, piece: PlacedPiece): void;
  /** Writes what one series has got; returns how many samples were unpacked and packed. */
  write(): number;
}

/** What is to be made of the samples, if not the same ones again. */
export interface Rewrite {
  pieces(writer: PartWriter): SeriesPieces;
  /** The latest time that it writes, when the latest of the samples is `toMs`. */
  lastMs(toMs: number): number;
}

/**
 * Writes the samples of several parts, lowest rank first, as one, or what `rewrite` makes of them. Memory does not grow with the samples: a metric at a time, its labels
 * and a few blocks. Metrics that `keeps` does not keep are left out, with what they alone need; a part without any may come of that.
 * Yields between slices of work and returns the directory, packed. Throws a `Fault` when a block of a source is damaged.
 */
export function* mergeParts(
  sources: readonly PartReader[],
  sink: BlockSink,
  keeps?: Keeps,
  rewrite?: Rewrite,
): Generator<undefined, Uint8Array> {
  const needed = keeps && (yield* neededSymbols(sources, keeps));
  const { remaps, blocks } = yield* mergeSymbols(sources, sink, needed);
  const directories = sources.map(({ directory }) => directory);
  const toMs = Math.max(...directories.map((directory) => directory.toMs));
  const range = {
    fromMs: Math.min(...directories.map(({ fromMs }) => fromMs)),
    toMs: rewrite?.lastMs(toMs) ?? toMs,
  };
  const writer = new PartWriter(sink, range, blocks);
  const [first] = sources;
  const pieces = rewrite?.pieces(writer) ?? new PieceMerger(sources, writer);
  const isCopy = sources.length === 1 && rewrite === undefined;
  const copier = isCopy && first ? new SeriesCopier(first, writer, keeps) : undefined;
  let series = 0;
  for (const ofName of metricsByName(sources, remaps, keeps)) {
    const merged = yield* mergeRows(sources, remaps, ofName);
    writer.metric(ofName.name, merged.rowCount, merged.labels);
    yield* mergeSeries(sources, merged, copier ?? pieces, writer);
    series += merged.rowCount;
    if (series < FORGET_AFTER) continue;
    series = 0;
    for (const source of sources) source.forget();
  }
  return writer.finish(Math.max(...directories.map(({ rank }) => rank)));
}

/** Writes the symbols of all sources, or those of them that are needed, in order; `remaps`: by source, and by its symbols, those of the merged part. */
function* mergeSymbols(
  sources: readonly PartReader[],
  sink: BlockSink,
  needed?: readonly Uint8Array[],
): Generator<undefined, { remaps: Uint32Array[]; blocks: SymbolBlocks }> {
  const writer = new SymbolWriter(sink);
  const remaps = sources.map(({ symbols }) => new Uint32Array(symbols.count));
  const next = sources.map(({ symbols }) => symbols.texts());
  const heads = next.map((texts) => texts.next().value);
  const read = sources.map(() => 0);
  for (let work = 0; ; work += SYMBOL_WORK) {
    let least: string | undefined;
    for (const text of heads) if (text !== undefined && (least === undefined || text < least)) least = text;
    if (least === undefined) break;
    // '' is there already.
    const isNeeded = needed?.some((of, i) => heads[i] === least && of[read[i] as number] === 1) ?? true;
    const symbol = least === '' || !isNeeded ? 0 : writer.add(least);
    for (let i = 0; i < heads.length; i++) {
      if (heads[i] !== least) continue;
      (remaps[i] as Uint32Array)[read[i] as number] = symbol;
      read[i] = (read[i] as number) + 1;
      heads[i] = next[i]?.next().value;
    }
    if (work % SLICE === 0) yield;
  }
  return { remaps, blocks: writer.finish() };
}

/** The metrics of one name: undefined where a source has none. */
export interface MetricsOfName {
  /** Symbol in the merged part. */
  readonly name: number;
  readonly metrics: readonly (Metric | undefined)[];
}

function* metricsByName(
  sources: readonly PartReader[],
  remaps: readonly Uint32Array[],
  keeps?: Keeps,
): Generator<MetricsOfName, undefined> {
  const next = sources.map((source) => metricsOf(source, keeps));
  const heads = next.map((metrics) => metrics.next().value);
  const names = heads.map(() => 0);
  for (;;) {
    let name = Infinity;
    for (let i = 0; i < heads.length; i++) {
      const head = heads[i];
      names[i] = head === undefined ? Infinity : ((remaps[i] as Uint32Array)[head.name] as number);
      name = Math.min(name, names[i] as number);
    }
    if (name === Infinity) return;
    const metrics = heads.map((head, i) => (names[i] === name ? head : undefined));
    yield { name, metrics };
    for (let i = 0; i < heads.length; i++) if (names[i] === name) heads[i] = next[i]?.next().value;
  }
}

function* mergeSeries(
  sources: readonly PartReader[],
  { rowCount, starts, from, rows, metrics }: MergedMetric,
  pieces: SeriesPieces | SeriesCopier,
  writer: PartWriter,
): Generator<undefined, undefined> {
  let work = 0;
  for (let row = 0; row < rowCount; row++) {
    for (let i = starts[row] as number; i < (starts[row + 1] as number); i++) {
      const source = from[i] as number;
      const series = (metrics[source] as Metric).firstSeries + (rows[i] as number);
      // Fast path: one source.
      if (pieces instanceof SeriesCopier) work += pieces.copy(series);
      else for (const piece of (sources[source] as PartReader).piecesOf(series)) pieces.add(source, piece);
    }
    work += SERIES_WORK;
    if (!(pieces instanceof SeriesCopier)) work += pieces.write();
    writer.endSeries();
    if (work < SLICE) continue;
    work = 0;
    yield;
  }
}

interface Sourced {
  readonly source: number;
  readonly piece: PlacedPiece;
  readonly times: Float64Array;
}

/** Writes the pieces of one series, short ones joined. */
class PieceMerger implements SeriesPieces {
  readonly #sources: readonly PartReader[];
  readonly #writer: PartWriter;
  #pieces: Sourced[] = [];
  /** Times that were written, by the pieces that they are joined of. */
  readonly #times = new Map<string, TimesOf>();
  #values = new Float64Array(PIECE_ROWS);

  constructor(sources: readonly PartReader[], writer: PartWriter) {
    this.#sources = sources;
    this.#writer = writer;
  }

  add(source: number, piece: PlacedPiece): void {
    this.#pieces.push({ source, piece, times: (this.#sources[source] as PartReader).timesOf(piece) });
  }

  write(): number {
    const pieces = this.#pieces;
    this.#pieces = [];
    const inOrder = pieces.toSorted((a, b) => (a.times[0] as number) - (b.times[0] as number));
    if (
      inOrder.some(
        ({ times }, i) => i > 0 && (inOrder[i - 1]?.times.at(-1) as number) >= (times[0] as number),
      )
    ) {
      return this.#writeOverlapping(pieces);
    }
    let work = 0;
    for (let from = 0; from < inOrder.length;) {
      let rows = (inOrder[from] as Sourced).piece.rows;
      let to = from + 1;
      while (to < inOrder.length && rows + (inOrder[to] as Sourced).piece.rows <= PIECE_ROWS) {
        rows += (inOrder[to++] as Sourced).piece.rows;
      }
      work += this.#writeJoined(inOrder.slice(from, to), rows);
      from = to;
    }
    return work;
  }

  #writeJoined(pieces: readonly Sourced[], rows: number): number {
    const times = this.#timesOf(pieces, rows);
    if (rows > this.#values.length) this.#values = new Float64Array(rows);
    let end = 0;
    for (const { source, piece } of pieces) {
      const values = (this.#sources[source] as PartReader).valuesOf(piece);
      this.#values.set(values, end);
      end += piece.rows;
    }
    this.#writer.piece(times, this.#values.subarray(0, rows));
    return rows;
  }

  #timesOf(pieces: readonly Sourced[], rows: number): TimesOf {
    let key = '';
    for (const { source, piece } of pieces)
      key += `${source} ${piece.timeline} ${piece.skipped} ${piece.left},`;
    let written = this.#times.get(key);
    if (written === undefined) {
      const times = new Float64Array(rows);
      let end = 0;
      for (const piece of pieces) {
        times.set(piece.times, end);
        end += piece.times.length;
      }
      written = this.#writer.timelines.add(times);
      if (this.#times.size >= REMEMBERED_TIMES) this.#times.clear();
      this.#times.set(key, written);
    }
    return written;
  }

  /** Of samples of one time that of the highest rank stays. */
  #writeOverlapping(pieces: readonly Sourced[]): number {
    const all = new SampleColumn();
    for (const { source, piece, times } of pieces) {
      all.append(times, (this.#sources[source] as PartReader).valuesOf(piece), 0, piece.rows);
    }
    const { timestampsMs, values } = all.finish(-Infinity, Infinity);
    for (let from = 0; from < values.length; from += PIECE_ROWS) {
      const times = this.#writer.timelines.add(timestampsMs.slice(from, from + PIECE_ROWS));
      this.#writer.piece(times, values.subarray(from, from + PIECE_ROWS));
    }
    return 2 * values.length;
  }
}
