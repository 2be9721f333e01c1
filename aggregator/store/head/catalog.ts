import { SharedWords } from '../../../lib/shared-array.ts';
import type { Labels } from '../../../wire/labels.ts';
import { SeriesIndex, type SeriesIndexBuffers } from './series-index.ts';

/**
 * The series that are written at present and the groups that they are measured in, in shared memory. It outlives the
 * heads, whose samples name its numbers, so that a fold costs no series its registration; another one takes its place
 * when most of what it holds has ended.
 *
 * A group is [start in `members`, series]. On a series hangs a list of references, the newest first: [group, column,
 * next reference]; 0 ends it.
 */
const GROUP_STRIDE = 2;
const REFERENCE_STRIDE = 3;

export interface CatalogBuffers {
  readonly id: number;
  readonly index: SeriesIndexBuffers;
  readonly groups: SharedArrayBuffer;
  readonly members: SharedArrayBuffer;
  readonly references: SharedArrayBuffer;
}

export class Catalog {
  readonly id: number;
  readonly index: SeriesIndex;
  readonly #groups: SharedWords;
  readonly #members: SharedWords;
  readonly #references: SharedWords;

  /** Of two catalogs of a store the ids differ. */
  constructor(id: number, buffers?: CatalogBuffers) {
    this.id = id;
    this.index = new SeriesIndex(buffers?.index);
    this.#groups = new SharedWords(buffers?.groups);
    this.#members = new SharedWords(buffers?.members);
    this.#references = new SharedWords(buffers?.references);
    if (!buffers) this.#references.reserve(REFERENCE_STRIDE);
  }

  get buffers(): CatalogBuffers {
    return {
      id: this.id,
      index: this.index.buffers,
      groups: this.#groups.buffer,
      members: this.#members.buffer,
      references: this.#references.buffer,
    };
  }

  get byteLength(): number {
    const arrays = [this.#groups, this.#members, this.#references];
    return arrays.reduce((sum, array) => sum + array.buffer.byteLength, this.index.byteLength);
  }

  get seriesCount(): number {
    return this.index.count;
  }

  /** Groups ever added; for the writer. */
  get groupCount(): number {
    return this.#groups.length / GROUP_STRIDE;
  }

  /** Series of all groups, those of several as often; for the writer. */
  get memberCount(): number {
    return this.#members.length;
  }

  /** Takes the snapshot that all reads until the next call see. */
  refresh(): void {
    // A series of the snapshot has its groups before it is counted in a head, not the other way round.
    this.index.refresh();
    for (const array of [this.#groups, this.#members, this.#references]) array.refresh();
  }

  /** A new group of series, in the order of its columns; writer only. */
  addGroup(series: readonly Labels[]): number {
    return this.addGroupOf(this.index.internAll(series));
  }

  /** The same of series that are registered. */
  addGroupOf(series: readonly number[]): number {
    const start = this.#members.reserve(series.length);
    this.#members.view.set(series, start);
    const at = this.#groups.reserve(GROUP_STRIDE);
    this.#groups.view[at] = start;
    this.#groups.view[at + 1] = series.length;
    const group = at / GROUP_STRIDE;
    for (let column = 0; column < series.length; column++)
      this.#refer(series[column] as number, group, column);
    return group;
  }

  /** The group of one series alone, new or known; writer only. */
  groupOfOne(labels: Labels): number {
    return this.groupOfSeries(this.index.intern(labels));
  }

  /** The same of a series that is registered. */
  groupOfSeries(series: number): number {
    for (let at = this.index.listOf(series); at > 0; at = this.#references.view[at + 2] as number) {
      const group = this.#references.view[at] as number;
      if (this.widthOf(group) === 1) return group;
    }
    return this.addGroupOf([series]);
  }

  /** How many series a group has. */
  widthOf(group: number): number {
    return this.#groups.view[group * GROUP_STRIDE + 1] as number;
  }

  /** The series of a group, in the order of its columns. */
  membersOf(group: number): Uint32Array {
    const start = this.#groups.view[group * GROUP_STRIDE] as number;
    return this.#members.view.subarray(start, start + this.widthOf(group));
  }

  /** Where a series has its samples, the group that was added first first. */
  placesOf(series: number): { readonly group: number; readonly column: number }[] {
    const places: { group: number; column: number }[] = [];
    for (let at = this.index.listOf(series); at > 0; at = this.#references.view[at + 2] as number) {
      // Newer than the snapshot; the older ones behind it are not.
      if (at + REFERENCE_STRIDE > this.#references.view.length) this.#references.refresh();
      const group = this.#references.view[at] as number;
      if ((group + 1) * GROUP_STRIDE > this.#groups.view.length) this.#groups.refresh();
      places.push({ group, column: this.#references.view[at + 1] as number });
    }
    return places.reverse();
  }

  #refer(series: number, group: number, column: number): void {
    const at = this.#references.reserve(REFERENCE_STRIDE);
    const { view } = this.#references;
    view[at] = group;
    view[at + 1] = column;
    view[at + 2] = this.index.listOf(series);
    this.index.setListOf(series, at);
  }
}
