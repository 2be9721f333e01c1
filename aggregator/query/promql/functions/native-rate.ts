import type { NativeHistogram } from '../../../store/native-histogram.ts';
import { RESET_GAUGE } from '../../../store/native-histogram.ts';
import { divide, multiply, subtract } from '../histogram/arithmetic.ts';
import { hasCustomBounds } from '../histogram/buckets.ts';
import { isReset } from '../histogram/compare.ts';
import { HistogramSum } from '../histogram/histogram-sum.ts';
import { mixedSchemas, mixedWithFloats, reconciledDuring } from '../histogram/remarks.ts';
import type { MixedFunction, MixedWindow, NativePoint } from './mixed-window.ts';
import { onlyNatives } from './mixed-window.ts';
import { stretch } from './stretch.ts';

/** `rate`, `increase` and `delta` of native histograms: the change of all their numbers, stretched as that of floats. */
export function nativeChange(isCounter: boolean, perSecond: boolean): MixedFunction {
  return onlyNatives((window) => {
    const { natives, endMs, rangeMs } = window;
    if (natives.length < 2) return undefined;
    const change = difference(window, isCounter);
    if (change === undefined) return undefined;
    const [first, last] = [natives[0], natives.at(-1)] as [NativePoint, NativePoint];
    const factor = stretch({
      firstMs: first.ms,
      lastMs: last.ms,
      samples: natives.length,
      endMs,
      rangeMs,
      isCounter,
      firstValue: first.sample.count,
      change: change.count,
    });
    return multiply(change, perSecond ? factor / (rangeMs / 1000) : factor);
  });
}

function difference(window: MixedWindow, isCounter: boolean): NativeHistogram | undefined {
  const histograms = window.natives.map(({ sample }) => sample);
  const last = histograms.at(-1) as NativeHistogram;
  tellKind(window, isCounter ? histograms : [histograms[0] as NativeHistogram, last], isCounter);
  let [first] = histograms as [NativeHistogram];
  const second = histograms[1] as NativeHistogram;
  // What came before a reset is not looked at.
  if (isCounter && isReset(second, first)) first = emptyLike(second);
  const custom = hasCustomBounds(first);
  const relevant = isCounter ? histograms.slice(1) : [last];
  if (relevant.some((one) => hasCustomBounds(one) !== custom)) {
    window.warn(mixedSchemas(window.metric));
    return undefined;
  }
  const sum = new HistogramSum(last);
  const tell = (operation: 'addition' | 'subtraction'): void => {
    if (sum.reconciled) window.info(reconciledDuring(operation));
    sum.reconciled = false;
  };
  sum.add(first, -1);
  tell('subtraction');
  if (isCounter) {
    let previous = first;
    for (const current of relevant) {
      if (isReset(current, previous)) {
        sum.add(previous);
        tell('addition');
      }
      previous = current;
    }
  }
  sum.resetHint = RESET_GAUGE;
  return sum.finish();
}

function emptyLike({ schema, bounds }: NativeHistogram): NativeHistogram {
  const none = { count: 0, sum: 0, zeroThreshold: 0, zeroCount: 0, resetHint: 0, positive: [], negative: [] };
  return { ...none, schema, bounds };
}

/** Tells of gauges taken for counters, and of counters taken for gauges. */
function tellKind(window: MixedWindow, histograms: readonly NativeHistogram[], isCounter: boolean): void {
  if (!histograms.some(({ resetHint }) => (resetHint === RESET_GAUGE) === isCounter)) return;
  window.warn(`this native histogram metric is not a ${isCounter ? 'counter' : 'gauge'}: "${window.metric}"`);
}

/** `irate` and `idelta`: from the last sample but one to the last. */
export function nativeLastTwo(isCounter: boolean): MixedFunction {
  return (window) => {
    const [before, last] = window.points.slice(-2);
    if (before === undefined || last === undefined) return undefined;
    const seconds = (last.ms - before.ms) / 1000;
    if (typeof before.sample === 'number' && typeof last.sample === 'number') {
      const isReset = isCounter && last.sample < before.sample;
      const change = isReset ? last.sample : last.sample - before.sample;
      return isCounter ? change / seconds : change;
    }
    if (typeof before.sample === 'number' || typeof last.sample === 'number') {
      window.warn(mixedWithFloats(window.metric));
      return undefined;
    }
    tellKind(window, [before.sample, last.sample], isCounter);
    const change = changeOf(window, before.sample, last.sample, isCounter);
    return change && (isCounter ? divide(change, seconds) : change);
  };
}

function changeOf(
  window: MixedWindow,
  before: NativeHistogram,
  last: NativeHistogram,
  isCounter: boolean,
): NativeHistogram | undefined {
  if (isCounter && isReset(last, before)) return { ...last, resetHint: RESET_GAUGE };
  const change = subtract(last, before);
  if (change === undefined) window.warn(mixedSchemas(window.metric));
  else if (change.reconciled) window.info(reconciledDuring('subtraction'));
  return change?.histogram;
}
