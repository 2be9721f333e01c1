import type { Buckets, NativeHistogram } from '../../../store/native-histogram.ts';
import { RESET_GAUGE } from '../../../store/native-histogram.ts';
import { HistogramSum } from './histogram-sum.ts';

export interface Combined {
  readonly histogram: NativeHistogram;
  readonly reconciled: boolean;
  readonly conflicting: boolean;
}

/** Undefined when one of the two has custom bounds and the other has not. */
export function add(left: NativeHistogram, right: NativeHistogram): Combined | undefined {
  return combine(left, right, 1);
}

/** The difference is a gauge. */
export function subtract(left: NativeHistogram, right: NativeHistogram): Combined | undefined {
  return combine(left, right, -1);
}

function combine(left: NativeHistogram, right: NativeHistogram, sign: 1 | -1): Combined | undefined {
  const sum = new HistogramSum(left);
  if (!sum.add(right, sign)) return undefined;
  if (sign < 0) sum.resetHint = RESET_GAUGE;
  return { histogram: sum.finish(), reconciled: sum.reconciled, conflicting: sum.conflicting };
}

/** Each number times the factor; by a negative one the histogram becomes a gauge. */
export function multiply(histogram: NativeHistogram, factor: number): NativeHistogram {
  return mapped(histogram, (count) => count * factor, factor < 0);
}

/** Each number by the divisor; by zero no bucket is left. */
export function divide(histogram: NativeHistogram, divisor: number): NativeHistogram {
  const scaled = mapped(histogram, (count) => count / divisor, divisor < 0);
  return divisor === 0 ? { ...scaled, positive: [], negative: [] } : scaled;
}

function mapped(
  histogram: NativeHistogram,
  scale: (count: number) => number,
  negative: boolean,
): NativeHistogram {
  const buckets = (all: Buckets): Buckets => {
    const scaled = all.map(([index, count]): [number, number] => [index, scale(count)]);
    return scaled.filter(([, count]) => count !== 0);
  };
  return {
    ...histogram,
    count: scale(histogram.count),
    sum: scale(histogram.sum),
    zeroCount: scale(histogram.zeroCount),
    resetHint: negative ? RESET_GAUGE : histogram.resetHint,
    positive: buckets(histogram.positive),
    negative: buckets(histogram.negative),
  };
}

/** Histograms cannot be added because only some have custom bounds. */
export const INCOMPATIBLE = 'incompatible';

export interface Total {
  readonly histogram: NativeHistogram;
  readonly reconciled: boolean;
  /** Some were said to follow a reset, and others to follow none. */
  readonly conflicting: boolean;
}

/** The sum or (`mean`) the mean of histograms, of which there is at least one. */
export function total(histograms: readonly NativeHistogram[], mean: boolean): Total | typeof INCOMPATIBLE {
  const sum = new HistogramSum(histograms[0] as NativeHistogram);
  for (let i = 1; i < histograms.length; i++) {
    if (!sum.add(histograms[i] as NativeHistogram)) return INCOMPATIBLE;
  }
  const hints = new Set(histograms.map(({ resetHint }) => resetHint));
  const { reconciled } = sum;
  const conflicting = hints.has(1) && hints.has(2);
  const histogram = sum.finish(mean ? histograms.length : 1);
  if (!mean || histograms.length === 1 || isFinite(histogram)) return { histogram, reconciled, conflicting };
  // The sum is past the largest double; parts of the mean are not.
  const parts = histograms.map((one) => divide(one, histograms.length));
  const inParts = total(parts, false);
  return inParts === INCOMPATIBLE ? inParts : { histogram: inParts.histogram, reconciled, conflicting };
}

function isFinite({ count, sum, zeroCount, positive, negative }: NativeHistogram): boolean {
  const counts = [...positive, ...negative].map(([, population]) => population);
  return [count, sum, zeroCount, ...counts].every((value) => Math.abs(value) !== Infinity);
}
