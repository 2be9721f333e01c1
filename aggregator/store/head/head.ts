import { labelValue, type Labels } from '../../../wire/labels.ts';
import { findSeries } from '../label-index.ts';
import { LogHead, type LogHeadBuffers } from '../log/log-head.ts';
import type { Matcher } from '../matcher.ts';
import { SampleColumn } from '../sample-column.ts';
import { mayRead, type Scope } from '../scope.ts';
import type { ReadLimits, TimeRange } from '../store.ts';
import { Columns, type ColumnsBuffers } from './columns.ts';
import { SeriesIndex, type SeriesIndexBuffers } from './series-index.ts';

/**
 * What was written and is not folded into a partition yet: index and samples, once, in shared memory. The
 * writer thread appends; reader threads open the same buffers. A head is sealed, folded and dropped as a
 * whole, so its memory goes with it.
 */
export interface HeadBuffers {
  readonly id: number;
  readonly index: SeriesIndexBuffers;
  readonly columns: ColumnsBuffers;
  readonly logs: LogHeadBuffers;
  readonly control: SharedArrayBuffer;
}

export class Head {
  readonly id: number;
  readonly #index: SeriesIndex;
  readonly #columns: Columns;
  /** The last journal entry of a sealed head, in one piece: halves could be read while they are written. */
  readonly #control: BigInt64Array<SharedArrayBuffer>;
  /** The open lines; see there. */
  readonly logs: LogHead;
  #samples = 0;
  #minMs = Infinity;
  #maxMs = -Infinity;

  constructor(id: number, buffers?: HeadBuffers) {
    this.id = id;
    this.#index = new SeriesIndex(buffers?.index);
    this.#columns = new Columns(buffers?.columns);
    this.logs = new LogHead(buffers?.logs);
    this.#control = new BigInt64Array(buffers?.control ?? new SharedArrayBuffer(8));
  }

  get buffers(): HeadBuffers {
    return {
      id: this.id,
      index: this.#index.buffers,
      columns: this.#columns.buffers,
      logs: this.logs.buffers,
      control: this.#control.buffer,
    };
  }

  get byteLength(): number {
    return this.#index.byteLength + this.#columns.byteLength + this.logs.byteLength;
  }

  /** Notes that nothing comes after this journal entry any more, before the fold begins; writer only. */
  seal(through: number): void {
    Atomics.store(this.#control, 0, BigInt(through));
  }

  /**
   * The last journal entry, 0 while the head is open. A partition that is folded up to it holds all that the
   * head has of its day.
   */
  get sealedThrough(): number {
    return Number(Atomics.load(this.#control, 0));
  }

  get isEmpty(): boolean {
    return this.groupCount === 0 && this.logs.runCount === 0;
  }

  get seriesCount(): number {
    return this.#index.count;
  }

  /** Samples appended; for the writer. */
  get sampleCount(): number {
    return this.#samples;
  }

  /** Oldest and newest time appended; for the writer. */
  get range(): TimeRange {
    return { fromMs: this.#minMs, toMs: this.#maxMs };
  }

  /** Registers series that are measured together and returns their group; writer only. */
  addGroup(series: readonly Labels[]): number {
    const ids = series.map((labels) => this.#index.intern(labels));
    const group = this.#columns.addGroup(ids);
    for (const [column, id] of ids.entries()) {
      this.#index.setListOf(id, this.#columns.addReference(group, column, this.#index.listOf(id)));
    }
    return group;
  }

  /** Appends one row of a group; writer only. */
  append(group: number, atMs: number, values: Float64Array): void {
    this.#columns.appendRow(group, atMs, values);
    this.#samples += values.length;
    this.#minMs = Math.min(this.#minMs, atMs);
    this.#maxMs = Math.max(this.#maxMs, atMs);
  }

  get groupCount(): number {
    return this.#columns.groupCount;
  }

  /** The label sets and rows of one group, for folding. */
  group(group: number): { series: Labels[]; timestampsMs: Float64Array; columns: readonly Float64Array[] } {
    const series = [...this.#columns.membersOf(group)].map((id) => this.#index.labelsOf(id));
    return { series, ...this.#columns.rowsOf(group) };
  }

  /** Takes the snapshot that reads see until the next call; readers call it before each query. */
  refresh(): void {
    // Index first: a series that it knows may lack its newest rows, never the other way round.
    this.#index.refresh();
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
    for (const id of findSeries(this.#index, scope, matchers)) {
      limits.checkDeadline();
      const references = this.#index.listOf(id);
      if (!this.#columns.hasRows(references, range.fromMs, range.toMs)) continue;
      const labels = this.#index.labelsOf(id);
      if (!mayRead(scope, labelValue(labels, 'namespace')))
        throw new Error('BUG: a series out of scope was found');
      visit(labels, (into) => this.#columns.gather(references, range.fromMs, range.toMs, into));
    }
  }
}
