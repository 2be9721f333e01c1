import { changes, resets } from './changes.ts';
import * as overTime from './over-time.ts';
import type { RangeFunction } from './range-function.ts';
import { delta, idelta, increase, irate, rate } from './rate.ts';
import { deriv, predictLinear } from './regression.ts';
import { doubleExponentialSmoothing } from './smoothing.ts';

/** Functions of a range vector by name; `absent_over_time` is not of one series and stands with the others. */
export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map([
  ['avg_over_time', overTime.avgOverTime],
  ['changes', changes],
  ['count_over_time', overTime.countOverTime],
  ['delta', delta],
  ['deriv', deriv],
  ['double_exponential_smoothing', doubleExponentialSmoothing],
  ['first_over_time', overTime.firstOverTime],
  ['idelta', idelta],
  ['increase', increase],
  ['irate', irate],
  ['last_over_time', overTime.lastOverTime],
  ['mad_over_time', overTime.madOverTime],
  ['max_over_time', overTime.maxOverTime],
  ['min_over_time', overTime.minOverTime],
  ['predict_linear', predictLinear],
  ['present_over_time', overTime.presentOverTime],
  ['quantile_over_time', overTime.quantileOverTime],
  ['rate', rate],
  ['resets', resets],
  ['stddev_over_time', overTime.stddevOverTime],
  ['stdvar_over_time', overTime.stdvarOverTime],
  ['sum_over_time', overTime.sumOverTime],
  ['ts_of_first_over_time', overTime.tsOfFirstOverTime],
  ['ts_of_last_over_time', overTime.tsOfLastOverTime],
  ['ts_of_max_over_time', overTime.tsOfMaxOverTime],
  ['ts_of_min_over_time', overTime.tsOfMinOverTime],
]);
