import { formatFloat } from '../../../lang/promql/number.ts';
import { labelsKey, withLabels } from '../../../wire/labels.ts';
import type { Group } from './aggregate.ts';
import type { Context } from './context.ts';
import { executionFault, newColumn } from './context.ts';
import { printHistogram } from './histogram/print.ts';
import type { Column } from './value.ts';
import { quote } from '../../../lang/promql/quote.ts';

/** Refuses a label that is no name. */
export function checkLabel(label: string): void {
  if (label === '' || !label.isWellFormed()) throw executionFault(`invalid label name ${quote(label)}`);
}

/**
 * `count_values`: one series for each value of a group, which goes into a label. When that replaces a label of
 * the groups, those that it makes equal are counted together.
 */
export function countValues(context: Context, groups: readonly Group[], label: string): Column[] {
  const results = new Map<string, Column>();
  for (const { labels, columns } of groups) {
    const byValue = new Map<number | string, Column>();
    const countsOf = (value: number | string): Column => {
      const text = typeof value === 'string' ? value : formatFloat(value);
      const named = withLabels(labels, { [label]: text });
      const key = labelsKey(named);
      const counts = results.get(key) ?? newColumn(context, named);
      byValue.set(value, counts);
      results.set(key, counts);
      return counts;
    };
    for (const { values, present, histograms } of columns) {
      context.budget.spend(present.length);
      for (let i = 0; i < present.length; i++) {
        if (present[i] === 0) continue;
        const histogram = histograms?.[i];
        const value = histogram === undefined ? (values[i] as number) : printHistogram(histogram);
        const counts = byValue.get(value) ?? countsOf(value);
        counts.values[i] = (counts.values[i] as number) + 1;
        counts.present[i] = 1;
      }
    }
  }
  return [...results.values()];
}
