import type Database from 'better-sqlite3';

import { Fault, reasonOf } from '../../../lib/fault.ts';
import { labelValue, METRIC_NAME, type Labels } from '../../../wire/labels.ts';
import { findSeries, type Condition, type Found } from '../part/find-series.ts';
import { symbolAt } from '../part/label-column.ts';
import type { Metric } from '../part/metric-table.ts';
import { PartReader } from '../part/part-reader.ts';
import type { SampleColumn } from '../sample-column.ts';
import { mayRead, type Scope } from '../scope.ts';
import type { ReadLimits, TimeRange } from '../store.ts';
import { STATISTICS, type Statistic } from '../tier/statistic.ts';
import type { BlockCache } from './block-cache.ts';
import { partsOf, readBlock } from './block-table.ts';
import { isSqliteError, openReadOnly, Statements } from './database.ts';
import { TIER_VERSION } from './make-tier.ts';
import { PARTITION_VERSION } from './partition.ts';

const ROWS_A_DEADLINE = 1024;

/** Appends the samples of a series; of a tier's, what one statistic says. */
export type Gather = (into: SampleColumn, statistic?: Statistic) => void;

/** Told of each series that a place has, at most once a `place`. */
export type VisitSeries = (labels: Labels, gather: Gather, place: object) => void;

/**
 * The reading side of one partition, or of a day of a tier. What is read between `begin` and `end` is of one moment, though folds and
 * merges go on.
 */
export class PartitionReader {
  readonly file: string;
  readonly #database: Database.Database;
  readonly #statements: Statements;
  readonly #cache: BlockCache;
  readonly #owner: number;
  readonly #isTier: boolean;
  /** Whole parts by their number, which stays with a part as long as it is there. */
  #parts = new Map<number, PartReader>();
  /** In the order in which they replace each other. */
  #order: PartReader[] = [];
  #told = new Set<string>();

  constructor(file: string, cache: BlockCache, isTier = false) {
    this.file = file;
    this.#isTier = isTier;
    this.#database = openReadOnly(file, isTier ? TIER_VERSION : PARTITION_VERSION);
    this.#statements = new Statements(this.#database);
    this.#cache = cache;
    this.#owner = cache.newOwner();
  }

  /** Throws when the file can't be read; parts whose directory is damaged are left out and told. */
  begin(limits: ReadLimits): void {
    this.#told.clear();
    this.#database.exec('BEGIN');
    try {
      const parts = new Map<number, PartReader>();
      for (const number of partsOf(this.#statements)) {
        this.#guard(limits, () => {
          const block = (of: number): Uint8Array =>
            this.#cache.get(this.#owner, number, of, () => readBlock(this.#statements, number, of));
          parts.set(number, this.#parts.get(number) ?? new PartReader({ block }));
        });
      }
      this.#parts = parts;
      this.#order = [...parts.values()].sort((a, b) => a.directory.rank - b.directory.rank);
    } catch (thrown) {
      this.end();
      throw thrown;
    }
  }

