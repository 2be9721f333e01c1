import type { TimeRange } from '../store.ts';
import type { BlockSink } from './blocks.ts';
import type { OpenSamples } from './open-samples.ts';
import { PartWriter } from './part-writer.ts';
import { metricsInOrder, rankSymbols } from './series-order.ts';
import { equalTimes, hashOfTimes, type TimesOf } from './timelines.ts';

/** Samples packed between two looks at the thread's other work: some milliseconds. */
const SAMPLES_A_SLICE = 32 * 1024;
const GROUPS_A_SLICE = 8192;
/** The same of times that are looked at, where a group without any counts some too. */
const TIMES_A_SLICE = 512 * 1024;
const WORK_A_GROUP = 32;

/** How the rows of one or more groups, one behind the other, become the samples of a series. */
interface Rows {
  /** Number of the list of times. */
  readonly times: number;
  /** The rows in order of time, those outside of the range and those replaced left out; undefined: all as they are. */
  readonly picks: Uint32Array | undefined;
}

/** A group without rows in the range. */
const NO_ROWS = 0xffffffff;

/**
 * Writes the samples of a range of time as a part: all series that have some. Yields between slices of work;
 * returns the directory, packed, or undefined when there is no sample.
 */
export function* foldPart(
  source: OpenSamples,
  range: TimeRange,
  sink: BlockSink,
  rank: number,
): Generator<undefined, Uint8Array | undefined> {
  const rows = new RowsOfGroups(source, range);
  yield* rows.readGroups();
  const series = rows.seriesWithSamples();
  if (series.length === 0) return undefined;
  const symbols = yield* rankSymbols(source, series, sink);
  rows.joinGroups(series);
  const writer = new PartWriter(sink, rows.range(), symbols.blocks);
  const times = rows.writeTimes(writer);
  const values = new ValuesOfSeries(source, rows);
  let samples = 0;
  for (const metric of metricsInOrder(source, series, symbols)) {
    yield;
    if (metric === undefined) continue;
    writer.metric(metric.name, metric.series.length, metric.labels);
    for (const member of metric.series) {
      const { times: list, picks } = rows.rowsOf(member);
      const column = values.of(member, picks);
      writer.piece(times[list] as TimesOf, column);
      writer.endSeries();
      samples += column.length + 64;
      if (samples < SAMPLES_A_SLICE) continue;
      samples = 0;
      yield;
    }
  }
  return writer.finish(rank);
}

/** Which groups each series is in, and which of their rows count. */
class RowsOfGroups {
  readonly #source: OpenSamples;
  readonly #range: TimeRange;
  readonly #lists: Float64Array[] = [];
  readonly #byHash = new Map<number, number[]>();
  readonly #timesOfGroup: Uint32Array;
  readonly #picksOfGroup = new Map<number, Uint32Array>();
  /** A series' columns are those from `starts[series]` to before `starts[series + 1]`, oldest group first. */
  #starts = new Uint32Array(1);
  #times = new Float64Array(1024);
  #groups = new Uint32Array(0);
  #columns = new Uint32Array(0);
  /** Of series in several groups. */
  readonly #joined = new Map<number, Rows>();

  constructor(source: OpenSamples, range: TimeRange) {
    this.#source = source;
    this.#range = range;
    this.#timesOfGroup = new Uint32Array(source.groupCount).fill(NO_ROWS);
  }

