import type { Labels } from '../../../../wire/labels.ts';
import { isStale } from '../../../../wire/sample.ts';
import type { MemorySeries } from './memory-reader.ts';

/**
 * The meaning of range functions and aggregations, said as plainly as it can be: one step and one window at a
 * time, sums without error terms. To hold the evaluator against.
 */
export interface Point {
  readonly ms: number;
  readonly value: number;
}

/** Samples in (at - range, at], without staleness markers. */
export function windowOf({ timestampsMs, values }: MemorySeries, atMs: number, rangeMs: number): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < values.length; i++) {
    const ms = timestampsMs[i] as number;
    if (ms > atMs - rangeMs && ms <= atMs && !isStale(values, i))
      points.push({ ms, value: values[i] as number });
  }
  return points;
}

/** The value of an instant selector. */
export function newestOf(
  { timestampsMs, values }: MemorySeries,
  atMs: number,
  lookbackMs: number,
): number | undefined {
  const at = timestampsMs.findLastIndex((ms) => ms <= atMs);
  if (at < 0 || (timestampsMs[at] as number) <= atMs - lookbackMs || isStale(values, at)) return undefined;
  return values[at];
}

type Window = readonly Point[];

const valuesOf = (window: Window): number[] => window.map(({ value }) => value);
const plainSum = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]): number => plainSum(values) / values.length;
const variance = (values: readonly number[]): number =>
  mean(values.map((value) => (value - mean(values)) ** 2));
const numbers = (values: readonly number[]): number[] => values.filter((value) => !Number.isNaN(value));
const max = (values: readonly number[]): number =>
  numbers(values).length > 0 ? Math.max(...numbers(values)) : NaN;
const min = (values: readonly number[]): number =>
  numbers(values).length > 0 ? Math.min(...numbers(values)) : NaN;

function quantile(q: number, values: readonly number[]): number {
  const sorted = [...values.filter(Number.isNaN), ...numbers(values).sort((a, b) => a - b)];
  const rank = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)] as number, sorted[Math.ceil(rank)] as number];
  const share = rank - Math.floor(rank);
  return low * (1 - share) + high * share;
}

/** How far a series reaches beyond its first or last sample: to the border, or half a spacing. */
function reach(distance: number, spacing: number): number {
  return distance < spacing * 1.1 ? distance : spacing / 2;
}

/** The change over a window, as if it went on at its pace to the borders; a counter starts at zero again after a fall. */
function change(window: Window, atMs: number, rangeMs: number, counter: boolean): number | undefined {
  const [first, last] = [window[0], window.at(-1)];
  if (first === undefined || last === undefined || first === last) return undefined;
  let total = 0;
  for (let i = 1; i < window.length; i++) {
    const [before, after] = [(window[i - 1] as Point).value, (window[i] as Point).value];
    total += counter && after < before ? after : after - before;
  }
  // In seconds, where Prometheus compares: in milliseconds a border case may fall to the other side.
  const length = (last.ms - first.ms) / 1000;
  const spacing = length / (window.length - 1);
  let before = reach((first.ms - (atMs - rangeMs)) / 1000, spacing);
  if (counter && total > 0 && first.value >= 0) before = Math.min(before, length * (first.value / total));
  return total * ((length + before + reach((atMs - last.ms) / 1000, spacing)) / length);
}

function lastTwo(window: Window): [Point, Point] | undefined {
  const [before, last] = window.slice(-2);
  return before === undefined || last === undefined ? undefined : [before, last];
}

type RangeFunction = (window: Window, atMs: number, rangeMs: number) => number | undefined;

/** A function of the values of a window with at least one. */
function some(of: (values: number[]) => number): RangeFunction {
  return (window) => (window.length === 0 ? undefined : of(valuesOf(window)));
}

export const NAIVE_RANGE: Readonly<Record<string, RangeFunction>> = {
  avg_over_time: some(mean),
  changes: some((values) => values.filter((value, i) => i > 0 && !Object.is(value, values[i - 1])).length),
  count_over_time: some((values) => values.length),
  delta: (window, atMs, rangeMs) => change(window, atMs, rangeMs, false),
  idelta: (window) => {
    const two = lastTwo(window);
    return two && two[1].value - two[0].value;
  },
  increase: (window, atMs, rangeMs) => change(window, atMs, rangeMs, true),
  irate: (window) => {
    const two = lastTwo(window);
    if (two === undefined) return undefined;
    const [before, last] = two;
    return (
      (last.value < before.value ? last.value : last.value - before.value) / ((last.ms - before.ms) / 1000)
    );
  },
  last_over_time: some((values) => values.at(-1) as number),
  max_over_time: some(max),
  min_over_time: some(min),
  present_over_time: some(() => 1),
  rate: (window, atMs, rangeMs) => {
    const total = change(window, atMs, rangeMs, true);
    return total === undefined ? undefined : total / (rangeMs / 1000);
  },
  resets: some((values) => values.filter((value, i) => i > 0 && value < (values[i - 1] as number)).length),
  stddev_over_time: some((values) => Math.sqrt(variance(values))),
  stdvar_over_time: some(variance),
  sum_over_time: some(plainSum),
};

export const NAIVE_AGGREGATE: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: plainSum,
  avg: mean,
  count: (values) => values.length,
  group: () => 1,
  max,
  min,
  stddev: (values) => Math.sqrt(variance(values)),
  stdvar: variance,
  'quantile(0.25, ': (values) => quantile(0.25, values),
};

/** Groups by the value of one label at one moment. */
export function groupsOf(
  points: readonly { labels: Labels; value: number }[],
  keyOf: (labels: Labels) => string,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { labels, value } of points)
    groups.set(keyOf(labels), [...(groups.get(keyOf(labels)) ?? []), value]);
  return groups;
}
