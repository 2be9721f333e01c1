import { RE2JS } from 're2js';

import type { At, Expr, VectorSelector } from '../../../../lang/promql/ast.ts';
import { childrenOf } from '../../../../lang/promql/ast.ts';
import { matchesEmpty } from '../../../../lang/promql/matches-empty.ts';
import { labelsKey, labelValue, METRIC_NAME, printLabels, withLabels } from '../../../../wire/labels.ts';
import type { Labels } from '../../../../wire/labels.ts';
import type { Matcher } from '../../../store/matcher.ts';
import { executionFault, newColumn, type Context } from '../context.ts';
import { mergeSame } from '../merge.ts';
import { selectInstant } from '../selector.ts';
import type { Column } from '../value.ts';
import { columnsOf, filterLabels, putSample, sampleAt, vector } from '../value.ts';
import type { InstantFunction } from './table.ts';

/** Labels that say which target a series is of. */
const IDENTIFYING: ReadonlySet<string> = new Set(['instance', 'job']);
const TARGET_INFO: Matcher = { name: METRIC_NAME, op: '=', value: 'target_info' };

/**
 * `info`: adds to each series the labels of the info metrics (`target_info`) of the same `instance` and `job`. The
 * second argument says which labels (all, when it has none) and, by `__name__`, of which metrics.
 */
export const info: InstantFunction = (context, call) => {
  const [baseExpr, selector] = call.args as [Expr, VectorSelector | undefined];
  const columns = columnsOf(context.evaluate(baseExpr, context));
  const matchers = selector?.matchers ?? [];
  const names = nameMatchers(matchers.filter(({ name }) => name === METRIC_NAME));
  const data = matchers.filter(({ name }) => name !== METRIC_NAME);
  const isName = names.map(compile);
  const isInfo = ({ labels }: Column): boolean =>
    isName.every((test) => test(labelValue(labels, METRIC_NAME)));
  const infos = infoSeries(
    context,
    columns.filter((column) => !isInfo(column)),
    [...data, ...names],
    modifiersOf(baseExpr),
  );
  const results = columns.flatMap((column) =>
    isInfo(column) ? [column] : enriched(context, column, infos, data),
  );
  return vector(mergeSame(context, results));
};

/** Conditions on the names of info metrics; those that only exclude do so among all that end in `_info`. */
function nameMatchers(written: readonly Matcher[]): Matcher[] {
  if (written.length === 0) return [TARGET_INFO];
  if (written.some(({ op }) => op === '=' || op === '=~')) return [...written];
  return [{ name: METRIC_NAME, op: '=~', value: '.+_info' }, ...written];
}

function compile({ op, value }: Matcher): (text: string) => boolean {
  if (op === '=' || op === '!=') return (text) => (text === value) === (op === '=');
  const regex = RE2JS.compile(value, RE2JS.DOTALL);
  return (text) => regex.matches(text) === (op === '=~');
}

interface Moment {
  readonly at: At | undefined;
  readonly offsetMs: number;
}

/** The `@` and `offset` of the first selector, with those of the subqueries around it: info is looked up as of then. */
function modifiersOf(expr: Expr): Moment {
  return find(expr) ?? { at: undefined, offsetMs: 0 };

  function find(one: Expr): Moment | undefined {
    if (one.kind === 'vectorSelector') return { at: one.at, offsetMs: one.offsetMs };
    for (const child of childrenOf(one)) {
      const inner = find(child);
      if (inner === undefined) continue;
      if (one.kind !== 'subquery' || inner.at !== undefined) return inner;
      return { at: one.at, offsetMs: inner.offsetMs + one.offsetMs };
    }
    return undefined;
  }
}

interface InfoSeries {
  readonly labels: Labels;
  /** When its samples were taken, in seconds. */
  readonly taken: Column;
}

