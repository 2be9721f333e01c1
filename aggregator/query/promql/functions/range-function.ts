import type { Budget } from '../limits.ts';
import type { Column, Steps } from '../value.ts';
import type { Windows } from '../windows.ts';
import type { MixedFunction } from './mixed-window.ts';

/** One series and the ranges of all steps in it. */
export interface RangeInput {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** How many samples each value stands for, where some are sums. */
  readonly counts: Float64Array | undefined;
  readonly windows: Windows;
  /** The call's other arguments, one value a step. */
  readonly params: readonly Float64Array[];
  /** The moments of the evaluation; those of the ranges (`windows.ends`) may be shifted. */
  readonly steps: Steps;
  readonly budget: Budget;
}

/** A function of a range vector, over all steps of one series. */
export interface RangeFunction {
  /** Is the metric still the same thing afterwards? */
  readonly keepsName?: true;
  evaluate(input: RangeInput, out: Column): void;
  /** The answer for one range with histograms; left out: the function looks at floats alone. */
  readonly mixed?: MixedFunction;
}

/** What one window gives. There are at least as many samples as were asked for. */
export type WindowFunction = (
  values: Float64Array,
  lo: number,
  hi: number,
  timestampsMs: Float64Array,
  param: number,
  param2: number,
) => number;

/** A function that looks at each window by itself; windows of fewer than `least` samples give nothing. */
export function eachWindow(least: number, ofWindow: WindowFunction, mixed?: MixedFunction): RangeFunction {
  return {
    ...(mixed && { mixed }),
    evaluate({ timestampsMs, values, windows, params, budget }, out) {
      const { lo, hi } = windows;
      const [param, param2] = params;
      for (let i = 0; i < lo.length; i++) {
        const from = lo[i] as number;
        const to = hi[i] as number;
        budget.spend(to - from + 1);
        if (to - from < least) continue;
        out.values[i] = ofWindow(
          values,
          from,
          to,
          timestampsMs,
          param === undefined ? 0 : (param[i] as number),
          param2 === undefined ? 0 : (param2[i] as number),
        );
        out.present[i] = 1;
      }
    },
  };
}
