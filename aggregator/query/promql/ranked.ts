import type { Group } from './aggregate.ts';
import type { Context } from './context.ts';
import { executionFault, newColumn } from './context.ts';
import { printGo } from './quantile.ts';
import type { Column } from './value.ts';
import { isEmpty } from './value.ts';

/** Past this, Go's conversion to int64 has no meaning. */
const INT64 = 2 ** 63;

/**
 * `topk` and `bottomk`: the k first by value of each group at each step; the series keep their labels. NaN
 * comes last. The order of an instant query's answer is the ranking.
 */
export function selectRanked(
  context: Context,
  groups: readonly Group[],
  k: Float64Array,
  largest: boolean,
): Column[] {
  if (!checkCounts(k)) return [];
  return groups.flatMap(({ columns }) => rankGroup(context, columns, k, largest));
}

/** Refuses what is no count; false when none of them takes any series. */
export function checkCounts(k: Float64Array): boolean {
  if (k.every((value) => !(value >= 1) && !Number.isNaN(value))) return false;
  for (const value of k) {
    if (Number.isNaN(value)) throw executionFault('Parameter value is NaN');
    if (value <= -INT64) throw executionFault(`Scalar value ${printGo(value)} underflows int64`);
    if (value >= INT64) throw executionFault(`Scalar value ${printGo(value)} overflows int64`);
  }
  return true;
}

function rankGroup(
  context: Context,
  columns: readonly Column[],
  k: Float64Array,
  largest: boolean,
): Column[] {
  const kept = columns.map((column) => newColumn(context, column.labels));
  const ranking = new Ranking(columns.length, largest);
  for (let i = 0; i < k.length; i++) {
    const size = Math.min(Math.trunc(k[i] as number), columns.length);
    context.budget.spend(columns.length);
    if (size < 1) continue;
    ranking.start(size);
    for (let c = 0; c < columns.length; c++) {
      const { values, present } = columns[c] as Column;
      if (present[i] === 1) ranking.offer(values[i] as number, c);
    }
    for (let rank = 0; rank < ranking.length; rank++) {
      const column = kept[ranking.members[rank] as number] as Column;
      column.values[i] = ranking.values[rank] as number;
      column.present[i] = 1;
    }
  }
  if (k.length > 1) return kept.filter((column) => !isEmpty(column));
  return [...ranking.members.subarray(0, ranking.length)].map((member) => kept[member] as Column);
}

/** The best of a step in order; among equals the first offered is the better. */
class Ranking {
  readonly values: Float64Array;
  readonly members: Int32Array;
  length = 0;
  readonly #sign: number;
  #size = 0;

  constructor(most: number, largest: boolean) {
    this.values = new Float64Array(most);
    this.members = new Int32Array(most);
    this.#sign = largest ? 1 : -1;
  }

  start(size: number): void {
    this.#size = size;
    this.length = 0;
  }

  offer(value: number, member: number): void {
    if (this.length === this.#size) {
      if (!this.#better(value, this.values[this.length - 1] as number)) return;
      this.length--;
    }
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#better(value, this.values[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.values.copyWithin(low + 1, low, this.length);
    this.members.copyWithin(low + 1, low, this.length);
    this.values[low] = value;
    this.members[low] = member;
    this.length++;
  }

  #better(value: number, than: number): boolean {
    if (Number.isNaN(than)) return !Number.isNaN(value);
    return this.#sign * value > this.#sign * than;
  }
}
