import { labelValue, type Labels } from '../../../wire/labels.ts';
import { findSeries } from '../label-index.ts';
import { LogHead, type LogHeadBuffers } from '../log/log-head.ts';
import type { Matcher } from '../matcher.ts';
import { SampleColumn } from '../sample-column.ts';
import { mayRead, type Scope } from '../scope.ts';
import type { ReadLimits, TimeRange } from '../store.ts';
import type { RowBuffer } from '../row-buffer.ts';
import { Catalog, type CatalogBuffers } from './catalog.ts';
import { Columns, type ColumnsBuffers } from './columns.ts';

/**
 * What was written and is not folded into a partition yet: samples and lines, once, in shared memory. The writer
 * thread appends; reader threads open the same buffers. A head is sealed, folded and dropped as a whole, so its
 * memory goes with it; the catalog that its samples name is that of the next one, too.
 */
export interface HeadBuffers {
  readonly id: number;
  readonly catalog: CatalogBuffers;
  readonly columns: ColumnsBuffers;
  readonly logs: LogHeadBuffers;
  readonly control: SharedArrayBuffer;
}

/** Words of `control`. */
const SEALED_THROUGH = 0;
const OLDEST_MS = 1;
const CONTROL_WORDS = 2;
/** Later than any time. */
const NO_TIME = 2n ** 62n;

export class Head {
  readonly id: number;
  readonly catalog: Catalog;
  readonly #columns: Columns;
  /** Words below; each is read in one piece, never one half before a change and one after. */
  readonly #control: BigInt64Array<SharedArrayBuffer>;
  /** The open lines; see there. */
  readonly logs: LogHead;
  #samples = 0;
  #usedMembers = 0;

  /** `buffers` are those of a head of another thread. */
  constructor(id: number, catalog: Catalog, buffers?: HeadBuffers) {
    this.id = id;
    this.catalog = catalog;
    this.#columns = new Columns(buffers?.columns);
    this.logs = new LogHead(buffers?.logs);
    this.#control = new BigInt64Array(buffers?.control ?? new SharedArrayBuffer(8 * CONTROL_WORDS));
    if (!buffers) this.#control[OLDEST_MS] = NO_TIME;
  }

  get buffers(): HeadBuffers {
    return {
      id: this.id,
      catalog: this.catalog.buffers,
      columns: this.#columns.buffers,
      logs: this.logs.buffers,
      control: this.#control.buffer,
    };
  }

  /** Without the catalog, which other heads share. */
  get byteLength(): number {
    return this.#columns.byteLength + this.logs.byteLength;
  }

  /** Notes that nothing comes after this journal entry any more, before the fold begins; writer only. */
  seal(through: number): void {
    Atomics.store(this.#control, SEALED_THROUGH, BigInt(through));
  }

  /**
   * The last journal entry, 0 while the head is open. A partition that is folded up to it holds all that the
   * head has of its day.
   */
  get sealedThrough(): number {
    return Number(Atomics.load(this.#control, SEALED_THROUGH));
  }

  /** No sample is older; a reader asks after `refresh`. */
  get oldestMs(): number {
    return Number(Atomics.load(this.#control, OLDEST_MS));
  }

  get isEmpty(): boolean {
    return this.#samples === 0 && this.logs.runCount === 0;
  }

  /** Samples appended; for the writer. */
  get sampleCount(): number {
    return this.#samples;
  }

  /** Series that have samples here, those of several groups as often; for the writer. */
  get usedMembers(): number {
    return this.#usedMembers;
  }

  /** Appends rows, bit for bit; writer only. */
  append(rows: RowBuffer): void {
    const { count, groups, timesMs, values, words } = rows;
    this.#noteOldest(timesMs, count);
    let from = 0;
    for (let row = 0; row < count; row++) {
      const group = groups[row] as number;
      const width = this.catalog.widthOf(group);
      if (!(width > 0)) throw new Error(`BUG: a row of group ${group}, which is not registered`);
      if (!this.#columns.isUsed(group)) {
        this.#usedMembers += width;
      }
      this.#columns.append(group, timesMs[row] as number, width, values, words, from);
      from += width;
    }
    this.#samples += rows.valueCount;
  }

  /** Before the rows are there for anyone. */
  #noteOldest(timesMs: Float64Array, count: number): void {
    let oldestMs = this.oldestMs;
    for (let row = 0; row < count; row++) oldestMs = Math.min(oldestMs, timesMs[row] as number);
    if (oldestMs < this.oldestMs) Atomics.store(this.#control, OLDEST_MS, BigInt(Math.floor(oldestMs)));
  }

  /** No group with rows has a higher number; some below have none. */
  get groupCount(): number {
    return this.#columns.groupCount;
  }

  /** The ids of a group's series in the catalog, in the order of its columns. */
  membersOf(group: number): Uint32Array {
    return this.catalog.membersOf(group);
  }

  /** 0 when the group has no rows here. */
  rowCountOf(group: number): number {
    return this.#columns.rowCountOf(group);
  }

  /** Copies the times of a group's rows, in order of arrival, to the beginning of `into`. */
  copyTimes(group: number, into: Float64Array): void {
    this.#columns.copyTimes(group, into);
  }

  /** Copies the values of one column, in order of arrival, to the beginning of `into`. */
  copyColumn(group: number, column: number, into: Float64Array): void {
    this.#columns.copyColumn(group, column, into);
  }

  /** Symbols of a series' label names and values by turns, sorted by name. */
  labelSymbolsOf(series: number): Uint32Array {
    return this.catalog.index.labelSymbolsOf(series);
  }

  symbolText(symbol: number): string {
    return this.catalog.index.symbolText(symbol);
  }

  /** Takes the snapshot that reads see until the next call; readers call it before each query. */
  refresh(): void {
    // Catalog first: a series that it knows may lack its newest rows, never the other way round.
    this.catalog.refresh();
    this.#columns.refresh();
  }

  /** Calls `visit` with each series that passes; `gather` appends its samples of the range. */
  visit(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
    visit: (labels: Labels, gather: (into: SampleColumn) => void) => void,
  ): void {
    const { fromMs, toMs } = range;
    for (const id of findSeries(this.catalog.index, scope, matchers)) {
      limits.checkDeadline();
      const places = this.catalog.placesOf(id);
      if (!places.some(({ group }) => this.#columns.hasRows(group, fromMs, toMs))) continue;
      const labels = this.catalog.index.labelsOf(id);
      if (!mayRead(scope, labelValue(labels, 'namespace')))
        throw new Error('BUG: a series out of scope was found');
      visit(labels, (into) => {
        for (const { group, column } of places) this.#columns.gather(group, column, fromMs, toMs, into);
      });
    }
  }
}
