import type { ArithmeticOp, Binary, Fill, VectorMatching } from '../../../lang/promql/ast.ts';
import { isComparison, isTrim } from '../../../lang/promql/ast.ts';
import type { Labels } from '../../../wire/labels.ts';
import { labelsKey, labelValue, printLabels, withLabels } from '../../../wire/labels.ts';
import type { Context } from './context.ts';
import { executionFault, newColumn } from './context.ts';
import { mergeSame } from './merge.ts';
import { operateMixed } from './mixed-operators.ts';
import { calculate, compare } from './operators.ts';
import type { MatchingLabels } from './signature.ts';
import { groupColumns, matchGroup, matchingLabels } from './signature.ts';
import type { Column } from './value.ts';
import { dropName, filterLabels, isEmpty } from './value.ts';

/**
 * Arithmetic and comparison between vectors. Series are brought together by match group once, not at each
 * step; only groups with several series on a side are looked at step by step for what is not allowed.
 */
export function matchVectors(
  context: Context,
  expr: Binary,
  left: readonly Column[],
  right: readonly Column[],
): Column[] {
  const matching = expr.matching ?? ONE_TO_ONE;
  const swapped = matching.card === 'one-to-many';
  const many = swapped ? right : left;
  const one = swapped ? left : right;
  const by = matchingLabels(expr.matching);
  const { left: fillLeft, right: fillRight } = expr.fill ?? NO_FILL;
  const fills = swapped ? { many: fillRight, one: fillLeft } : { many: fillLeft, one: fillRight };
  const oneGroups = groupColumns(one, by);
  for (const group of oneGroups.values()) {
    if (group.length > 1) refuseDuplicates(group, by, swapped, () => sharedSteps(context, left, right));
  }
  const results: Column[] = [];
  for (const { many: group, one: partners } of pairs(context, groupColumns(many, by), oneGroups, by, fills)) {
    const matched: Column[] = [];
    for (const manyColumn of group) {
      for (const oneColumn of partners) {
        const labels = resultLabels(manyColumn.labels, oneColumn.labels, expr, matching);
        const out = newColumn(context, labels);
        const [l, r] = swapped ? [oneColumn, manyColumn] : [manyColumn, oneColumn];
        if (l.histograms || r.histograms || isTrim(expr.op)) operateMixed(context, expr, l, r, out, false);
        else operate(expr, l, r, out);
        if (!isEmpty(out)) matched.push(out);
      }
    }
    if (matched.length > 1) refuseManyToMany(matched, matching);
    results.push(...matched);
  }
  return mergeSame(context, results);
}

const NO_FILL: Fill = { left: undefined, right: undefined };

/** What is matched with what. */
interface Pair {
  readonly many: readonly Column[];
  readonly one: readonly Column[];
}

/** The match groups of both sides, and those of one with what fills the gaps of the other. */
function pairs(
  context: Context,
  manyGroups: ReadonlyMap<string, readonly Column[]>,
  oneGroups: ReadonlyMap<string, readonly Column[]>,
  by: MatchingLabels,
  fills: { readonly many: number | undefined; readonly one: number | undefined },
): Pair[] {
  const found: Pair[] = [];
  for (const [key, many] of manyGroups) {
    const partners = oneGroups.get(key) ?? [];
    const one = fills.one === undefined ? [] : [filler(context, many, partners, by, fills.one)];
    if (partners.length + one.length > 0) found.push({ many, one: [...partners, ...one] });
  }
  if (fills.many === undefined) return found;
  for (const [key, one] of oneGroups) {
    found.push({ many: [filler(context, one, manyGroups.get(key) ?? [], by, fills.many)], one });
  }
  return found;
}

/** A value wherever none of the columns has one, with the labels that are matched on. */
function filler(
  context: Context,
  partners: readonly Column[],
  columns: readonly Column[],
  by: MatchingLabels,
  value: number,
): Column {
  const out = newColumn(context, matchGroup(partners[0]?.labels ?? [], by));
  out.values.fill(value);
  for (let i = 0; i < out.present.length; i++) {
    out.present[i] = columns.some(({ present }) => present[i] === 1) ? 0 : 1;
  }
  return out;
}