/** The info series of the targets of these columns: by name, then by target. */
function infoSeries(
  context: Context,
  columns: readonly Column[],
  matchers: readonly Matcher[],
  moment: Moment,
): Map<string, Map<string, InfoSeries[]>> {
  const found = new Map<string, Map<string, InfoSeries[]>>();
  const targets = [...IDENTIFYING].flatMap((name): Matcher[] => {
    const values = new Set(
      columns.map(({ labels }) => labelValue(labels, name)).filter((value) => value !== ''),
    );
    return values.size === 0
      ? []
      : [{ name, op: '=~', value: [...values].map((value) => RE2JS.quote(value)).join('|') }];
  });
  if (targets.length === 0) return found;
  const selector: VectorSelector = {
    kind: 'vectorSelector',
    name: '',
    matchers: [...targets, ...matchers],
    ...moment,
    span: { from: 0, to: 0 },
  };
  for (const taken of selectInstant(context, selector, 'timestamp')) {
    const { labels } = taken;
    const name = labelValue(labels, METRIC_NAME);
    const key = targetKey(labels);
    const byTarget = found.get(name) ?? new Map<string, InfoSeries[]>();
    found.set(name, byTarget.set(key, [...(byTarget.get(key) ?? []), { labels, taken }]));
  }
  return found;
}

function targetKey(labels: Labels): string {
  return labelsKey(filterLabels(labels, IDENTIFYING, true));
}

/** The series in as many columns as it gets different labels over the steps. */
function enriched(
  context: Context,
  column: Column,
  infos: ReadonlyMap<string, ReadonlyMap<string, readonly InfoSeries[]>>,
  data: readonly Matcher[],
): Column[] {
  const key = targetKey(column.labels);
  const candidates = [...infos.values()].map((byTarget) => byTarget.get(key) ?? []);
  const wanted = new Set(data.map(({ name }) => name));
  const isNeeded = data.some((matcher) => !matchesEmpty(matcher, () => undefined));
  const byLabels = new Map<string, Column>();
  for (let i = 0; i < column.present.length; i++) {
    if (column.present[i] === 0) continue;
    const present = candidates.map((series) => newest(series, i)).filter((one) => one !== undefined);
    if (present.length === 0 && isNeeded) continue;
    const labels = withLabels(column.labels, addedLabels(column.labels, present, wanted));
    const outKey = labelsKey(labels);
    let out = byLabels.get(outKey);
    if (out === undefined) byLabels.set(outKey, (out = newColumn(context, labels)));
    putSample(out, i, sampleAt(column, i));
  }
  return [...byLabels.values()];
}

/** Of several series of one info metric the one with the newest sample counts. */
function newest(series: readonly InfoSeries[], step: number): Labels | undefined {
  let best: InfoSeries | undefined;
  for (const one of series) {
    if (one.taken.present[step] === 0) continue;
    if (best === undefined) {
      best = one;
      continue;
    }
    const [atBest, at] = [best.taken.values[step] as number, one.taken.values[step] as number];
    if (at === atBest) {
      throw executionFault(
        `found duplicate series for info metric: existing ${printLabels(best.labels)} @ ${at * 1000}, ` +
          `new ${printLabels(one.labels)} @ ${at * 1000}`,
      );
    }
    if (at > atBest) best = one;
  }
  return best?.labels;
}

function addedLabels(
  base: Labels,
  infos: readonly Labels[],
  wanted: ReadonlySet<string>,
): Record<string, string> {
  const added: Record<string, string> = Object.create(null);
  for (const labels of infos) {
    for (let i = 0; i < labels.length; i += 2) {
      const [name, value] = [labels[i] as string, labels[i + 1] as string];
      if (name === METRIC_NAME || (wanted.size > 0 && !wanted.has(name))) continue;
      if (added[name] !== undefined && added[name] !== value)
        throw executionFault(`conflicting label: ${name}`);
      if (labelValue(base, name) === '') added[name] = value;
    }
  }
  return added;
}
