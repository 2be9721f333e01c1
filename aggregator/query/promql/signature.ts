import type { VectorMatching } from '../../../lang/promql/ast.ts';
import type { Labels } from '../../../wire/labels.ts';
import { labelsKey, METRIC_NAME } from '../../../wire/labels.ts';
import type { Column } from './value.ts';
import { filterLabels } from './value.ts';

/** Which labels decide whether two series belong together; without `on` the metric name never does. */
export interface MatchingLabels {
  readonly on: boolean;
  readonly names: ReadonlySet<string>;
}

export function matchingLabels(matching: VectorMatching | undefined): MatchingLabels {
  const on = matching?.on ?? false;
  return { on, names: new Set([...(matching?.labels ?? []), ...(on ? [] : [METRIC_NAME])]) };
}

/** The labels of a series that decide. */
export function matchGroup(labels: Labels, { on, names }: MatchingLabels): Labels {
  return filterLabels(labels, names, on);
}

/** The columns of each match group, in order of first appearance. */
export function groupColumns(columns: readonly Column[], by: MatchingLabels): Map<string, Column[]> {
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const key = labelsKey(matchGroup(column.labels, by));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  }
  return groups;
}
