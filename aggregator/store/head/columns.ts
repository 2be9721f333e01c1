import { SharedDoubles, SharedWords } from '../../../lib/shared-array.ts';
import type { SampleColumn } from '../sample-column.ts';

/**
 * The open samples of the head, in shared memory. Series that are always measured together form a group and
 * share their timestamps: a chunk holds `capacity` timestamps and then each column of values, `capacity`
 * long. Rows lie in order of arrival.
 *
 * A column reference is [group, column, next reference], 0 ends the list. A group is [start in `members`,
 * columns, first chunk + 1, last chunk + 1]; a chunk [next chunk + 1, capacity, rows, start in `data`]. `rows`
 * is raised after the row is written; a chunk past the count that a reader read first is newer than its
 * snapshot.
 */
const REFERENCE_STRIDE = 3;
const GROUP_STRIDE = 4;
const CHUNK_STRIDE = 4;
const FIRST_ROWS = 8;
const LARGEST_ROWS = 256;
/** Words of `control`. */
const GROUP_COUNT = 0;
const CHUNK_COUNT = 1;

export interface ColumnsBuffers {
  readonly control: SharedArrayBuffer;
  readonly references: SharedArrayBuffer;
  readonly groups: SharedArrayBuffer;
  readonly members: SharedArrayBuffer;
  readonly chunks: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}

/** All rows of one group, gathered from its chunks, in order of arrival. */
export interface GroupRows {
  readonly timestampsMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

export class Columns {
  readonly #control: SharedWords;
  readonly #references: SharedWords;
  readonly #groups: SharedWords;
  readonly #members: SharedWords;
  readonly #chunks: SharedWords;
  readonly #data: SharedDoubles;
  #chunkCount = 0;

  constructor(buffers?: ColumnsBuffers) {
    this.#control = new SharedWords(buffers?.control);
    this.#references = new SharedWords(buffers?.references);
    this.#groups = new SharedWords(buffers?.groups);
    this.#members = new SharedWords(buffers?.members);
    this.#chunks = new SharedWords(buffers?.chunks);
    this.#data = new SharedDoubles(buffers?.data);
    if (buffers) return;
    this.#control.reserve(2);
    this.#references.reserve(REFERENCE_STRIDE);
  }

  get buffers(): ColumnsBuffers {
    return {
      control: this.#control.buffer,
      references: this.#references.buffer,
      groups: this.#groups.buffer,
      members: this.#members.buffer,
      chunks: this.#chunks.buffer,
      data: this.#data.buffer,
    };
  }

  get byteLength(): number {
    return [...this.#words(), this.#data].reduce((sum, array) => sum + array.buffer.byteLength, 0);
  }

  get groupCount(): number {
    return Atomics.load(this.#control.view, GROUP_COUNT);
  }

  /** Takes the snapshot that all reads until the next call see. */
  refresh(): void {
    this.#control.refresh();
    this.#chunkCount = Atomics.load(this.#control.view, CHUNK_COUNT);
    for (const array of this.#words()) array.refresh();
    this.#data.refresh();
  }

  /** A new group of series, in the order of its columns; writer only. */
  addGroup(series: readonly number[]): number {
    const start = this.#members.reserve(series.length);
    this.#members.view.set(series, start);
    const at = this.#groups.reserve(GROUP_STRIDE);
    this.#groups.view.set([start, series.length, 0, 0], at);
    Atomics.store(this.#control.view, GROUP_COUNT, at / GROUP_STRIDE + 1);
    return at / GROUP_STRIDE;
  }

  /** Puts a column before the list `next` and returns the new list; writer only. */
  addReference(group: number, column: number, next: number): number {
    const at = this.#references.reserve(REFERENCE_STRIDE);
    this.#references.view.set([group, column, next], at);
    return at;
  }

  /** Appends one row, a value a column; writer only. */
  appendRow(group: number, atMs: number, values: Float64Array): void {
    const at = group * GROUP_STRIDE;
    const columns = this.#groups.view[at + 1] as number;
    if (columns !== values.length) throw new Error(`BUG: ${values.length} values for ${columns} columns`);
    const chunk = this.#openChunk(at, columns);
    const capacity = this.#chunks.view[chunk + 1] as number;
    const row = this.#chunks.view[chunk + 2] as number;
    const start = this.#chunks.view[chunk + 3] as number;
    const data = this.#data.view;
    data[start + row] = atMs;
    for (let column = 0; column < columns; column++) {
      const to = start + (column + 1) * capacity + row;
      const value = values[column] as number;
      // Fast path; the bits of a NaN go by hand, an engine may change them in a plain copy.
      if (value === value) data[to] = value;
      else copyBits(values, column, data, to);
    }
    Atomics.store(this.#chunks.view, chunk + 2, row + 1);
  }

  /** The series of a group, in the order of its columns. */
  membersOf(group: number): Uint32Array {
    const at = group * GROUP_STRIDE;
    const start = this.#groups.view[at] as number;
    return this.#members.view.subarray(start, start + (this.#groups.view[at + 1] as number));
  }

  /** Appends the samples of all columns in the list to `into`. */
  gather(references: number, fromMs: number, toMs: number, into: SampleColumn): void {
    // The list has the newest column first; the newest has to be gathered last.
    for (const { group, column } of this.#follow(references).reverse()) {
      this.#eachChunk(group, (timestampsMs, capacity, rows, start) => {
        const values = this.#data.view.subarray(
          start + (column + 1) * capacity,
          start + (column + 1) * capacity + rows,
        );
        const { first, end } = rowsWithin(timestampsMs, fromMs, toMs);
        into.append(timestampsMs, values, first, end);
      });
    }
  }

  /** Has the group a row in the range? */
  hasRows(references: number, fromMs: number, toMs: number): boolean {
    let found = false;
    for (const { group } of this.#follow(references)) {
      if (found) break;
      this.#eachChunk(group, (timestampsMs) => {
        found ||= timestampsMs.some((atMs) => atMs >= fromMs && atMs <= toMs);
      });
    }
    return found;
  }

