import type { Expr, VectorSelector } from '../../../../lang/promql/ast.ts';
import { childrenOf, selectorsOf } from '../../../../lang/promql/ast.ts';
import { parsePromQL } from '../../../../lang/promql/parse.ts';
import { labelsFrom, labelsKey } from '../../../../wire/labels.ts';
import type { MemorySeries } from './memory-reader.ts';

/**
 * Made-up series for the metrics that expressions name: with the labels that they ask for and group by, so
 * that they find something. Equal expressions give equal series.
 */
export interface Shape {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** One series of each for every selector; labels that the selector leaves open have this value. */
const VARIANTS = ['a', 'b', 'c'];
const BOUNDS = ['0.1', '0.5', '2.5', '10', '+Inf'];

export function seriesFor(queries: readonly string[], shape: Shape): MemorySeries[] {
  const exprs = queries.map(parsePromQL);
  const labelsOf = new Map<string, Set<string>>();
  for (const expr of exprs) {
    for (const { name, matchers } of selectorsOf(expr)) {
      const asked = matchers.map((matcher) => matcher.name);
      labelsOf.set(name, new Set([...(labelsOf.get(name) ?? []), ...asked, ...groupingOf(expr)]));
    }
  }
  const byKey = new Map<string, MemorySeries>();
  for (const selector of exprs.flatMap(selectorsOf)) {
    if (selector.name === '') continue;
    for (const variant of VARIANTS) {
      const record = recordFor(selector, labelsOf.get(selector.name) ?? new Set(), variant);
      for (const series of seriesOf(record, shape)) byKey.set(labelsKey(series.labels), series);
    }
  }
  return [...byKey.values()];
}

/** The labels of `by`, `on` and the group modifiers. */
function groupingOf(expr: Expr): string[] {
  const own =
    expr.kind === 'aggregate' && !expr.without
      ? expr.grouping
      : expr.kind === 'binary' && expr.matching?.on
        ? [...expr.matching.labels, ...expr.matching.include]
        : [];
  return [...own, ...childrenOf(expr).flatMap(groupingOf)];
}

function recordFor(
  selector: VectorSelector,
  labels: ReadonlySet<string>,
  variant: string,
): Record<string, string> {
  const record: Record<string, string> = {};
  for (const label of labels) record[label] = variant;
  for (const { name, op, value } of selector.matchers) {
    // Of a regular expression the first alternative, when that is a plain word.
    const wanted = op === '=' ? value : op === '=~' ? /^\w[\w-]*(?=$|\|)/.exec(value)?.[0] : undefined;
    if (wanted !== undefined) record[name] = wanted;
  }
  return record;
}

function seriesOf(record: Record<string, string>, shape: Shape): MemorySeries[] {
  const name = record['__name__'] as string;
  const seed = hash(labelsKey(labelsFrom({ ...record, le: '' })));
  const bounds = name.endsWith('_bucket') ? BOUNDS : [record['le'] ?? ''];
  return bounds.map((le, rank) => ({
    labels: labelsFrom({ ...record, le }),
    ...values(name, seed, rank + 1, shape),
  }));
}

/** Counters rise and are sometimes set back; gauges wander. Some samples are missing. */
function values(name: string, seed: number, rank: number, shape: Shape): Omit<MemorySeries, 'labels'> {
  const counter = /_(total|sum|count|bucket)$/.test(name);
  const random = generator(seed);
  const timestampsMs: number[] = [];
  const numbers: number[] = [];
  let value = 1000 + Math.floor(random() * 1e6);
  const jitterMs = Math.floor(random() * (shape.stepMs / 3));
  for (let i = 0; i < shape.count; i++) {
    const change = random();
    // The same for all buckets of a histogram.
    const gap = random() < 0.03;
    if (counter) value = change < 0.01 ? 500 : value + Math.floor(change * 50);
    else value += Math.floor((change - 0.5) * 1e5) / 8;
    if (gap) continue;
    timestampsMs.push(shape.startMs + i * shape.stepMs + jitterMs);
    numbers.push(counter ? value * rank : value);
  }
  return { timestampsMs: Float64Array.from(timestampsMs), values: Float64Array.from(numbers) };
}

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}

/** Mulberry32: numbers in [0, 1) that depend on the seed alone. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
