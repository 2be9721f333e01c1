import { Fault } from '../../../lib/fault.ts';
import { METRIC_NAME, type Labels } from '../../../wire/labels.ts';
import type { SampleColumn } from '../sample-column.ts';
import type { TimeRange } from '../store.ts';
import type { BlockSource } from './blocks.ts';
import { decodeDirectory, type Directory } from './directory.ts';
import { symbolAt, type LabelColumn } from './label-column.ts';
import { LabelColumns } from './label-columns.ts';
import { readMetrics, type Metric } from './metric-table.ts';
import { readSeriesBlock, type SeriesBlock } from './series-table.ts';
import { SymbolTable } from './symbol-table.ts';
import { Timelines, type TimesOf } from './timelines.ts';
import { ValuesReader } from './values-table.ts';
import { lastAtMost } from './words.ts';

/** A piece of a series, where it lies. */
export interface PlacedPiece extends TimesOf {
  readonly rows: number;
  /** Number of its column of values. */
  readonly column: number;
}

/**
 * Reads a part: block by block, what is asked for. What it unpacked is remembered until `forget`. All methods
 * throw a `Fault` when a block that they need is damaged.
 */
export class PartReader {
  readonly directory: Directory;
  readonly symbols: SymbolTable;
  readonly labels: LabelColumns;
  readonly timelines: Timelines;
  readonly #source: BlockSource;
  readonly #metrics = new Map<number, readonly Metric[]>();
  readonly #series = new Map<number, SeriesBlock>();
  #lastSeries: SeriesBlock | undefined;
  readonly #columns: ValuesReader;
  #values = new Float64Array(64);

  constructor(source: BlockSource) {
    this.#source = source;
    this.directory = decodeDirectory(source.block(0));
    this.symbols = new SymbolTable(this.directory, source);
    this.labels = new LabelColumns(this.directory.labels, source);
    this.timelines = new Timelines(this.directory, source);
    this.#columns = new ValuesReader(this.directory.values, source);
  }

  forget(): void {
    this.symbols.forget();
    this.labels.forget();
    this.timelines.forget();
    this.#columns.forget();
    this.#metrics.clear();
    this.#series.clear();
    this.#lastSeries = undefined;
  }

  /** The numbers of blocks of metrics, in order of the metrics' names. */
  get metricBlocks(): number {
    return this.directory.metrics.block.length;
  }

  metricsOf(block: number): readonly Metric[] {
    let metrics = this.#metrics.get(block);
    if (metrics === undefined) {
      this.#metrics.set(block, (metrics = readMetrics(this.directory.metrics, block, this.#source)));
    }
    return metrics;
  }

  /** The metric with this symbol as its name. */
  metricNamed(name: number): Metric | undefined {
    const block = lastAtMost(this.directory.metrics.name, name);
    return block < 0 ? undefined : this.metricsOf(block).find((metric) => metric.name === name);
  }

  /** The column of a label, undefined when no series of the metric has it. */
  columnOf(metric: Metric, labelName: number): LabelColumn | undefined {
    const at = lastAtMost(metric.labelNames, labelName);
    if (at < 0 || metric.labelNames[at] !== labelName) return undefined;
    return this.labels.column(labelName, metric.columns[at] as number, metric.rows);
  }

  /** Makes the labels of series of a metric. */
  labelsOf(metric: Metric): (row: number) => Labels {
    const name = this.symbols.text(metric.name);
    const texts = Array.from(metric.labelNames, (symbol) => this.symbols.text(symbol));
    const columns = Array.from(metric.labelNames, (symbol) => this.columnOf(metric, symbol) as LabelColumn);
    const place = name === '' ? -1 : texts.filter((text) => text < METRIC_NAME).length;
    return (row) => {
      const labels: string[] = [];
      for (let i = 0; i <= columns.length; i++) {
        if (i === place) labels.push(METRIC_NAME, name);
        const column = columns[i];
        const symbol = column === undefined ? 0 : symbolAt(column, row);
        if (symbol !== 0) labels.push(texts[i] as string, this.symbols.text(symbol));
      }
      return labels;
    };
  }

