import { SharedDoubles, SharedWords } from '../../../lib/shared-array.ts';
import type { SampleColumn } from '../sample-column.ts';

/**
 * The open samples of one head, in shared memory, by the groups of a catalog: a chunk holds `capacity` timestamps
 * and then each column of values, `capacity` long. Rows lie in order of arrival.
 *
 * A group has [first chunk + 1, last chunk + 1] in `groups`; a chunk is [next chunk + 1, capacity, rows, start in
 * `data`]. `rows` is raised after the row is written; a chunk past the count that a reader read first is newer than
 * its snapshot.
 */
const GROUP_STRIDE = 2;
const CHUNK_STRIDE = 4;
/** A series that comes alone keeps less room open than one whose timestamps are shared. */
const FIRST_ROWS_OF_ONE = 4;
const FIRST_ROWS = 8;
const LARGEST_ROWS = 256;
/** Word of `control`. */
const CHUNK_COUNT = 0;

export interface ColumnsBuffers {
  readonly control: SharedArrayBuffer;
  readonly groups: SharedArrayBuffer;
  readonly chunks: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}

export class Columns {
  readonly #control: SharedWords;
  readonly #groups: SharedWords;
  readonly #chunks: SharedWords;
  readonly #data: SharedDoubles;
  #chunkCount = 0;

  constructor(buffers?: ColumnsBuffers) {
    this.#control = new SharedWords(buffers?.control);
    this.#groups = new SharedWords(buffers?.groups);
    this.#chunks = new SharedWords(buffers?.chunks);
    this.#data = new SharedDoubles(buffers?.data);
    if (!buffers) this.#control.reserve(1);
  }

  get buffers(): ColumnsBuffers {
    return {
      control: this.#control.buffer,
      groups: this.#groups.buffer,
      chunks: this.#chunks.buffer,
      data: this.#data.buffer,
    };
  }

  /** In use; for the writer. */
  get byteLength(): number {
    const arrays = [this.#control, this.#groups, this.#chunks, this.#data];
    return arrays.reduce((sum, array) => sum + array.usedBytes, 0);
  }

  /** No group has a higher number; some below have no rows. */
  get groupCount(): number {
    return this.#groups.view.length / GROUP_STRIDE;
  }

  /** Takes the snapshot that all reads until the next call see. */
  refresh(): void {
    this.#control.refresh();
    this.#chunkCount = Atomics.load(this.#control.view, CHUNK_COUNT);
    for (const array of [this.#groups, this.#chunks, this.#data]) array.refresh();
  }

  /** Appends a row: the `width` values that stand in `values` from `from` on; writer only. */
  append(
    group: number,
    atMs: number,
    width: number,
    values: Float64Array,
    words: Uint32Array,
    from: number,
  ): void {
    const chunk = this.#openChunk(group, width);
    const chunks = this.#chunks.view;
    const capacity = chunks[chunk + 1] as number;
    const row = chunks[chunk + 2] as number;
    const data = this.#data.view;
    let to = (chunks[chunk + 3] as number) + row;
    data[to] = atMs;
    for (let at = from; at < from + width; at++) {
      to += capacity;
      const value = values[at] as number;
      // Fast path.
      if (value === value) data[to] = value;
      // Slow path: the bits of a NaN go by hand, an engine may change them in a plain copy.
      else {
        this.#data.words[2 * to] = words[2 * at] as number;
        this.#data.words[2 * to + 1] = words[2 * at + 1] as number;
      }
    }
    Atomics.store(chunks, chunk + 2, row + 1);
  }

  /** Appends the samples of one column of a group to `into`. */
  gather(group: number, column: number, fromMs: number, toMs: number, into: SampleColumn): void {
    this.#eachChunk(group, (timestampsMs, capacity, rows, start) => {
      const from = start + (column + 1) * capacity;
      const { first, end } = rowsWithin(timestampsMs, fromMs, toMs);
      into.append(timestampsMs, this.#data.view.subarray(from, from + rows), first, end);
    });
  }

  /** Has the group a row in the range? */
  hasRows(group: number, fromMs: number, toMs: number): boolean {
    let found = false;
    this.#eachChunk(group, (timestampsMs) => {
      found ||= timestampsMs.some((atMs) => atMs >= fromMs && atMs <= toMs);
    });
    return found;
  }

