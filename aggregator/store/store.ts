import type { Labels } from '../../wire/labels.ts';
import type { Matcher } from './matcher.ts';
import type { Scope } from './scope.ts';

/** Samples of one series in order of time, no timestamp twice. Staleness markers are kept as values. */
export interface SeriesSamples {
  readonly labels: Labels;
  /** Milliseconds since the epoch. */
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
}

/** Both ends are included. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What one read may cost; past a limit a `Fault` with code `limit` names the limit and its setting. */
export interface ReadLimits {
  readonly maxSeries: number;
  readonly maxSamples: number;
  /** Throws when the read has run out of time or was given up; called often. */
  checkDeadline(): void;
}

/**
 * The reading side of the store. All methods are synchronous: they run in a reader thread. A series is
 * there when all matchers hold (an absent label has the value `''`) and it has a sample in the range.
 */
export interface MetricReader {
  select(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): SeriesSamples[];
  /** Label sets alone; the order is that of the labels. */
  series(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): Labels[];
  /** Sorted, without duplicates. No matchers: all series. */
  labelNames(scope: Scope, matchers: readonly Matcher[], range: TimeRange, limits: ReadLimits): string[];
  /** Sorted, without duplicates. No matchers: all series. */
  labelValues(
    scope: Scope,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): string[];
}
