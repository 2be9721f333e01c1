import type { Labels } from '../../wire/labels.ts';
import { type Ids, difference, intersection, union } from './ids.ts';
import { compileMatcher } from './label-pattern.ts';
import type { Matcher } from './matcher.ts';
import type { Scope } from './scope.ts';

/** The inverted index of one place where series lie: the head or a partition. Ids mean nothing elsewhere. */
export interface LabelIndex {
  /** All series. */
  all(): Ids;
  /** The series that carry exactly this label. */
  withLabel(name: string, value: string): Ids;
  /** All values of a label name, each with a way to its series. */
  valuesOf(name: string): Iterable<{ readonly value: string; ids(): Ids }>;
  labelsOf(id: number): Labels;
}

/**
 * The series for which all matchers hold and that may be seen, sorted by id. An absent label has the value
 * `''`, so a matcher that accepts `''` only takes series away.
 */
export function findSeries(index: LabelIndex, scope: Scope, matchers: readonly Matcher[]): Ids {
  let found: Ids | undefined;
  if (scope.kind === 'namespaces') {
    found = union([...scope.names].map((name) => index.withLabel('namespace', name)));
  }
  const takers: Ids[] = [];
  for (const matcher of matchers) {
    const pattern = compileMatcher(matcher);
    if (pattern.matches('')) {
      takers.push(collect(index, matcher.name, (value) => !pattern.matches(value)));
      continue;
    }
    const ids = pattern.values
      ? union(pattern.values.map((value) => index.withLabel(matcher.name, value)))
      : collect(index, matcher.name, (value) => pattern.matches(value));
    found = found === undefined ? ids : intersection(found, ids);
    if (found.length === 0) return found;
  }
  found ??= index.all();
  for (const taken of takers) found = difference(found, taken);
  return found;
}

function collect(index: LabelIndex, name: string, accepts: (value: string) => boolean): Ids {
  const lists: Ids[] = [];
  for (const entry of index.valuesOf(name)) if (accepts(entry.value)) lists.push(entry.ids());
  return union(lists);
}
