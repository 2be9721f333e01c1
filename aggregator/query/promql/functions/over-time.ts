import { KahanMean, KahanSum } from '../../../../lib/kahan.ts';
import { quantile } from '../quantile.ts';
import * as native from './native-over-time.ts';
import type { RangeFunction } from './range-function.ts';
import { eachWindow } from './range-function.ts';

/** `*_over_time`: one number of the values in a range. */
export const sumOverTime = eachWindow(
  1,
  (values, lo, hi) => {
    const sum = new KahanSum();
    for (let i = lo; i < hi; i++) sum.add(values[i] as number);
    return Math.abs(sum.sum) === Infinity ? sum.sum : sum.total();
  },
  native.nativeSum,
);

const meanOfSamples = eachWindow(1, (values, lo, hi) => {
  const mean = new KahanMean();
  for (let i = lo; i < hi; i++) mean.add(values[i] as number);
  return mean.mean();
});
const countOfSamples = eachWindow(1, (_, lo, hi) => hi - lo);

export const countOverTime: RangeFunction = {
  evaluate: (input, out) => {
    if (input.counts === undefined) countOfSamples.evaluate(input, out);
    else sumOverTime.evaluate({ ...input, values: input.counts }, out);
  },
  mixed: native.countAll,
};

export const avgOverTime: RangeFunction = {
  evaluate: (input, out) => {
    if (input.counts === undefined) return meanOfSamples.evaluate(input, out);
    const counts = { ...out, values: new Float64Array(out.values.length) };
    countOverTime.evaluate(input, counts);
    sumOverTime.evaluate(input, out);
    for (let i = 0; i < out.values.length; i++)
      out.values[i] = (out.values[i] as number) / (counts.values[i] as number);
  },
  mixed: native.nativeMean,
};

export const presentOverTime = eachWindow(1, () => 1, native.presentAny);
export const lastOverTime: RangeFunction = {
  ...eachWindow(1, (values, _, hi) => values[hi - 1] as number, native.lastOfAll),
  keepsName: true,
};
export const firstOverTime: RangeFunction = {
  ...eachWindow(1, (values, lo) => values[lo] as number, native.firstOfAll),
  keepsName: true,
};

export const maxOverTime = eachWindow(1, (values, lo, hi) => values[indexOfMax(values, lo, hi)] as number);
export const minOverTime = eachWindow(1, (values, lo, hi) => values[indexOfMin(values, lo, hi)] as number);

export const tsOfLastOverTime = eachWindow(
  1,
  (_, lo, hi, timestampsMs) => (timestampsMs[hi - 1] as number) / 1000,
  native.timeOfLast,
);
export const tsOfFirstOverTime = eachWindow(
  1,
  (_, lo, hi, timestampsMs) => (timestampsMs[lo] as number) / 1000,
  native.timeOfFirst,
);
export const tsOfMaxOverTime = eachWindow(1, (values, lo, hi, timestampsMs) => {
  return (timestampsMs[indexOfMax(values, lo, hi, true)] as number) / 1000;
});
export const tsOfMinOverTime = eachWindow(1, (values, lo, hi, timestampsMs) => {
  return (timestampsMs[indexOfMin(values, lo, hi, true)] as number) / 1000;
});

export const stdvarOverTime = eachWindow(1, variance);
export const stddevOverTime = eachWindow(1, (values, lo, hi) => Math.sqrt(variance(values, lo, hi)));

export const quantileOverTime = eachWindow(1, (values, lo, hi, _, q) => quantile(q, values.slice(lo, hi)));

/** The median of the distances from the median. */
export const madOverTime = eachWindow(1, (values, lo, hi) => {
  const window = values.slice(lo, hi);
  const median = quantile(0.5, window);
  return quantile(
    0.5,
    window.map((value) => Math.abs(value - median)),
  );
});

/** NaN loses against every number. `last`: among equals the last one is meant. */
function indexOfMax(values: Float64Array, lo: number, hi: number, last = false): number {
  let index = lo;
  let max = values[lo] as number;
  for (let i = lo + 1; i < hi; i++) {
    const value = values[i] as number;
    if (value > max || (last && value === max) || Number.isNaN(max)) {
      max = value;
      index = i;
    }
  }
  return index;
}

function indexOfMin(values: Float64Array, lo: number, hi: number, last = false): number {
  let index = lo;
  let min = values[lo] as number;
  for (let i = lo + 1; i < hi; i++) {
    const value = values[i] as number;
    if (value < min || (last && value === min) || Number.isNaN(min)) {
      min = value;
      index = i;
    }
  }
  return index;
}

/** Population variance by Welford's method, its sums carrying their rounding errors along. */
function variance(values: Float64Array, lo: number, hi: number): number {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = lo; i < hi; i++) {
    const value = values[i] as number;
    const delta = value - mean.total();
    mean.add(delta / (i - lo + 1));
    squares.add(delta * (value - mean.total()));
  }
  return squares.total() / (hi - lo);
}
