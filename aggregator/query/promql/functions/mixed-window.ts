import type { Expr } from '../../../../lang/promql/ast.ts';
import { labelValue, METRIC_NAME } from '../../../../wire/labels.ts';
import type { NativeHistogram } from '../../../store/native-histogram.ts';
import type { Context } from '../context.ts';
import { mixedWithFloats } from '../histogram/remarks.ts';
import type { RangeVector } from '../range-vector.ts';
import type { SampledSeries } from '../selector.ts';
import type { Column, Sample } from '../value.ts';
import { putSample } from '../value.ts';
import { WindowFinder } from '../windows.ts';
import type { RangeFunction } from './range-function.ts';

export interface Point {
  readonly ms: number;
  readonly sample: Sample;
}

export interface NativePoint {
  readonly ms: number;
  readonly sample: NativeHistogram;
}

/** A range with at least one histogram. */
export interface MixedWindow {
  readonly points: readonly Point[];
  /** The histograms among them. */
  readonly natives: readonly NativePoint[];
  readonly endMs: number;
  readonly rangeMs: number;
  readonly warn: (text: string) => void;
  readonly info: (text: string) => void;
  readonly metric: string;
}

/** What a window gives, if anything. */
export type MixedFunction = (window: MixedWindow) => Sample | undefined;

/**
 * A range function over a series with histograms: its floats as always, and each range that has a histogram anew.
 * A function that knows no histograms leaves them out, and tells so where there are floats beside.
 */
export function overMixedSeries(
  context: Context,
  at: Expr,
  series: SampledSeries,
  { ends, rangeMs }: RangeVector,
  params: readonly Float64Array[],
  rangeFunction: RangeFunction,
  out: Column,
): void {
  const { annotations, steps, budget } = context;
  const metric = labelValue(series.labels, METRIC_NAME);
  const { timestampsMs, values, counts, histograms } = series;
  const isFloat = Array.from(timestampsMs, (_, i) => histograms?.[i] === undefined);
  const floats = {
    timestampsMs: timestampsMs.filter((_, i) => isFloat[i]),
    values: values.filter((_, i) => isFloat[i]),
    counts: counts?.filter((_, i) => isFloat[i]),
  };
  const floatWindows = new WindowFinder(ends, rangeMs).find(floats.timestampsMs);
  rangeFunction.evaluate({ ...floats, windows: floatWindows, params, steps, budget }, out);
  const windows = new WindowFinder(ends, rangeMs).find(timestampsMs);
  const points = Array.from(timestampsMs, (ms, i): Point => ({
    ms,
    sample: histograms?.[i] ?? (values[i] as number),
  }));
  for (let i = 0; i < ends.count; i++) {
    const inside = points.slice(windows.lo[i], windows.hi[i]);
    budget.spend(16 * inside.length);
    const natives = inside.filter((point): point is NativePoint => typeof point.sample !== 'number');
    if (natives.length === 0) continue;
    if (rangeFunction.mixed === undefined) {
      if (natives.length < inside.length) {
        annotations.info(
          at,
          `ignored histograms in a range containing both floats and histograms for metric name "${metric}"`,
        );
      }
      continue;
    }
    const result = rangeFunction.mixed({
      points: inside,
      natives,
      endMs: ends.startMs + i * ends.stepMs,
      rangeMs,
      metric,
      warn: (text) => annotations.warn(at, text),
      info: (text) => annotations.info(at, text),
    });
    out.present[i] = 0;
    if (result !== undefined) putSample(out, i, result);
  }
}

/** A function that has no answer for a range with floats and histograms. */
export function onlyNatives(evaluate: (window: MixedWindow) => Sample | undefined): MixedFunction {
  return (window) => {
    if (window.natives.length === window.points.length) return evaluate(window);
    window.warn(mixedWithFloats(window.metric));
    return undefined;
  };
}
