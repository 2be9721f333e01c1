import type { Binary } from '../../../lang/promql/ast.ts';
import type { Context } from './context.ts';
import { mergeSame } from './merge.ts';
import { groupColumns, matchingLabels } from './signature.ts';
import type { Column } from './value.ts';
import { isEmpty } from './value.ts';

/** `and`, `or`, `unless`: which samples stay is decided at each step by the match groups of the other side. */
export function combineSets(
  context: Context,
  expr: Binary,
  left: readonly Column[],
  right: readonly Column[],
): Column[] {
  const by = matchingLabels(expr.matching);
  if (expr.op !== 'or') return masked(context, left, right, by, expr.op === 'and');
  return mergeSame(context, [...left, ...masked(context, right, left, by, false)]);
}

/** The columns where the match group of `others` has a sample (`wanted`) or has none. */
function masked(
  context: Context,
  columns: readonly Column[],
  others: readonly Column[],
  by: ReturnType<typeof matchingLabels>,
  wanted: boolean,
): Column[] {
  const presence = new Map<string, Uint8Array>();
  for (const [key, group] of groupColumns(others, by)) presence.set(key, anyPresent(context, group));
  const results: Column[] = [];
  for (const [key, group] of groupColumns(columns, by)) {
    const mask = presence.get(key);
    for (const column of group) {
      if (mask === undefined) {
        if (!wanted) results.push(column);
        continue;
      }
      context.budget.hold(column.present.length);
      const present = new Uint8Array(column.present.length);
      for (let i = 0; i < present.length; i++) {
        present[i] = column.present[i] === 1 && (mask[i] === 1) === wanted ? 1 : 0;
      }
      const kept = { ...column, present };
      if (!isEmpty(kept)) results.push(kept);
    }
  }
  return results;
}

function anyPresent(context: Context, columns: readonly Column[]): Uint8Array {
  const [first, ...rest] = columns as [Column, ...Column[]];
  if (rest.length === 0) return first.present;
  const any = first.present.slice();
  for (const { present } of rest) {
    for (let i = 0; i < any.length; i++) any[i] = (any[i] as number) | (present[i] as number);
  }
  context.budget.spend(any.length * columns.length);
  return any;
}
