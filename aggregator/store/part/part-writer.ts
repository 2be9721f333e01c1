import type { TimeRange } from '../store.ts';
import type { BlockSink } from './blocks.ts';
import { type Directory, encodeDirectory } from './directory.ts';
import { LabelColumnsWriter } from './label-columns.ts';
import { MetricTableWriter } from './metric-table.ts';
import { SeriesTableWriter } from './series-table.ts';
import type { SymbolBlocks } from './symbol-table.ts';
import { TimelinesWriter, type TimesOf } from './timelines.ts';
import { ValuesWriter } from './values-table.ts';

/**
 * Writes a part: after its symbols, metric by metric in order of their names, and of each metric the series in
 * order of their labels, and of each series the pieces in order of time. FORMAT.md draws what comes out.
 */
export class PartWriter {
  readonly timelines: TimelinesWriter;
  readonly #range: TimeRange;
  readonly #symbols: SymbolBlocks;
  readonly #metrics: MetricTableWriter;
  readonly #labels: LabelColumnsWriter;
  readonly #series: SeriesTableWriter;
  readonly #values: ValuesWriter;
  #seriesCount = 0;
  #sampleCount = 0;
  #pieces = 0;

  /** `range`: no sample lies outside. `symbols`: all that metrics and labels name. */
  constructor(sink: BlockSink, range: TimeRange, symbols: SymbolBlocks) {
    this.#range = range;
    this.#symbols = symbols;
    this.timelines = new TimelinesWriter(sink, range.fromMs);
    this.#metrics = new MetricTableWriter(sink);
    this.#labels = new LabelColumnsWriter(sink, symbols.symbolCount);
    this.#series = new SeriesTableWriter(sink);
    this.#values = new ValuesWriter(sink);
  }

  /**
   * Begins a metric: the symbols of its name and of its label names, rising, and a column each with a symbol a
   * series. So many series have to follow.
   */
  metric(
    name: number,
    rows: number,
    labels: readonly { readonly name: number; readonly symbols: Uint32Array }[],
  ): void {
    this.#metrics.add({
      name,
      rows,
      firstSeries: this.#seriesCount,
      labelNames: Uint32Array.from(labels, (label) => label.name),
      columns: Uint32Array.from(labels, (label) => this.#labels.add(label.name, label.symbols)),
    });
  }

  /** A piece of the series that `endSeries` ends: a value for each of the times. */
  piece(times: TimesOf, values: Float64Array): void {
    this.#values.add(values);
    this.#series.addPiece(times);
    this.#sampleCount += values.length;
    this.#pieces++;
  }

  /** A frame as another part has it: the next pieces, which `framedPiece` tells, are its columns. */
  frame(bytes: Uint8Array): void {
    this.#values.addFrame(bytes);
  }

  /** A piece as `piece` takes it, whose values came with `frame`. */
  framedPiece(times: TimesOf, rows: number): void {
    this.#series.addPiece(times);
    this.#sampleCount += rows;
    this.#pieces++;
  }

  endSeries(): void {
    this.#series.endSeries(this.#pieces);
    this.#pieces = 0;
    this.#seriesCount++;
  }

  /** Writes what is left and returns the directory, packed, which is to be stored last. */
  finish(rank: number): Uint8Array {
    const directory: Directory = {
      ...this.#symbols,
      ...this.#range,
      rank,
      seriesCount: this.#seriesCount,
      sampleCount: this.#sampleCount,
      timelineCount: this.timelines.count,
      metrics: this.#metrics.finish(),
      labels: this.#labels.finish(),
      series: this.#series.finish(),
      values: this.#values.finish(),
      times: this.timelines.finish(),
    };
    return encodeDirectory(directory);
  }
}