  end(): void {
    if (this.#database.inTransaction) this.#database.exec('COMMIT');
    for (const part of this.#parts.values()) part.forget();
  }

  /** Calls `visit` with each series that passes; `gather` appends its samples of the range, until `end`. */
  visit(
    scope: Scope,
    conditions: readonly Condition[],
    range: TimeRange,
    limits: ReadLimits,
    visit: VisitSeries,
  ): void {
    this.#eachFound(conditions, range, limits, (part, { metric, rows }) => {
      const labelsOf = part.labelsOf(metric);
      for (const row of rows()) {
        const labels = labelsOf(row);
        if (!mayRead(scope, labelValue(labels, 'namespace')))
          throw new Error('BUG: a series out of scope was found');
        const series = metric.firstSeries + row;
        const gather: Gather = (into, statistic = 'last') =>
          this.#guard(limits, () => {
            if (this.#isTier) part.gatherPiece(series, STATISTICS.indexOf(statistic), range, into);
            else part.gather(series, range, into);
          });
        visit(labels, gather, part);
      }
    });
  }

  /** Adds the names of all labels of the series that pass. */
  labelNames(
    conditions: readonly Condition[],
    range: TimeRange,
    limits: ReadLimits,
    into: Set<string>,
  ): void {
    for (const part of this.#within(range)) {
      if (conditions.length > 0 || !covers(range, part)) continue;
      // Fast path: all series of the part.
      this.#guard(limits, () => {
        for (const symbol of part.labels.names()) into.add(part.symbols.text(symbol));
        // All metrics of a part may have been left out.
        const last = part.metricBlocks === 0 ? undefined : part.metricsOf(part.metricBlocks - 1).at(-1);
        if ((last?.name ?? 0) !== 0) into.add(METRIC_NAME);
      });
    }
    this.#eachFound(
      conditions,
      range,
      limits,
      (part, { metric, rows }) => {
        if (metric.name !== 0) into.add(METRIC_NAME);
        for (const symbol of metric.labelNames) {
          const name = part.symbols.text(symbol);
          if (!into.has(name) && symbolsIn(part, metric, symbol, rows()).some((value) => value !== 0))
            into.add(name);
        }
      },
      conditions.length === 0,
    );
  }

  /** Adds all values of a label of the series that pass. */
  labelValues(
    name: string,
    conditions: readonly Condition[],
    range: TimeRange,
    limits: ReadLimits,
    into: Set<string>,
  ): void {
    const found = new Map<PartReader, Set<number>>();
    this.#eachFound(conditions, range, limits, (part, { metric, rows, isAll }) => {
      let symbols = found.get(part);
      if (symbols === undefined) found.set(part, (symbols = new Set()));
      if (name === METRIC_NAME) {
        symbols.add(metric.name);
        return;
      }
      const label = part.symbols.find(name);
      const column = label === undefined ? undefined : part.columnOf(metric, label);
      if (label === undefined || column === undefined) return;
      const values = isAll ? column.dictionary : symbolsIn(part, metric, label, rows());
      for (const symbol of values) symbols.add(symbol);
    });
    for (const [part, symbols] of found) {
      for (const symbol of [...symbols].sort((a, b) => a - b)) {
        if (symbol !== 0) this.#guard(limits, () => into.add(part.symbols.text(symbol)));
      }
    }
  }

  close(): void {
    this.#database.close();
  }

  #within(range: TimeRange): PartReader[] {
    return this.#order.filter(
      ({ directory: { fromMs, toMs } }) => fromMs <= range.toMs && toMs >= range.fromMs,
    );
  }

  /** Metrics with the rows that pass and have samples in the range. `partly`: no parts that lie in it as a whole. */
  #eachFound(
    conditions: readonly Condition[],
    range: TimeRange,
    limits: ReadLimits,
    visit: (part: PartReader, found: { metric: Metric; rows: () => Uint32Array; isAll: boolean }) => void,
    partly = false,
  ): void {
    for (const part of this.#within(range)) {
      const isCovered = covers(range, part);
      if (isCovered && partly) continue;
      this.#guard(limits, () => {
        for (const found of findSeries(part, conditions, (thrown) => this.#tell(limits, thrown))) {
          limits.checkDeadline();
          const isAll = isCovered && found.rows === undefined;
          const within = isCovered ? undefined : this.#rowsIn(part, found, range, limits);
          if (within?.length === 0) continue;
          const rows = (): Uint32Array => within ?? rowsOf(found);
          this.#guard(limits, () => visit(part, { metric: found.metric, rows, isAll }));
        }
      });
    }
  }

  #rowsIn(part: PartReader, found: Found, range: TimeRange, limits: ReadLimits): Uint32Array {
    const rows = rowsOf(found);
    const within = new Uint32Array(rows.length);
    let count = 0;
    for (let i = 0; i < rows.length; i++) {
      if (i % ROWS_A_DEADLINE === 0) limits.checkDeadline();
      try {
        const row = rows[i] as number;
        if (part.hasSamples(found.metric.firstSeries + row, range)) within[count++] = row;
      } catch (thrown) {
        this.#tell(limits, thrown);
      }
    }
    return within.subarray(0, count);
  }

  /** What is damaged is left out and told, never served. */
  #guard(limits: ReadLimits, run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.#tell(limits, thrown);
    }
  }

  /** Once each, in a read; throws on what is no damage. */
  #tell(limits: ReadLimits, thrown: unknown): void {
    const isDamaged = thrown instanceof Fault && (thrown.code === 'damaged' || thrown.code === 'malformed');
    if (!isDamaged && !isSqliteError(thrown)) throw thrown;
    const reason = reasonOf(thrown);
    if (this.#told.has(reason)) return;
    this.#told.add(reason);
    limits.onDamage(`${this.file}: ${reason}`);
  }
}

function covers(range: TimeRange, { directory: { fromMs, toMs } }: PartReader): boolean {
  return range.fromMs <= fromMs && range.toMs >= toMs;
}

function rowsOf({ metric, rows }: Found): Uint32Array {
  if (rows !== undefined) return rows;
  const all = new Uint32Array(metric.rows);
  for (let row = 0; row < all.length; row++) all[row] = row;
  return all;
}

function symbolsIn(part: PartReader, metric: Metric, label: number, rows: Uint32Array): Uint32Array {
  const column = part.columnOf(metric, label);
  return column === undefined ? new Uint32Array(0) : rows.map((row) => symbolAt(column, row));
}
