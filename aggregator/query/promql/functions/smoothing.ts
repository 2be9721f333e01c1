import { executionFault } from '../context.ts';
import { eachWindow, type RangeFunction } from './range-function.ts';

/**
 * `double_exponential_smoothing`: a level that follows the values and a trend that follows the level, each
 * taking the newest value by its factor (https://en.wikipedia.org/wiki/Exponential_smoothing).
 */
export const doubleExponentialSmoothing: RangeFunction = eachWindow(
  2,
  (values, lo, hi, _, smoothing, trendFactor) => {
    refuseFactor('smoothing', smoothing);
    refuseFactor('trend', trendFactor);
    let before = 0;
    let level = values[lo] as number;
    let trend = (values[lo + 1] as number) - level;
    for (let i = lo + 1; i < hi; i++) {
      if (i > lo + 1) trend = trendFactor * (level - before) + (1 - trendFactor) * trend;
      before = level;
      level = smoothing * (values[i] as number) + (1 - smoothing) * (level + trend);
    }
    return level;
  },
);

function refuseFactor(what: string, factor: number): void {
  if (factor > 0 && factor < 1) return;
  const short = what === 'trend' ? 'tf' : 'sf';
  throw executionFault(`invalid ${what} factor. Expected: 0 < ${short} < 1, got: ${factor.toFixed(6)}`);
}
