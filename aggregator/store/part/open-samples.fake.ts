import { labelsKey, type Labels } from '../../../wire/labels.ts';
import type { OpenSamples } from './open-samples.ts';

/** Rows of series that are measured together. */
export interface Group {
  readonly series: readonly Labels[];
  readonly rows: readonly { readonly atMs: number; readonly values: readonly number[] }[];
}

/** Open samples as they are given. */
export function openSamples(groups: readonly Group[]): OpenSamples {
  const texts = [''];
  const symbols = new Map([['', 0]]);
  const ids = new Map<string, number>();
  const labelSymbols: Uint32Array[] = [];
  const symbolOf = (text: string): number => {
    let symbol = symbols.get(text);
    if (symbol === undefined) symbols.set(text, (symbol = texts.push(text) - 1));
    return symbol;
  };
  const idOf = (labels: Labels): number => {
    const key = labelsKey(labels);
    let id = ids.get(key);
    if (id === undefined) {
      ids.set(key, (id = labelSymbols.length));
      labelSymbols.push(Uint32Array.from(labels, symbolOf));
    }
    return id;
  };
  const members = groups.map(({ series }) => Uint32Array.from(series, idOf));
  const rowsOf = (group: number): Group['rows'] => (groups[group] as Group).rows;
  return {
    groupCount: groups.length,
    membersOf: (group) => members[group] as Uint32Array,
    rowCountOf: (group) => rowsOf(group).length,
    copyTimes: (group, into) => into.set(rowsOf(group).map(({ atMs }) => atMs)),
    copyColumn: (group, column, into) => {
      for (const [i, { values }] of rowsOf(group).entries()) into.set(values.slice(column, column + 1), i);
    },
    labelSymbolsOf: (series) => labelSymbols[series] as Uint32Array,
    symbolText: (symbol) => texts[symbol] as string,
  };
}

/** The same as a list of series by what they print as, the later of two values of a time. */
export function naiveSeries(
  groups: readonly Group[],
  fromMs: number,
  toMs: number,
): Map<string, Map<number, number>> {
  const found = new Map<string, Map<number, number>>();
  for (const { series, rows } of groups) {
    for (const { atMs, values } of rows) {
      if (atMs < fromMs || atMs > toMs) continue;
      for (const [i, labels] of series.entries()) {
        const key = labelsKey(labels);
        found.set(key, (found.get(key) ?? new Map<number, number>()).set(atMs, values[i] as number));
      }
    }
  }
  return found;
}