  /** Has the group any row? */
  isUsed(group: number): boolean {
    return (this.#groups.view[group * GROUP_STRIDE] ?? 0) > 0;
  }

  rowCountOf(group: number): number {
    let total = 0;
    for (let next = this.#firstChunk(group); next > 0; next = this.#chunkAfter(next)) {
      total += Atomics.load(this.#chunks.view, (next - 1) * CHUNK_STRIDE + 2);
    }
    return total;
  }

  /** Copies the times of a group's rows, in order of arrival, to the beginning of `into`. */
  copyTimes(group: number, into: Float64Array): void {
    this.#copy(group, -1, into);
  }

  /** The same of the values of one column, bit for bit. */
  copyColumn(group: number, column: number, into: Float64Array): void {
    this.#copy(group, column, into);
  }

  #copy(group: number, column: number, into: Float64Array): void {
    const data = this.#data.view;
    let end = 0;
    for (let next = this.#firstChunk(group); next > 0; next = this.#chunkAfter(next)) {
      const at = (next - 1) * CHUNK_STRIDE;
      const rows = Atomics.load(this.#chunks.view, at + 2);
      const capacity = this.#chunks.view[at + 1] as number;
      let from = (this.#chunks.view[at + 3] as number) + (column + 1) * capacity;
      for (const last = end + rows; end < last; end++, from++) {
        const value = data[from] as number;
        // Fast path: most chunks are short, and a view of each would cost more than this.
        if (value === value) into[end] = value;
        else into.set(data.subarray(from, from + 1), end);
      }
    }
  }

  #firstChunk(group: number): number {
    const chunk = this.#groups.view[group * GROUP_STRIDE] ?? 0;
    return chunk <= this.#chunkCount ? chunk : 0;
  }

  #chunkAfter(chunk: number): number {
    const next = Atomics.load(this.#chunks.view, (chunk - 1) * CHUNK_STRIDE);
    return next <= this.#chunkCount ? next : 0;
  }

  #eachChunk(
    group: number,
    visit: (times: Float64Array, capacity: number, rows: number, start: number) => void,
  ): void {
    // A group past the view is newer than the snapshot and has nothing to tell.
    let next = this.#groups.view[group * GROUP_STRIDE] ?? 0;
    while (next > 0 && next <= this.#chunkCount) {
      const at = (next - 1) * CHUNK_STRIDE;
      const rows = Atomics.load(this.#chunks.view, at + 2);
      const start = this.#chunks.view[at + 3] as number;
      visit(this.#data.view.subarray(start, start + rows), this.#chunks.view[at + 1] as number, rows, start);
      next = Atomics.load(this.#chunks.view, at);
    }
  }

  /** The offset of the chunk that takes the next row of a group. */
  #openChunk(group: number, width: number): number {
    const groupAt = group * GROUP_STRIDE;
    const last = this.#groups.view[groupAt + 1] ?? 0;
    const lastAt = (last - 1) * CHUNK_STRIDE;
    const capacity = last === 0 ? 0 : (this.#chunks.view[lastAt + 1] as number);
    if (last > 0 && (this.#chunks.view[lastAt + 2] as number) < capacity) return lastAt;
    return this.#addChunk(groupAt, last, width, capacity);
  }

  #addChunk(groupAt: number, last: number, width: number, capacity: number): number {
    const missing = groupAt + GROUP_STRIDE - this.#groups.length;
    if (missing > 0) this.#groups.reserve(missing);
    const first = width === 1 ? FIRST_ROWS_OF_ONE : FIRST_ROWS;
    const wanted = Math.min(LARGEST_ROWS, Math.max(first, capacity * 2));
    const start = this.#data.reserve(wanted * (width + 1));
    const at = this.#chunks.reserve(CHUNK_STRIDE);
    this.#chunks.view[at + 1] = wanted;
    this.#chunks.view[at + 3] = start;
    const chunk = at / CHUNK_STRIDE + 1;
    this.#chunkCount = chunk;
    Atomics.store(this.#control.view, CHUNK_COUNT, chunk);
    if (last === 0) Atomics.store(this.#groups.view, groupAt, chunk);
    else Atomics.store(this.#chunks.view, (last - 1) * CHUNK_STRIDE, chunk);
    this.#groups.view[groupAt + 1] = chunk;
    return at;
  }
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
