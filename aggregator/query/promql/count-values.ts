import { formatFloat } from '../../../lang/promql/number.ts';
import { withLabels } from '../../../wire/labels.ts';
import type { Group } from './aggregate.ts';
import type { Context } from './context.ts';
import { executionFault, newColumn } from './context.ts';
import type { Column } from './value.ts';
import { quote } from '../../../lang/promql/quote.ts';

/** Refuses a label that is no name. */
export function checkLabel(label: string): void {
  if (label === '' || !label.isWellFormed()) throw executionFault(`invalid label name ${quote(label)}`);
}

/** `count_values`: one series for each value of a group, which goes into a label. */
export function countValues(context: Context, groups: readonly Group[], label: string): Column[] {
  const results: Column[] = [];
  for (const { labels, columns } of groups) {
    const byValue = new Map<number, Column>();
    for (const { values, present } of columns) {
      context.budget.spend(present.length);
      for (let i = 0; i < present.length; i++) {
        if (present[i] === 0) continue;
        const value = values[i] as number;
        let counts = byValue.get(value);
        if (counts === undefined) {
          counts = newColumn(context, withLabels(labels, { [label]: formatFloat(value) }));
          byValue.set(value, counts);
        }
        counts.values[i] = (counts.values[i] as number) + 1;
        counts.present[i] = 1;
      }
    }
    results.push(...byValue.values());
  }
  return results;
}
