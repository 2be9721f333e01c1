import type { Call } from '../../../../lang/promql/ast.ts';
import type { Context } from '../context.ts';
import type { Value } from '../value.ts';
import { absent, absentOverTime } from './absent.ts';
import { HISTOGRAM_NUMBERS, histogramFraction, histogramQuantile, histogramQuantiles } from './histogram.ts';
import { info } from './info.ts';
import { labelJoin, labelReplace } from './labels.ts';
import { clamp, clampMax, clampMin, MATH, ofEachValue, round } from './math.ts';
import {
  pi,
  queryEnd,
  queryRange,
  queryStart,
  queryStep,
  scalar,
  sortBy,
  sortByLabel,
  vectorOf,
} from './shape.ts';
import { DATE_PARTS, datePart, time, timestamp } from './time.ts';

/** A function over all steps; it evaluates its arguments itself. Their number and types have been checked. */
export type InstantFunction = (context: Context, call: Call) => Value;

/** The functions that are not of one range at a time. */
export const FUNCTIONS: ReadonlyMap<string, InstantFunction> = new Map([
  ...Object.entries(MATH).map(([name, calculate]): [string, InstantFunction] => [
    name,
    ofEachValue(calculate),
  ]),
  ...Object.entries(DATE_PARTS).map(([name, part]): [string, InstantFunction] => [name, datePart(part)]),
  ['absent', absent],
  ['absent_over_time', absentOverTime],
  ['clamp', clamp],
  ['clamp_max', clampMax],
  ['clamp_min', clampMin],
  ['end', queryEnd],
  ...Object.entries(HISTOGRAM_NUMBERS),
  ['histogram_fraction', histogramFraction],
  ['histogram_quantile', histogramQuantile],
  ['histogram_quantiles', histogramQuantiles],
  ['info', info],
  ['label_join', labelJoin],
  ['label_replace', labelReplace],
  ['pi', pi],
  ['range', queryRange],
  ['round', round],
  ['scalar', scalar],
  ['sort', sortBy(1)],
  ['sort_by_label', sortByLabel(1)],
  ['sort_by_label_desc', sortByLabel(-1)],
  ['sort_desc', sortBy(-1)],
  ['start', queryStart],
  ['step', queryStep],
  ['time', time],
  ['timestamp', timestamp],
  ['vector', vectorOf],
]);
