import type { Extent } from '../../../../lang/promql/ast.ts';
import type { Column } from '../value.ts';
import type { RangeFunction, RangeInput } from './range-function.ts';

/**
 * Functions of ranges whose selector is `anchored` (they begin with the last sample before them) or `smoothed` (their
 * ends are interpolated between the samples on both sides). Nothing is extrapolated. The windows of the input reach
 * out of the ranges as far as a sample may be old.
 */
export function extendedFunction(
  name: string,
  extent: Extent,
  rangeMs: number,
): Pick<RangeFunction, 'evaluate'> | undefined {
  const smoothed = extent === 'smoothed';
  if (!EXTENDED_NAMES[extent].includes(name)) return undefined;
  return {
    evaluate: (input, out) => {
      eachRange(input, out, rangeMs, smoothed, (reach) => {
        if (name === 'changes') return countPairs(reach, isChange);
        if (name === 'resets') return countPairs(reach, isFall);
        const change = changeOf(reach, name !== 'delta', smoothed);
        return name === 'rate' ? change / (rangeMs / 1000) : change;
      });
    },
  };
}

/** The functions that know the modifiers, in order. */
export const EXTENDED_NAMES: Readonly<Record<Extent, readonly string[]>> = {
  anchored: ['changes', 'delta', 'increase', 'rate', 'resets'],
  smoothed: ['delta', 'increase', 'rate'],
};

/** One range, and the samples that decide it: from the one at or before its start, if there is one, to its last. */
interface Reach {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly first: number;
  readonly last: number;
  readonly startMs: number;
  readonly endMs: number;
}

function eachRange(
  { timestampsMs, values, windows, budget }: RangeInput,
  out: Column,
  rangeMs: number,
  smoothed: boolean,
  evaluate: (reach: Reach) => number,
): void {
  const { lo, hi } = windows;
  for (let i = 0; i < lo.length; i++) {
    const endMs =
      windows.ends.startMs + i * windows.ends.stepMs - (smoothed ? windows.rangeMs - rangeMs : 0) / 2;
    const startMs = endMs - rangeMs;
    let [first, last] = [lo[i] as number, (hi[i] as number) - 1];
    budget.spend(last - first + 1);
    if (last < first) continue;
    while (first < last && (timestampsMs[first + 1] as number) <= startMs) first++;
    // A smoothed range needs no more than the first sample that is not before its end.
    const latestMs = smoothed ? endMs : Infinity;
    while (last > first && (timestampsMs[last - 1] as number) >= latestMs) last--;
    if ((timestampsMs[last] as number) <= startMs || (timestampsMs[first] as number) > endMs) continue;
    out.values[i] = evaluate({ timestampsMs, values, first, last, startMs, endMs });
    out.present[i] = 1;
  }
}

function changeOf(reach: Reach, isCounter: boolean, smoothed: boolean): number {
  const { timestampsMs, values, first, last, startMs, endMs } = reach;
  const isBefore = (timestampsMs[first] as number) < startMs;
  const isAfter = (timestampsMs[last] as number) > endMs;
  const left = smoothed && isBefore ? between(reach, first, startMs, isCounter) : (values[first] as number);
  const right =
    smoothed && isAfter && last > 0 ? between(reach, last - 1, endMs, isCounter) : (values[last] as number);
  let change = right - left;
  if (!isCounter) return change;
  // Samples inside of the range; the ends have been looked at.
  const from = (timestampsMs[first] as number) <= startMs ? first + 1 : first;
  const to = (timestampsMs[last] as number) >= endMs ? last - 1 : last;
  let before = left;
  for (let i = from; i <= to; i++) {
    const value = values[i] as number;
    if (value < before) change += before;
    before = value;
  }
  return right < before ? change + before : change;
}

/** The value at a moment on the line from one sample to the next; a counter that fell has come from zero. */
function between({ timestampsMs, values }: Reach, index: number, atMs: number, isCounter: boolean): number {
  const [fromMs, toMs] = [timestampsMs[index] as number, timestampsMs[index + 1] as number];
  const [before, after] = [values[index] as number, values[index + 1] as number];
  const start = isCounter && after < before ? 0 : before;
  return start + ((after - start) * (atMs - fromMs)) / (toMs - fromMs);
}

function countPairs(
  { values, first, last }: Reach,
  isCounted: (before: number, after: number) => boolean,
): number {
  let count = 0;
  for (let i = first + 1; i <= last; i++) {
    if (isCounted(values[i - 1] as number, values[i] as number)) count++;
  }
  return count;
}

function isChange(before: number, after: number): boolean {
  return before !== after && !(Number.isNaN(before) && Number.isNaN(after));
}

function isFall(before: number, after: number): boolean {
  return after < before;
}
