import { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';
import { type BlockSink, type BlockSource, INDEX_BLOCK_BYTES } from './blocks.ts';
import { type Directory, TableWriter } from './directory.ts';
import { readWords, unzigzag, writeWords, zigzag } from './words.ts';

/** The series of one metric name: `rows` of them from `firstSeries` on, with one column a label. */
export interface Metric {
  /** Symbol of its name, 0 for series without one. */
  readonly name: number;
  readonly rows: number;
  readonly firstSeries: number;
  /** Symbols of the label names but `__name__`, rising, and the number of each one's column. */
  readonly labelNames: Uint32Array;
  readonly columns: Uint32Array;
}

/** Numbers of one metric: its name, rows and labels. */
const HEAD_WORDS = 3;

/**
 * A block: uvarint metrics, labels in all; then of all metrics the names, rows and numbers of labels, then of all
 * labels the names and columns: as differences, of a column against the one before of the same label name.
 */
export class MetricTableWriter {
  readonly #sink: BlockSink;
  readonly #blocks = new TableWriter('name', 'block', 'series');
  readonly #out = new ByteWriter();
  #metrics: Metric[] = [];
  #words = 0;

  constructor(sink: BlockSink) {
    this.#sink = sink;
  }

  /** Takes the next metric, of a greater name than the one before. */
  add(metric: Metric): void {
    this.#metrics.push(metric);
    this.#words += HEAD_WORDS + 2 * metric.columns.length;
    if (this.#words >= INDEX_BLOCK_BYTES) this.#close();
  }

  finish(): Directory['metrics'] {
    if (this.#metrics.length > 0) this.#close();
    return this.#blocks.finish();
  }

  #close(): void {
    const metrics = this.#metrics;
    const [first] = metrics as [Metric];
    const out = this.#out;
    out.clear();
    const labels = metrics.reduce((sum, { columns }) => sum + columns.length, 0);
    out.uvarint(metrics.length);
    out.uvarint(labels);
    writeWords(
      out,
      metrics.map(({ name }, i) => name - (metrics[i - 1]?.name ?? 0)),
    );
    writeWords(
      out,
      metrics.map(({ rows }) => rows),
    );
    writeWords(
      out,
      metrics.map(({ labelNames }) => labelNames.length),
    );
    for (const { labelNames } of metrics) {
      writeWords(
        out,
        labelNames.map((name, i) => name - (labelNames[i - 1] ?? 0)),
      );
    }
    const last = new Map<number, number>();
    for (const { labelNames, columns } of metrics) {
      for (const [i, name] of labelNames.entries()) {
        const column = columns[i] as number;
        out.uvarint(zigzag(column - (last.get(name) ?? 0)));
        last.set(name, column);
      }
    }
    this.#blocks.add(first.name, this.#sink.add('metrics', out.bytes()), first.firstSeries);
    this.#metrics = [];
    this.#words = 0;
  }
}

export function readMetrics(directory: Directory['metrics'], number: number, source: BlockSource): Metric[] {
  const bytes = source.block(directory.block[number] as number);
  const counts = new Uint32Array(2);
  let at = readWords(bytes, 0, counts);
  const [count, labelCount] = counts as unknown as [number, number];
  if (count + labelCount > bytes.length)
    throw new Fault('damaged', `${count} metrics of ${labelCount} labels`);
  const words = (length: number): Uint32Array => {
    const list = new Uint32Array(length);
    at = readWords(bytes, at, list);
    return list;
  };
  const names = words(count);
  const rows = words(count);
  const labels = words(count);
  const labelNames = words(labelCount);
  const columns = words(labelCount);
  const last = new Map<number, number>();
  const metrics: Metric[] = [];
  let series = directory.series[number] as number;
  let label = 0;
  for (let i = 0; i < count; i++) {
    names[i] = (names[i] as number) + (names[i - 1] ?? 0);
    const end = label + (labels[i] as number);
    if (end > labelCount) throw new Fault('damaged', 'a metric has labels past the end');
    for (let j = label; j < end; j++) {
      if (j > label) labelNames[j] = (labelNames[j] as number) + (labelNames[j - 1] as number);
      const name = labelNames[j] as number;
      columns[j] = (last.get(name) ?? 0) + unzigzag(columns[j] as number);
      last.set(name, columns[j] as number);
    }
    metrics.push({
      name: names[i] as number,
      rows: rows[i] as number,
      firstSeries: series,
      labelNames: labelNames.subarray(label, end),
      columns: columns.subarray(label, end),
    });
    series += rows[i] as number;
    label = end;
  }
  return metrics;
}