  rowsOf(group: number): GroupRows {
    const columns = this.#groups.view[group * GROUP_STRIDE + 1] as number;
    let total = 0;
    this.#eachChunk(group, (_times, _capacity, rows) => (total += rows));
    const timestampsMs = new Float64Array(total);
    const values = Array.from({ length: columns }, () => new Float64Array(total));
    let end = 0;
    this.#eachChunk(group, (times, capacity, rows, start) => {
      timestampsMs.set(times, end);
      for (const [column, to] of values.entries()) {
        const from = start + (column + 1) * capacity;
        to.set(this.#data.view.subarray(from, from + rows), end);
      }
      end += rows;
    });
    return { timestampsMs, columns: values };
  }

  #follow(references: number): { group: number; column: number }[] {
    const list: { group: number; column: number }[] = [];
    for (let at = references; at > 0; at = this.#references.view[at + 2] as number) {
      // Newer than the snapshot; the older ones behind it are not.
      if (at + REFERENCE_STRIDE > this.#references.view.length) this.#references.refresh();
      list.push({
        group: this.#references.view[at] as number,
        column: this.#references.view[at + 1] as number,
      });
    }
    return list;
  }

  #words(): readonly SharedWords[] {
    return [this.#control, this.#references, this.#groups, this.#members, this.#chunks];
  }

  #eachChunk(
    group: number,
    visit: (times: Float64Array, capacity: number, rows: number, start: number) => void,
  ): void {
    // A group past the view is newer than the snapshot and has nothing to tell.
    let next = this.#groups.view[group * GROUP_STRIDE + 2] ?? 0;
    while (next > 0 && next <= this.#chunkCount) {
      const at = (next - 1) * CHUNK_STRIDE;
      const rows = Atomics.load(this.#chunks.view, at + 2);
      const start = this.#chunks.view[at + 3] as number;
      visit(this.#data.view.subarray(start, start + rows), this.#chunks.view[at + 1] as number, rows, start);
      next = Atomics.load(this.#chunks.view, at);
    }
  }

  /** The offset of the chunk that takes the next row of a group. */
  #openChunk(groupAt: number, columns: number): number {
    const last = this.#groups.view[groupAt + 3] as number;
    const lastAt = (last - 1) * CHUNK_STRIDE;
    const capacity = last === 0 ? 0 : (this.#chunks.view[lastAt + 1] as number);
    if (last > 0 && (this.#chunks.view[lastAt + 2] as number) < capacity) return lastAt;
    const wanted = Math.min(LARGEST_ROWS, Math.max(FIRST_ROWS, capacity * 2));
    const start = this.#data.reserve(wanted * (columns + 1));
    const at = this.#chunks.reserve(CHUNK_STRIDE);
    this.#chunks.view.set([0, wanted, 0, start], at);
    const chunk = at / CHUNK_STRIDE + 1;
    this.#chunkCount = chunk;
    Atomics.store(this.#control.view, CHUNK_COUNT, chunk);
    if (last === 0) Atomics.store(this.#groups.view, groupAt + 2, chunk);
    else Atomics.store(this.#chunks.view, lastAt, chunk);
    this.#groups.view[groupAt + 3] = chunk;
    return at;
  }
}

function copyBits(from: Float64Array, fromIndex: number, to: Float64Array, toIndex: number): void {
  const source = new Uint32Array(from.buffer, from.byteOffset + fromIndex * 8, 2);
  new Uint32Array(to.buffer, to.byteOffset + toIndex * 8, 2).set(source);
}

/** The rows from the first to past the last that lie in the range; rows between them may lie outside. */
function rowsWithin(times: Float64Array, fromMs: number, toMs: number): { first: number; end: number } {
  let first = 0;
  let end = times.length;
  while (first < end && outside(times[first] as number, fromMs, toMs)) first++;
  while (end > first && outside(times[end - 1] as number, fromMs, toMs)) end--;
  return { first, end };
}

function outside(atMs: number, fromMs: number, toMs: number): boolean {
  return atMs < fromMs || atMs > toMs;
}
