import { KahanSum } from '../../../../lib/kahan.ts';
import type { RangeFunction, RangeInput } from './range-function.ts';

/** `deriv` and `predict_linear`: a straight line through the samples of a range by least squares. */
export const deriv: RangeFunction = {
  evaluate: (input, out) => {
    const { lo, hi } = input.windows;
    for (let i = 0; i < lo.length; i++) {
      if ((hi[i] as number) - (lo[i] as number) < 2) continue;
      // Times near the samples keep the digits of the sums.
      const { slope } = fit(input, i, input.timestampsMs[lo[i] as number] as number);
      out.values[i] = slope;
      out.present[i] = 1;
    }
  },
};

export const predictLinear: RangeFunction = {
  evaluate: (input, out) => {
    const { lo, hi } = input.windows;
    const [seconds] = input.params as [Float64Array];
    for (let i = 0; i < lo.length; i++) {
      if ((hi[i] as number) - (lo[i] as number) < 2) continue;
      const { slope, intercept } = fit(input, i, input.steps.startMs + i * input.steps.stepMs);
      out.values[i] = slope * (seconds[i] as number) + intercept;
      out.present[i] = 1;
    }
  },
};

/** Slope a second, and the line's value at `originMs`. */
function fit({ timestampsMs, values, windows, budget }: RangeInput, step: number, originMs: number): Line {
  const lo = windows.lo[step] as number;
  const hi = windows.hi[step] as number;
  budget.spend(hi - lo);
  const sumX = new KahanSum();
  const sumY = new KahanSum();
  const sumXY = new KahanSum();
  const sumXX = new KahanSum();
  const first = values[lo] as number;
  let constant = true;
  for (let i = lo; i < hi; i++) {
    const x = ((timestampsMs[i] as number) - originMs) / 1000;
    const y = values[i] as number;
    if (i > lo && y !== first) constant = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (constant) {
    if (Math.abs(first) === Infinity) return { slope: NaN, intercept: NaN };
    return { slope: 0, intercept: first };
  }
  const count = hi - lo;
  const x = sumX.total();
  const y = sumY.total();
  const slope = (sumXY.total() - (x * y) / count) / (sumXX.total() - (x * x) / count);
  return { slope, intercept: y / count - (slope * x) / count };
}

interface Line {
  readonly slope: number;
  readonly intercept: number;
}
