import { METRIC_NAME } from '../../../wire/labels.ts';
import type { BlockSink } from './blocks.ts';
import type { OpenLabels } from './open-samples.ts';
import { type SymbolBlocks, SymbolWriter } from './symbol-table.ts';

/** Series looked at between two looks at the thread's other work. */
const SERIES_A_SLICE = 8192;
const SYMBOLS_A_SLICE = 32 * 1024;
const TEXTS_A_RUN = 2048;

/** The symbols of open samples in the order of their texts. */
export interface RankedSymbols {
  /** By open symbol: its symbol in the part. */
  readonly ranks: Uint32Array;
  /** The open symbol of `__name__`, -1 when no series has a name. */
  readonly metricName: number;
  readonly blocks: SymbolBlocks;
}

/** Writes the symbols that these series name, and numbers them. */
export function* rankSymbols(
  source: OpenLabels,
  series: Uint32Array,
  sink: BlockSink,
): Generator<undefined, RankedSymbols> {
  let isUsed = new Uint8Array(1024);
  const used: number[] = [];
  const names = new Set<number>();
  for (let i = 0; i < series.length; i++) {
    const symbols = source.labelSymbolsOf(series[i] as number);
    for (let j = 0; j < symbols.length; j++) {
      const symbol = symbols[j] as number;
      if (symbol >= isUsed.length) {
        const grown = new Uint8Array(2 * symbol);
        grown.set(isUsed);
        isUsed = grown;
      }
      if (j % 2 === 0) names.add(symbol);
      if (isUsed[symbol] === 1) continue;
      isUsed[symbol] = 1;
      used.push(symbol);
    }
    if (i % SERIES_A_SLICE === SERIES_A_SLICE - 1) yield;
  }
  const texts = yield* sortTexts(source, used);
  const ranks = new Uint32Array(isUsed.length);
  const writer = new SymbolWriter(sink);
  for (const [i, { symbol, text }] of texts.entries()) {
    // '' is there already.
    if (text !== '') ranks[symbol] = writer.add(text);
    if (i % SERIES_A_SLICE === SERIES_A_SLICE - 1) yield;
  }
  const metricName = [...names].find((symbol) => source.symbolText(symbol) === METRIC_NAME) ?? -1;
  return { ranks, metricName, blocks: writer.finish() };
}

interface Text {
  readonly symbol: number;
  readonly text: string;
}

/** Sorts short runs and then merges them two by two, so that no step takes long. */
function* sortTexts(source: OpenLabels, symbols: readonly number[]): Generator<undefined, Text[]> {
  let sorted: Text[] = [];
  for (let from = 0; from < symbols.length; from += TEXTS_A_RUN) {
    const run = symbols
      .slice(from, from + TEXTS_A_RUN)
      .map((symbol) => ({ symbol, text: source.symbolText(symbol) }));
    for (const text of run.sort((a, b) => (a.text < b.text ? -1 : 1))) sorted.push(text);
    yield;
  }
  for (let length = TEXTS_A_RUN; length < sorted.length; length *= 2) {
    const merged: Text[] = [];
    for (let from = 0; from < sorted.length; from += 2 * length) {
      const middle = Math.min(sorted.length, from + length);
      const end = Math.min(sorted.length, middle + length);
      for (let left = from, right = middle; left < middle || right < end;) {
        const isLeft =
          right === end || (left < middle && (sorted[left] as Text).text < (sorted[right] as Text).text);
        merged.push(sorted[isLeft ? left++ : right++] as Text);
        if (merged.length % SYMBOLS_A_SLICE === 0) yield;
      }
    }
    sorted = merged;
  }
  return sorted;
}

/** The series of one metric in order of their labels, with a column of symbols a label. */
export interface OrderedMetric {
  readonly name: number;
  readonly series: Uint32Array;
  readonly labels: readonly { readonly name: number; readonly symbols: Uint32Array }[];
}

/** Metric by metric in order of their names; undefined now and then, for the thread's other work. */
export function* metricsInOrder(
  source: OpenLabels,
  series: Uint32Array,
  { ranks, metricName }: RankedSymbols,
): Generator<OrderedMetric | undefined, undefined> {
  const names = new Uint32Array(series.length);
  /** By name, where its series begin; counted, then summed up. */
  const starts = new Uint32Array(ranks.length + 2);
  for (let i = 0; i < series.length; i++) {
    const symbols = source.labelSymbolsOf(series[i] as number);
    let name = 0;
    for (let j = 0; j < symbols.length; j += 2) {
      if (symbols[j] === metricName) name = ranks[symbols[j + 1] as number] as number;
    }
    names[i] = name;
    starts[name + 1] = (starts[name + 1] as number) + 1;
    if (i % SERIES_A_SLICE === SERIES_A_SLICE - 1) yield;
  }
  for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
  const next = starts.slice();
  const byName = new Uint32Array(series.length);
  for (let i = 0; i < series.length; i++) {
    const name = names[i] as number;
    const at = next[name] as number;
    next[name] = at + 1;
    byName[at] = series[i] as number;
  }
  yield;
  for (let name = 0; name + 1 < starts.length; name++) {
    const members = byName.subarray(starts[name], starts[name + 1]);
    if (members.length > 0) yield orderMetric(source, name, members, ranks, metricName);
  }
}

function orderMetric(
  source: OpenLabels,
  name: number,
  members: Uint32Array,
  ranks: Uint32Array,
  metricName: number,
): OrderedMetric {
  const columns = new Map<number, Uint32Array>();
  for (let row = 0; row < members.length; row++) {
    const symbols = source.labelSymbolsOf(members[row] as number);
    for (let j = 0; j < symbols.length; j += 2) {
      const label = symbols[j] as number;
      if (label === metricName) continue;
      let column = columns.get(label);
      if (column === undefined) columns.set(label, (column = new Uint32Array(members.length)));
      column[row] = ranks[symbols[j + 1] as number] as number;
    }
  }
  const labels = Array.from(columns, ([label, symbols]) => ({ name: ranks[label] as number, symbols }));
  labels.sort((a, b) => a.name - b.name);
  const varying = labels.flatMap(({ symbols }) =>
    symbols.every((symbol) => symbol === symbols[0]) ? [] : [symbols],
  );
  const order = Uint32Array.from(members.keys()).sort((a, b) => {
    for (const column of varying) {
      const difference = (column[a] as number) - (column[b] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return {
    name,
    series: order.map((row) => members[row] as number),
    labels: labels.map(({ name: label, symbols }) => ({
      name: label,
      symbols: order.map((row) => symbols[row] as number),
    })),
  };
}
