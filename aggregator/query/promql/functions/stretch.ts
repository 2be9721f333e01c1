/** The samples of a range, as far as their extrapolation needs them. */
export interface Reach {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly samples: number;
  readonly endMs: number;
  readonly rangeMs: number;
  readonly isCounter: boolean;
  readonly firstValue: number;
  readonly change: number;
}

/** By how much the change between the first and the last sample grows when it goes on to the borders of the range. */
export function stretch(reach: Reach): number {
  const { firstMs, lastMs, samples, endMs, rangeMs, isCounter, firstValue, change } = reach;
  const sampledSeconds = (lastMs - firstMs) / 1000;
  const spacingSeconds = sampledSeconds / (samples - 1);
  // Closer to the border than this, the series is taken to go on to it; else half a spacing.
  const threshold = spacingSeconds * 1.1;
  let toStart = (firstMs - (endMs - rangeMs)) / 1000;
  if (toStart >= threshold) toStart = spacingSeconds / 2;
  if (isCounter && change > 0 && firstValue >= 0) {
    // A counter was not below zero.
    const toZero = sampledSeconds * (firstValue / change);
    if (toZero < toStart) toStart = toZero;
  }
  let toEnd = (endMs - lastMs) / 1000;
  if (toEnd >= threshold) toEnd = spacingSeconds / 2;
  return (sampledSeconds + toStart + toEnd) / sampledSeconds;
}