  *readGroups(): Generator<undefined, undefined> {
    let seriesCount = 0;
    let columns = 0;
    let work = 0;
    for (let group = 0; group < this.#timesOfGroup.length; group++) {
      work += WORK_A_GROUP + this.#readGroup(group);
      if (work > TIMES_A_SLICE) {
        work = 0;
        yield;
      }
      if (this.#timesOfGroup[group] === NO_ROWS) continue;
      const members = this.#source.membersOf(group);
      for (let i = 0; i < members.length; i++)
        seriesCount = Math.max(seriesCount, (members[i] as number) + 1);
      columns += members.length;
    }
    yield* this.#placeColumns(seriesCount, columns);
  }

  seriesWithSamples(): Uint32Array {
    const series = new Uint32Array(this.#starts.length - 1);
    let count = 0;
    for (let i = 0; i < series.length; i++) if (this.#starts[i] !== this.#starts[i + 1]) series[count++] = i;
    return series.slice(0, count);
  }

  /** From the first time to the last. */
  range(): TimeRange {
    let fromMs = Infinity;
    let toMs = -Infinity;
    for (const list of this.#lists) {
      fromMs = Math.min(fromMs, list[0] as number);
      toMs = Math.max(toMs, list.at(-1) as number);
    }
    return { fromMs, toMs };
  }

  /** Finds the times of series that are in several groups. */
  joinGroups(series: Uint32Array): void {
    const known = new Map<string, Rows>();
    for (const member of series) {
      const from = this.#starts[member] as number;
      const to = this.#starts[member + 1] as number;
      if (to - from < 2) continue;
      const groups = this.#groups.subarray(from, to);
      const key = groups.join();
      let rows = known.get(key);
      if (rows === undefined) known.set(key, (rows = this.#join(groups)));
      this.#joined.set(member, rows);
    }
  }

  /** All lists of times, the longest first, so that the others can be parts of them; in the order of their numbers. */
  writeTimes(writer: PartWriter): TimesOf[] {
    const order = [...this.#lists.keys()].sort(
      (a, b) => (this.#lists[b] as Float64Array).length - (this.#lists[a] as Float64Array).length || a - b,
    );
    const written: TimesOf[] = [];
    for (const list of order) written[list] = writer.timelines.add(this.#lists[list] as Float64Array);
    return written;
  }

  rowsOf(series: number): Rows {
    const from = this.#starts[series] as number;
    const to = this.#starts[series + 1] as number;
    const group = this.#groups[from] as number;
    if (to - from === 1) {
      return { times: this.#timesOfGroup[group] as number, picks: this.#picksOfGroup.get(group) };
    }
    return this.#joined.get(series) as Rows;
  }

  /** Calls `visit` with each column of a series, oldest group first. */
  eachColumn(series: number, visit: (group: number, column: number) => void): void {
    const end = this.#starts[series + 1] as number;
    for (let i = this.#starts[series] as number; i < end; i++) {
      visit(this.#groups[i] as number, this.#columns[i] as number);
    }
  }

  /** Returns how many rows it has. */
  #readGroup(group: number): number {
    const times = this.#copyTimes(group, 0);
    // Most groups of a long catalog have no rows.
    if (times.length === 0) return 0;
    const picks = picksOf(times, this.#range);
    if (picks?.length === 0) return times.length;
    if (picks) this.#picksOfGroup.set(group, picks);
    this.#timesOfGroup[group] = this.#numberOf(picked(times, picks));
    return times.length;
  }

  /** The times of a group, behind others that are there already; valid until the next call. */
  #copyTimes(group: number, after: number): Float64Array {
    const end = after + this.#source.rowCountOf(group);
    if (end > this.#times.length) {
      const grown = new Float64Array(2 * end);
      grown.set(this.#times);
      this.#times = grown;
    }
    this.#source.copyTimes(group, after === 0 ? this.#times : this.#times.subarray(after));
    return this.#times.subarray(0, end);
  }

  *#placeColumns(seriesCount: number, columns: number): Generator<undefined, undefined> {
    const starts = new Uint32Array(seriesCount + 1);
    for (let group = 0; group < this.#timesOfGroup.length; group++) {
      if (group % GROUPS_A_SLICE === GROUPS_A_SLICE - 1) yield;
      if (this.#timesOfGroup[group] === NO_ROWS) continue;
      const members = this.#source.membersOf(group);
      for (let i = 0; i < members.length; i++) {
        const next = (members[i] as number) + 1;
        starts[next] = (starts[next] as number) + 1;
      }
    }
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
    const next = starts.slice();
    this.#groups = new Uint32Array(columns);
    this.#columns = new Uint32Array(columns);
    for (let group = 0; group < this.#timesOfGroup.length; group++) {
      if (group % GROUPS_A_SLICE === GROUPS_A_SLICE - 1) yield;
      if (this.#timesOfGroup[group] === NO_ROWS) continue;
      const members = this.#source.membersOf(group);
      for (let column = 0; column < members.length; column++) {
        const series = members[column] as number;
        const at = next[series] as number;
        next[series] = at + 1;
        this.#groups[at] = group;
        this.#columns[at] = column;
      }
    }
    this.#starts = starts;
  }

  #join(groups: Uint32Array): Rows {
    let times: Float64Array = this.#times.subarray(0, 0);
    for (const group of groups) times = this.#copyTimes(group, times.length);
    const picks = picksOf(times, this.#range);
    return { times: this.#numberOf(picked(times, picks)), picks };
  }

  /** The number of a list of times, new or known. */
  #numberOf(times: Float64Array): number {
    const hash = hashOfTimes(times);
    const alike = this.#byHash.get(hash);
    const known = alike?.find((number) => equalTimes(this.#lists[number] as Float64Array, times));
    if (known !== undefined) return known;
    const number = this.#lists.push(times.slice()) - 1;
    if (alike) alike.push(number);
    else this.#byHash.set(hash, [number]);
    return number;
  }
}

/** Copies the values of a series, picked by row. */
class ValuesOfSeries {
  readonly #source: OpenSamples;
  readonly #rows: RowsOfGroups;
  #raw = new Float64Array(1024);
  #picked = new Float64Array(1024);

  constructor(source: OpenSamples, rows: RowsOfGroups) {
    this.#source = source;
    this.#rows = rows;
  }

  /** Valid until the next call. */
  of(series: number, picks: Uint32Array | undefined): Float64Array {
    let count = 0;
    this.#rows.eachColumn(series, (group, column) => {
      const rows = this.#source.rowCountOf(group);
      if (count + rows > this.#raw.length) {
        const grown = new Float64Array(2 * (count + rows));
        grown.set(this.#raw);
        this.#raw = grown;
      }
      this.#source.copyColumn(group, column, count === 0 ? this.#raw : this.#raw.subarray(count));
      count += rows;
    });
    if (picks === undefined) return this.#raw.subarray(0, count);
    if (picks.length > this.#picked.length) this.#picked = new Float64Array(2 * picks.length);
    copyRows(this.#raw, picks, this.#picked);
    return this.#picked.subarray(0, picks.length);
  }
}

/** The times of some rows; of all when undefined. */
function picked(times: Float64Array, picks: Uint32Array | undefined): Float64Array {
  return picks === undefined ? times : Float64Array.from(picks, (row) => times[row] as number);
}

/** Moves values as bits: an engine may change those of a NaN in a plain copy. */
function copyRows(from: Float64Array, rows: Uint32Array, to: Float64Array): void {
  const source = new Uint32Array(from.buffer, from.byteOffset, 2 * from.length);
  const target = new Uint32Array(to.buffer, to.byteOffset, 2 * to.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    target[2 * i] = source[2 * row] as number;
    target[2 * i + 1] = source[2 * row + 1] as number;
  }
}

/**
 * The rows within the range in order of time, of those of the same time the last; undefined when that is all rows
 * as they are.
 */
function picksOf(times: Float64Array, { fromMs, toMs }: TimeRange): Uint32Array | undefined {
  let isPlain = true;
  let before = -Infinity;
  for (let row = 0; row < times.length; row++) {
    const atMs = times[row] as number;
    if (atMs <= before || atMs < fromMs || atMs > toMs) {
      isPlain = false;
      break;
    }
    before = atMs;
  }
  if (isPlain) return undefined;
  const rows = Uint32Array.from(times.keys()).filter((row) => {
    const atMs = times[row] as number;
    return atMs >= fromMs && atMs <= toMs;
  });
  rows.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  return rows.filter((row, i) => times[rows[i + 1] ?? -1] !== times[row]);
}