  /** In order of time, without overlap. */
  piecesOf(series: number): PlacedPiece[] {
    const block = this.#seriesBlock(series);
    const at = series - block.first;
    const pieces: PlacedPiece[] = [];
    for (let piece = block.starts[at] as number; piece < (block.starts[at + 1] as number); piece++) {
      const timeline = block.timelines[piece] as number;
      const skipped = block.skipped[piece] as number;
      const left = block.left[piece] as number;
      pieces.push({
        timeline,
        skipped,
        left,
        rows: this.timelines.countOf(timeline) - skipped - left,
        column: block.firstColumn + piece,
      });
    }
    return pieces;
  }

  /** The first column of values of a series; of one past the last a greater number than any. */
  firstColumnOf(series: number): number {
    if (series >= this.directory.seriesCount) return Infinity;
    const { first, starts, firstColumn } = this.#seriesBlock(series);
    return firstColumn + (starts[series - first] as number);
  }

  /** A frame of columns of values, packed. */
  frame(number: number): Uint8Array {
    return this.#columns.bytes(number);
  }

  /** Rising, not to be changed. */
  timesOf({ timeline, skipped, left }: TimesOf): Float64Array {
    const times = this.timelines.timesOf(timeline);
    return skipped + left === 0 ? times : times.subarray(skipped, times.length - left);
  }

  /** Has a series a sample in the range? */
  hasSamples(series: number, range: TimeRange): boolean {
    const { fromMs, toMs } = this.directory;
    if (range.fromMs <= fromMs && range.toMs >= toMs) return true;
    const { first, starts, timelines, skipped, left } = this.#seriesBlock(series);
    const end = starts[series - first + 1] as number;
    for (let piece = starts[series - first] as number; piece < end; piece++) {
      const timeline = timelines[piece] as number;
      if (this.#hasTimes(timeline, skipped[piece] as number, left[piece] as number, range)) return true;
    }
    return false;
  }

  /** Appends the pieces that have samples in the range, whole. */
  gather(series: number, range: TimeRange, into: SampleColumn): void {
    for (const piece of this.piecesOf(series)) {
      if (!this.#hasTimes(piece.timeline, piece.skipped, piece.left, range)) continue;
      into.append(this.timesOf(piece), this.valuesOf(piece), 0, piece.rows);
    }
  }

  /** Appends one of the pieces, whole, when it has samples in the range; the pieces of a tier's part are statistics. */
  gatherPiece(series: number, nth: number, range: TimeRange, into: SampleColumn): void {
    const piece = this.piecesOf(series)[nth];
    if (piece === undefined) throw new Fault('damaged', `series ${series} has no piece ${nth}`);
    if (!this.#hasTimes(piece.timeline, piece.skipped, piece.left, range)) return;
    into.append(this.timesOf(piece), this.valuesOf(piece), 0, piece.rows);
  }

  /** Valid until the next call. */
  valuesOf({ column, rows }: PlacedPiece): Float64Array {
    if (rows > this.#values.length) this.#values = new Float64Array(2 * rows);
    const values = this.#values.subarray(0, rows);
    this.#columns.decode(column, values);
    return values;
  }

  #hasTimes(timeline: number, skipped: number, left: number, range: TimeRange): boolean {
    // Fast path: all of the timeline or none of it.
    const fromMs = this.timelines.firstMsOf(timeline);
    const toMs = this.timelines.lastMsOf(timeline);
    if (fromMs > range.toMs || toMs < range.fromMs) return false;
    if (
      skipped + left === 0 &&
      ((fromMs >= range.fromMs && fromMs <= range.toMs) || (toMs >= range.fromMs && toMs <= range.toMs))
    )
      return true;
    const times = this.timesOf({ timeline, skipped, left });
    return lastAtMost(times, range.toMs) > lastAtMost(times, range.fromMs - 1);
  }

  #seriesBlock(series: number): SeriesBlock {
    const { first } = this.directory.series;
    // Fast path: series are asked for in their order.
    const last = this.#lastSeries;
    if (last !== undefined && series >= last.first && series < last.first + last.starts.length - 1)
      return last;
    const number = lastAtMost(first, series);
    let block = this.#series.get(number);
    if (block === undefined) {
      this.#series.set(number, (block = readSeriesBlock(this.directory.series, number, this.#source)));
    }
    return (this.#lastSeries = block);
  }
}
