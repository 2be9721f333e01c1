import type { NativeHistogram } from '../../../store/native-histogram.ts';
import { printGo } from '../quantile.ts';
import { bucketsOf } from './buckets.ts';

/** As Prometheus writes a histogram into a label: `{count:3, sum:5, [-0.1,0.1]:1, (1,2]:2}`. */
export function printHistogram(histogram: NativeHistogram): string {
  const buckets = bucketsOf(histogram).map(({ lower, upper, count, lowerInclusive, upperInclusive }) => {
    const bounds = `${printGo(lower)},${printGo(upper)}`;
    return `, ${lowerInclusive ? '[' : '('}${bounds}${upperInclusive ? ']' : ')'}:${printGo(count)}`;
  });
  return `{count:${printGo(histogram.count)}, sum:${printGo(histogram.sum)}${buckets.join('')}}`;
}
