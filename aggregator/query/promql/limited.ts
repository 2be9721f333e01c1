import type { Expr } from '../../../lang/promql/ast.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { Group } from './aggregate.ts';
import type { Context } from './context.ts';
import { executionFault } from './context.ts';
import { checkCounts } from './ranked.ts';
import { printGo } from './quantile.ts';
import type { Column } from './value.ts';
import { isEmpty } from './value.ts';
import { xxh64 } from './xxhash.ts';

/** `limitk`: at each step the first k series of each group that have a sample there. */
export function selectFirst(context: Context, groups: readonly Group[], k: Float64Array): Column[] {
  if (!checkCounts(k)) return [];
  return groups.flatMap(({ columns }) => {
    const taken = new Float64Array(k.length);
    return masked(context, columns, (_, i) => {
      if ((taken[i] as number) >= Math.trunc(k[i] as number)) return false;
      taken[i] = (taken[i] as number) + 1;
      return true;
    });
  });
}

/**
 * `limit_ratio`: the share of the series whose hash lies below the ratio; a negative ratio takes what the ratio
 * 1 lower leaves. The same series are taken at every step, and by Prometheus.
 */
export function selectRatio(
  context: Context,
  groups: readonly Group[],
  ratio: Float64Array,
  at: Expr,
): Column[] {
  if (ratio.every((value) => value === 0)) return [];
  if (ratio.some(Number.isNaN)) throw executionFault('Ratio value is NaN');
  const highest = ratio.reduce((a, b) => Math.max(a, b));
  const lowest = ratio.reduce((a, b) => Math.min(a, b));
  if (highest > 1) context.annotations.warn(at, `${OUTSIDE}, got ${printGo(highest)}, capping to 1`);
  if (lowest < -1) context.annotations.warn(at, `${OUTSIDE}, got ${printGo(lowest)}, capping to -1`);
  return groups.flatMap(({ columns }) => {
    const places = new Map(columns.map((column) => [column, placeOf(column.labels)]));
    return masked(context, columns, (column, i) => {
      const place = places.get(column) as number;
      const value = ratio[i] as number;
      return value >= 0 ? place < Math.min(value, 1) && value !== 0 : place >= 1 + Math.max(value, -1);
    });
  });
}

const OUTSIDE = 'ratio value should be between -1 and 1';

/** The columns with the samples that are wanted; it is asked for one series after the other, and only where there is a sample. */
function masked(
  context: Context,
  columns: readonly Column[],
  isWanted: (column: Column, step: number) => boolean,
): Column[] {
  const kept: Column[] = [];
  for (const column of columns) {
    context.budget.hold(column.present.length);
    const present = column.present.map((there, i) => (there === 1 && isWanted(column, i) ? 1 : 0));
    const limited = { ...column, present };
    if (!isEmpty(limited)) kept.push(limited);
  }
  return kept;
}

/** Where a series lies between 0 and 1. */
function placeOf(labels: Labels): number {
  const parts = labels.flatMap((part) => {
    const bytes = Buffer.from(part);
    return [Buffer.from(sizeOf(bytes.length)), bytes];
  });
  return Number(xxh64(Buffer.concat(parts))) / 2 ** 64;
}

/** As Prometheus packs label sets: one byte, or 255 and three bytes from the lowest on. */
function sizeOf(length: number): number[] {
  return length < 255 ? [length] : [255, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff];
}