const ONE_TO_ONE: VectorMatching = { card: 'one-to-one', on: false, labels: [], include: [] };

function operate({ op, bool }: Binary, left: Column, right: Column, out: Column): void {
  const comparison = isComparison(op);
  const steps = out.present.length;
  for (let i = 0; i < steps; i++) {
    if ((left.present[i] as number) + (right.present[i] as number) !== 2) continue;
    const l = left.values[i] as number;
    const r = right.values[i] as number;
    if (comparison) {
      const holds = compare(op, l, r);
      if (!holds && !bool) continue;
      out.values[i] = bool ? Number(holds) : l;
    } else {
      out.values[i] = calculate(op as ArithmeticOp, l, r);
    }
    out.present[i] = 1;
  }
}

/** The labels of a result: those of the "many" side, or in one-to-one matching what was matched on. */
function resultLabels(many: Labels, one: Labels, { op, bool }: Binary, matching: VectorMatching): Labels {
  let labels = (isComparison(op) && !bool) || isTrim(op) ? many : dropName(many);
  if (matching.card === 'one-to-one') labels = filterLabels(labels, new Set(matching.labels), matching.on);
  if (matching.include.length === 0) return labels;
  const included: Record<string, string> = Object.create(null);
  for (const name of matching.include) included[name] = labelValue(one, name);
  return withLabels(labels, included);
}

/** Where both sides have any sample at all; elsewhere nothing is matched, so nothing is wrong. */
function sharedSteps(context: Context, left: readonly Column[], right: readonly Column[]): Uint8Array {
  const steps = context.steps.count;
  const any = new Uint8Array(steps);
  for (const { present } of left)
    for (let i = 0; i < steps; i++) any[i] = (any[i] as number) | (present[i] as number);
  for (const { present } of right) {
    for (let i = 0; i < steps; i++) any[i] = (any[i] as number) | ((present[i] as number) << 1);
  }
  context.budget.spend(steps * (left.length + right.length));
  return any.map((sides) => (sides === 3 ? 1 : 0));
}

function refuseDuplicates(
  group: readonly Column[],
  by: MatchingLabels,
  swapped: boolean,
  sharedSteps: () => Uint8Array,
): void {
  let shared: Uint8Array | undefined;
  const steps = group[0]?.present.length ?? 0;
  for (let i = 0; i < steps; i++) {
    let first: Column | undefined;
    for (const column of group) {
      if (column.present[i] === 0) continue;
      if (first === undefined) {
        first = column;
        continue;
      }
      shared ??= sharedSteps();
      if (shared[i] === 0) break;
      const labels = printLabels(matchGroup(column.labels, by));
      const side = swapped ? 'left' : 'right';
      throw executionFault(
        `found duplicate series for the match group ${labels} on the ${side} hand-side of the operation: ` +
          `[${printLabels(column.labels)}, ${printLabels(first.labels)}];` +
          'many-to-many matching not allowed: matching labels must be unique on one side',
      );
    }
  }
}

/** Several results of one match group at one step: never in one-to-one matching, and never with equal labels. */
function refuseManyToMany(matched: readonly Column[], matching: VectorMatching): void {
  const grouped = matching.card !== 'one-to-one';
  const taken = new Map<string, Uint8Array>();
  for (const column of matched) {
    const key = grouped ? labelsKey(column.labels) : '';
    const seen = taken.get(key);
    if (seen === undefined) {
      taken.set(key, column.present.slice());
      continue;
    }
    for (let i = 0; i < seen.length; i++) {
      if (column.present[i] === 0) continue;
      if (seen[i] === 1) {
        throw executionFault(
          grouped
            ? 'multiple matches for labels: grouping labels must ensure unique matches'
            : 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
        );
      }
      seen[i] = 1;
    }
  }
}
