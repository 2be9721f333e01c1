import type { LabelColumn } from './label-column.ts';
import type { Metric } from './metric-table.ts';
import type { PartReader } from './part-reader.ts';

/** Comparisons of rows between two looks at the thread's other work. */
const ROWS_A_SLICE = 8192;

/** The series of one metric name of several parts, in the order of the merged part. */
export interface MergedMetric {
  readonly rowCount: number;
  readonly labels: readonly { readonly name: number; readonly symbols: Uint32Array }[];
  readonly metrics: readonly (Metric | undefined)[];
  /** Row i is made of those from `starts[i]` to before `starts[i + 1]`: row `rows[j]` of source `from[j]`. */
  readonly starts: Uint32Array;
  readonly from: Uint32Array;
  readonly rows: Uint32Array;
}

/** By source its symbols of one label in the merged part; undefined: no series of the source has the label. */
type Cells = readonly (Uint32Array | undefined)[];

/** Merges the rows of sorted metrics; equal rows become one, sources in their order. */
export function* mergeRows(
  sources: readonly PartReader[],
  remaps: readonly Uint32Array[],
  { metrics }: { readonly metrics: readonly (Metric | undefined)[] },
): Generator<undefined, MergedMetric> {
  const cells = new Map<number, (Uint32Array | undefined)[]>();
  for (const [source, metric] of metrics.entries()) {
    if (metric === undefined) continue;
    const remap = remaps[source] as Uint32Array;
    for (const label of metric.labelNames) {
      const name = remap[label] as number;
      let ofLabel = cells.get(name);
      if (ofLabel === undefined) cells.set(name, (ofLabel = metrics.map(() => undefined)));
      const column = (sources[source] as PartReader).columnOf(metric, label) as LabelColumn;
      ofLabel[source] = remapped(column, metric.rows, remap);
    }
    yield;
  }
  const labels = [...cells].sort(([a], [b]) => a - b);
  const order = yield* orderOf(
    metrics,
    labels.map(([, ofLabel]) => ofLabel),
  );
  const rowCount = order.starts.length - 1;
  return {
    ...order,
    rowCount,
    metrics,
    labels: labels.map(([name, ofLabel]) => ({ name, symbols: joined(ofLabel, order, rowCount) })),
  };
}

type Order = Pick<MergedMetric, 'starts' | 'from' | 'rows'>;

function* orderOf(
  metrics: readonly (Metric | undefined)[],
  columns: readonly Cells[],
): Generator<undefined, Order> {
  const counts = metrics.map((metric) => metric?.rows ?? 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const starts = new Uint32Array(total + 1);
  const from = new Uint32Array(total);
  const rows = new Uint32Array(total);
  const next = counts.map(() => 0);
  // Where all agree nothing is to compare.
  const varying = columns.filter((column) => varies(column, counts));
  let rowCount = 0;
  for (let end = 0; end < total; rowCount++) {
    const begin = end;
    for (let source = 0; source < counts.length; source++) {
      const row = next[source] as number;
      if (row === counts[source]) continue;
      const first = from[begin] as number;
      const order = end === begin ? 0 : compare(varying, source, row, first, rows[begin] as number);
      if (order > 0) continue;
      if (order < 0) end = begin;
      from[end] = source;
      rows[end++] = row;
    }
    for (let i = begin; i < end; i++) next[from[i] as number] = (rows[i] as number) + 1;
    starts[rowCount + 1] = end;
    if (rowCount % ROWS_A_SLICE === ROWS_A_SLICE - 1) yield;
  }
  return { starts: starts.subarray(0, rowCount + 1), from, rows };
}

function compare(columns: readonly Cells[], sourceA: number, a: number, sourceB: number, b: number): number {
  for (const column of columns) {
    const difference = (column[sourceA]?.[a] ?? 0) - (column[sourceB]?.[b] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function varies(column: Cells, counts: readonly number[]): boolean {
  let first: number | undefined;
  for (const [source, count] of counts.entries()) {
    for (let row = 0; row < count; row++) {
      const symbol = column[source]?.[row] ?? 0;
      first ??= symbol;
      if (symbol !== first) return true;
    }
  }
  return false;
}

function remapped({ dictionary, places }: LabelColumn, rows: number, remap: Uint32Array): Uint32Array {
  const symbols = dictionary.map((symbol) => remap[symbol] as number);
  if (places) return places.map((place) => symbols[place] as number);
  return symbols.length === 1 ? new Uint32Array(rows).fill(symbols[0] as number) : symbols;
}

function joined(column: Cells, { starts, from, rows }: Order, rowCount: number): Uint32Array {
  const symbols = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const i = starts[row] as number;
    symbols[row] = column[from[i] as number]?.[rows[i] as number] ?? 0;
  }
  return symbols;
}
