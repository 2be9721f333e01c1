import { formatDurationMs } from '../../../lib/quantity.ts';
import type { Summary } from '../../store/store.ts';
import type { Steps } from './value.ts';

/**
 * By function the statistic of buckets that says as much as the samples in them; docs/operating.md has the table. An
 * instant selector is `last`, too: buckets keep the staleness marker that ends them.
 */
const STATISTICS: ReadonlyMap<string, Summary['statistic']> = new Map([
  ['', 'last'],
  ['absent_over_time', 'last'],
  ['avg_over_time', 'mean'],
  ['count_over_time', 'count'],
  ['first_over_time', 'first'],
  ['last_over_time', 'last'],
  ['max_over_time', 'max'],
  ['min_over_time', 'min'],
  ['present_over_time', 'last'],
  ['sum_over_time', 'sum'],
]);

/**
 * What may be read in place of samples by a function of the windows that end at these moments: `''` for an instant
 * selector, undefined when the samples themselves are asked for. Buckets are open on their left as windows are; so when all windows begin and end at multiples of a bucket, each
 * has buckets as a whole or not at all, whose size is then at most the step.
 */
export function summaryFor(
  name: string | undefined,
  { startMs, stepMs, count }: Steps,
  windowMs: number,
): Summary {
  const statistic = name === undefined ? undefined : STATISTICS.get(name);
  if (statistic === undefined) {
    const why = name === undefined ? 'the samples themselves are asked for' : `${name}() needs every sample`;
    return { statistic: 'last', gridMs: 0, why };
  }
  const gridMs = [count > 1 ? stepMs : 0, windowMs].reduce(greatestDivisor, Math.abs(startMs));
  return {
    statistic,
    gridMs,
    why: `times, step and windows of the query have no greater common divisor than ${formatDurationMs(gridMs)}`,
  };
}

/** By Euclid; of 0 and a number it is the number. */
function greatestDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
