import { labelsKey, labelValue, METRIC_NAME } from '../../../wire/labels.ts';
import type { Context } from './context.ts';
import { executionFault, newColumn } from './context.ts';
import type { Column } from './value.ts';
import { isEmpty, putSample, sampleAt } from './value.ts';

const DUPLICATE = 'vector cannot contain metrics with the same labelset';

/**
 * Brings columns with equal labels together when they never have a value at the same step, and refuses them
 * otherwise, as Prometheus does when it puts the steps of a result together. Empty columns are dropped.
 */
export function mergeSame(context: Context, columns: readonly Column[]): Column[] {
  const byLabels = new Map<string, Column>();
  const own = new Set<Column>();
  for (const column of columns) {
    if (isEmpty(column)) continue;
    const key = labelsKey(column.labels);
    const known = byLabels.get(key);
    if (known === undefined) {
      byLabels.set(key, column);
      continue;
    }
    let target = known;
    if (!own.has(known)) {
      target = newColumn(context, known.labels);
      target.values.set(known.values);
      target.present.set(known.present);
      if (known.histograms) target.histograms = [...known.histograms];
      own.add(target);
      byLabels.set(key, target);
    }
    addInto(target, column);
  }
  return [...byLabels.values()];
}

function addInto(target: Column, column: Column): void {
  for (let i = 0; i < column.present.length; i++) {
    if (column.present[i] === 0) continue;
    if (target.present[i] === 1) throw executionFault(DUPLICATE);
    putSample(target, i, sampleAt(column, i));
  }
}

/** Drops empty columns and refuses two with equal labels, even at different steps: functions of ranges, and signs. */
export function refuseSame(context: Context, columns: readonly Column[]): Column[] {
  const kept = columns.filter((column) => !isEmpty(column));
  const keys = new Set<string>();
  for (const { labels } of kept) {
    const key = labelsKey(labels);
    if (keys.has(key)) throw executionFault(DUPLICATE);
    keys.add(key);
  }
  context.budget.spend(kept.length);
  return kept;
}

/** Do all columns have the same metric name? Then dropping it cannot make two of them equal. */
export function sameName(columns: readonly Column[]): boolean {
  const first = columns[0];
  if (first === undefined) return true;
  const name = labelValue(first.labels, METRIC_NAME);
  return columns.every((column) => labelValue(column.labels, METRIC_NAME) === name);
}
