import { METRIC_NAME } from '../../../wire/labels.ts';
import { compileMatcher, type LabelPattern } from '../label-pattern.ts';
import type { Matcher } from '../matcher.ts';
import { mayRead, type Scope } from '../scope.ts';
import { type LabelColumn, rowsWhere } from './label-column.ts';
import type { Metric } from './metric-table.ts';
import type { PartReader } from './part-reader.ts';

/** Series of one metric: rows of it, rising; undefined means all. */
export interface Found {
  readonly metric: Metric;
  readonly rows: Uint32Array | undefined;
}

/** What a label has to be. */
export interface Condition {
  readonly name: string;
  readonly pattern: LabelPattern;
}

/** All that a series has to fulfil to be found: the matchers', and the scope's. */
export function conditionsOf(scope: Scope, matchers: readonly Matcher[]): Condition[] {
  const conditions: Condition[] = matchers.map((matcher) => ({
    name: matcher.name,
    pattern: compileMatcher(matcher),
  }));
  if (scope.kind === 'all') return conditions;
  const values = [...scope.names].filter((name) => name !== '');
  return [
    { name: 'namespace', pattern: { matches: (value) => mayRead(scope, value), values } },
    ...conditions,
  ];
}

/** A condition in the symbols of one part. */
interface SymbolCondition {
  /** Of the label name; undefined when the part does not know it. */
  readonly name: number | undefined;
  readonly accepts: (symbol: number) => boolean;
  /** Rows of columns that were looked at as a whole: many metrics have the same ones. */
  readonly known: Map<LabelColumn, Uint32Array | undefined>;
}

/**
 * The series of a part for which all conditions hold, metric by metric; an absent label has the value `''`. What
 * lies in a damaged block is left out and told.
 */
export function* findSeries(
  part: PartReader,
  conditions: readonly Condition[],
  onDamage: (thrown: unknown) => void,
): Generator<Found, undefined> {
  const ofName: SymbolCondition[] = [];
  const ofLabels: SymbolCondition[] = [];
  let candidates: readonly number[] | undefined;
  for (const { name, pattern } of conditions) {
    const symbols = pattern.values?.flatMap((value) => part.symbols.find(value) ?? []);
    // None of the values is anywhere in the part.
    if (symbols?.length === 0) return;
    const accepts = accepterOf(part, pattern, symbols);
    const condition = { name: part.symbols.find(name), accepts, known: new Map<LabelColumn, Uint32Array>() };
    if (name !== METRIC_NAME) ofLabels.push(condition);
    else if (symbols === undefined) ofName.push(condition);
    else candidates = candidates?.filter((symbol) => symbols.includes(symbol)) ?? symbols;
  }
  for (const metric of candidates ? named(part, candidates) : allMetrics(part, onDamage)) {
    try {
      if (!ofName.every(({ accepts }) => accepts(metric.name))) continue;
      const rows = rowsOf(part, metric, ofLabels);
      if (rows?.length !== 0) yield { metric, rows };
    } catch (thrown) {
      onDamage(thrown);
    }
  }
}

function accepterOf(
  part: PartReader,
  pattern: LabelPattern,
  symbols: readonly number[] | undefined,
): (symbol: number) => boolean {
  if (symbols) {
    const accepted = new Set(symbols);
    return (symbol) => accepted.has(symbol);
  }
  const known = new Map<number, boolean>();
  return (symbol) => {
    let accepts = known.get(symbol);
    if (accepts === undefined) known.set(symbol, (accepts = pattern.matches(part.symbols.text(symbol))));
    return accepts;
  };
}

function rowsOf(
  part: PartReader,
  metric: Metric,
  conditions: readonly SymbolCondition[],
): Uint32Array | undefined {
  let rows: Uint32Array | undefined;
  for (const { name, accepts, known } of conditions) {
    const column = name === undefined ? undefined : part.columnOf(metric, name);
    if (column === undefined) {
      if (!accepts(0)) return new Uint32Array(0);
    } else if (rows !== undefined) {
      rows = rowsWhere(column, rows, accepts);
    } else {
      rows = known.get(column);
      if (rows === undefined && !known.has(column)) {
        rows = rowsWhere(column, undefined, accepts);
        known.set(column, rows);
      }
    }
    if (rows?.length === 0) return rows;
  }
  return rows;
}

function* named(part: PartReader, names: readonly number[]): Generator<Metric, undefined> {
  for (const name of names.toSorted((a, b) => a - b)) {
    const metric = part.metricNamed(name);
    if (metric) yield metric;
  }
}

function* allMetrics(part: PartReader, onDamage: (thrown: unknown) => void): Generator<Metric, undefined> {
  for (let block = 0; block < part.metricBlocks; block++) {
    let metrics: readonly Metric[] = [];
    try {
      metrics = part.metricsOf(block);
    } catch (thrown) {
      onDamage(thrown);
    }
    yield* metrics;
  }
}
