import { plainNumber } from './otlp-names.ts';
import type { OtlpKind, OtlpPoint } from './otlp-metric.ts';

/** A series of a point: what its metric name ends with, and a label beside those of the point. */
export type PointSeries = readonly [ending: string, label?: string, value?: string];

/** The series that a point of one kind is, and its values in their order. */
export interface PointForm {
  /** Names the list of series: equal keys, equal lists. */
  key(point: OtlpPoint): string;
  series(point: OtlpPoint): readonly PointSeries[];
  /** In memory of their own. */
  values(point: OtlpPoint): Float64Array;
  /** Why what a point says is not taken. */
  problem(point: OtlpPoint): string | undefined;
}

const NUMBER: PointForm = {
  key: () => '',
  series: () => [['']],
  values: ({ value }) => value ?? new Float64Array(1),
  problem: ({ ended, value }) => (ended || value !== undefined ? undefined : 'a point without a value'),
};

const HISTOGRAM: PointForm = {
  key: (point) => ` histogram ${boundsOf(point).join()} ${point.sum === undefined}`,
  series: (point) => [
    ['_count'],
    ...[...boundsOf(point), Infinity].map((bound): PointSeries => ['_bucket', 'le', plainNumber(bound)]),
    ...(point.sum === undefined ? [] : [['_sum'] as const]),
  ],
  values: (point) => {
    const values = [point.count];
    let count = 0;
    for (let i = 0; i < boundsOf(point).length; i++) values.push((count += point.bucketCounts[i] as number));
    values.push(point.count);
    if (point.sum !== undefined) values.push(point.sum);
    return Float64Array.from(values);
  },
  problem: ({ bounds }) =>
    bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity)) || bound === Infinity)
      ? `the bounds ${bounds.slice(0, 20).join(', ')} do not rise`
      : undefined,
};

const SUMMARY: PointForm = {
  key: (point) => ` summary ${[...quantilesOf(point).keys()].join()}`,
  series: (point) => [
    ['_count'],
    ['_sum'],
    ...[...quantilesOf(point).keys()].map((quantile): PointSeries => ['', 'quantile', plainNumber(quantile)]),
  ],
  values: (point) => Float64Array.of(point.count, point.sum ?? 0, ...quantilesOf(point).values()),
  problem: () => undefined,
};

export function formOf(kind: OtlpKind): PointForm {
  return kind === 'histogram' ? HISTOGRAM : kind === 'summary' ? SUMMARY : NUMBER;
}

/** Bounds that have a count. */
function boundsOf({ bounds, bucketCounts }: OtlpPoint): readonly number[] {
  return bounds.length > bucketCounts.length ? bounds.slice(0, bucketCounts.length) : bounds;
}

function quantilesOf({ quantiles }: OtlpPoint): ReadonlyMap<number, number> {
  return new Map(quantiles);
}
