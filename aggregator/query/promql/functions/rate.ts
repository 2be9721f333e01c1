import type { Column } from '../value.ts';
import { nativeChange, nativeLastTwo } from './native-rate.ts';
import type { RangeFunction, RangeInput } from './range-function.ts';
import { stretch } from './stretch.ts';

/** `rate`, `increase`, `delta`: the change over a range, stretched to its borders as Prometheus does. */
export const rate = changeFunction(true, true);
export const increase = changeFunction(true, false);
export const delta = changeFunction(false, false);

function changeFunction(isCounter: boolean, perSecond: boolean): RangeFunction {
  return {
    evaluate: (input, out) => extrapolate(input, out, isCounter, perSecond),
    mixed: nativeChange(isCounter, perSecond),
  };
}

/** `irate`, `idelta`: the change between the last two samples. */
export const irate: RangeFunction = {
  evaluate: (input, out) => lastTwo(input, out, true),
  mixed: nativeLastTwo(true),
};
export const idelta: RangeFunction = {
  evaluate: (input, out) => lastTwo(input, out, false),
  mixed: nativeLastTwo(false),
};

function extrapolate(input: RangeInput, out: Column, isCounter: boolean, perSecond: boolean): void {
  const { timestampsMs, values, windows, budget } = input;
  const { lo, hi, ends, rangeMs } = windows;
  const resets = isCounter ? counterResets(values) : NO_RESETS;
  let nextReset = 0;
  budget.spend(values.length + lo.length);
  for (let i = 0; i < lo.length; i++) {
    const first = lo[i] as number;
    const last = (hi[i] as number) - 1;
    if (last <= first) continue;
    let change = (values[last] as number) - (values[first] as number);
    // Resets are few: whole windows are not walked for them.
    while (nextReset < resets.length && (resets[nextReset] as number) <= first) nextReset++;
    for (let r = nextReset; r < resets.length && (resets[r] as number) <= last; r++) {
      change += values[(resets[r] as number) - 1] as number;
    }
    const factor = stretch({
      firstMs: timestampsMs[first] as number,
      lastMs: timestampsMs[last] as number,
      samples: last - first + 1,
      endMs: ends.startMs + i * ends.stepMs,
      rangeMs,
      isCounter,
      firstValue: values[first] as number,
      change,
    });
    out.values[i] = change * (perSecond ? factor / (rangeMs / 1000) : factor);
    out.present[i] = 1;
  }
}

const NO_RESETS: readonly number[] = [];

/** Where a counter's value is below the one before. */
function counterResets(values: Float64Array): readonly number[] {
  let resets: number[] | undefined;
  for (let i = 1; i < values.length; i++) {
    if ((values[i] as number) < (values[i - 1] as number)) (resets ??= []).push(i);
  }
  return resets ?? NO_RESETS;
}

function lastTwo({ timestampsMs, values, windows, budget }: RangeInput, out: Column, isRate: boolean): void {
  const { lo, hi } = windows;
  budget.spend(lo.length);
  for (let i = 0; i < lo.length; i++) {
    const last = (hi[i] as number) - 1;
    if (last <= (lo[i] as number)) continue;
    const value = values[last] as number;
    const before = values[last - 1] as number;
    const seconds = ((timestampsMs[last] as number) - (timestampsMs[last - 1] as number)) / 1000;
    // After a reset a counter has come from zero.
    const change = isRate && value < before ? value : value - before;
    out.values[i] = isRate ? change / seconds : change;
    out.present[i] = 1;
  }
}
