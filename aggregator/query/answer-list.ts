import { labelsToRecord, type Labels } from '../../wire/labels.ts';
import type { Matcher } from '../store/matcher.ts';
import type { Scope } from '../store/scope.ts';
import type { MetricReader, ReadLimits, TimeRange } from '../store/store.ts';
import { success, TRUNCATED } from './envelope.ts';
import { parseSelector } from './selector.ts';
import type { ListQuestion } from './task.ts';

/** Lists series, or names or values of labels, of all selectors together, each once. */
export function answerList(
  reader: MetricReader,
  scope: Scope,
  question: ListQuestion,
  limits: ReadLimits,
  damage: ReadonlySet<string>,
): Uint8Array {
  const { limit } = question;
  const found = listOf(reader, scope, question, limits);
  const isCut = limit > 0 && found.length > limit;
  return success(isCut ? found.slice(0, limit) : found, [...damage, ...(isCut ? [TRUNCATED] : [])]);
}

function listOf(
  reader: MetricReader,
  scope: Scope,
  question: ListQuestion,
  limits: ReadLimits,
): readonly unknown[] {
  switch (question.kind) {
    case 'series': {
      const found = perSelector(question, (matchers, range) => reader.series(scope, matchers, range, limits));
      const unique = new Map<string, Labels>();
      for (const labels of found) unique.set(labels.join('\0'), labels);
      return [...unique.values()].map(labelsToRecord);
    }
    case 'labels': {
      const find = (matchers: readonly Matcher[], range: TimeRange): string[] =>
        reader.labelNames(scope, matchers, range, limits);
      return [...new Set(perSelector(question, find))].sort();
    }
    case 'label_values': {
      const find = (matchers: readonly Matcher[], range: TimeRange): string[] =>
        reader.labelValues(scope, question.name, matchers, range, limits);
      return [...new Set(perSelector(question, find))].sort();
    }
  }
}

/** What each of the selectors finds, one after the other; all series when there is no selector. */
function perSelector<T>(
  { matches, startMs: fromMs, endMs: toMs }: ListQuestion,
  find: (matchers: readonly Matcher[], range: TimeRange) => readonly T[],
): T[] {
  const range = { fromMs, toMs };
  if (matches.length === 0) return [...find([], range)];
  return matches.flatMap((text) => find(parseSelector(text, 'match[]'), range));
}
