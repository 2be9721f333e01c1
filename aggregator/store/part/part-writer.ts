import { ByteWriter } from '../../../lib/byte-writer.ts';
import type { TimeRange } from '../store.ts';
import { type BlockSink, COLUMN_BLOCK_BYTES } from './blocks.ts';
import { type Directory, encodeDirectory, TableWriter } from './directory.ts';
import { encodeColumn } from './column-codec.ts';
import { LabelColumnsWriter } from './label-columns.ts';
import { MetricTableWriter } from './metric-table.ts';
import { SeriesTableWriter } from './series-table.ts';
import type { SymbolBlocks } from './symbol-table.ts';
import { TimelinesWriter, type TimesOf } from './timelines.ts';

/**
 * Writes a part: after its symbols, metric by metric in order of their names, and of each metric the series in
 * order of their labels, and of each series the pieces in order of time. FORMAT.md draws what comes out.
 */
export class PartWriter {
  readonly timelines: TimelinesWriter;
  readonly #sink: BlockSink;
  readonly #range: TimeRange;
  readonly #symbols: SymbolBlocks;
  readonly #metrics: MetricTableWriter;
  readonly #labels: LabelColumnsWriter;
  readonly #series: SeriesTableWriter;
  readonly #values = new TableWriter('first', 'block');
  readonly #columns = new ByteWriter();
  #firstOfBlock = 0;
  #seriesCount = 0;
  #sampleCount = 0;
  #pieces = 0;

  /** `range`: no sample lies outside. `symbols`: all that metrics and labels name. */
  constructor(sink: BlockSink, range: TimeRange, symbols: SymbolBlocks) {
    this.#sink = sink;
    this.#range = range;
    this.#symbols = symbols;
    this.timelines = new TimelinesWriter(sink, range.fromMs);
    this.#metrics = new MetricTableWriter(sink);
    this.#labels = new LabelColumnsWriter(sink, symbols.symbolCount);
    this.#series = new SeriesTableWriter(sink);
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
    const start = this.#columns.length;
    encodeColumn(this.#columns, values);
    this.#series.addPiece({ ...times, bytes: this.#columns.length - start });
    this.#sampleCount += values.length;
    this.#pieces++;
  }

  /** The same of values that are packed already. */
  packedPiece(times: TimesOf, column: Uint8Array, rows: number): void {
    this.#columns.raw(column);
    this.#series.addPiece({ ...times, bytes: column.length });
    this.#sampleCount += rows;
    this.#pieces++;
  }

  endSeries(): void {
    this.#series.endSeries(this.#pieces);
    this.#pieces = 0;
    this.#seriesCount++;
    if (this.#columns.length >= COLUMN_BLOCK_BYTES) this.#closeColumns();
  }

  /** Writes what is left and returns the directory, packed, which is to be stored last. */
  finish(rank: number): Uint8Array {
    if (this.#seriesCount > this.#firstOfBlock) this.#closeColumns();
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

  #closeColumns(): void {
    this.#values.add(this.#firstOfBlock, this.#sink.add('values', this.#columns.bytes()));
    this.#columns.clear();
    this.#firstOfBlock = this.#seriesCount;
    this.#series.endOfColumns();
  }
}
