import type { BatchId } from '../../wire/batch.ts';
import type { Labels } from '../../wire/labels.ts';
import type { PackedLogStream } from '../../wire/log-section.ts';
import type { Matcher } from './matcher.ts';
import type { HistogramSamples } from './native-histogram.ts';
import type { RowBuffer } from './row-buffer.ts';
import type { Scope } from './scope.ts';
import type { Statistic } from './tier/statistic.ts';

/** Samples of one series in order of time, no timestamp twice. Staleness markers are kept as values. */
export interface SeriesSamples {
  readonly labels: Labels;
  /** Milliseconds since the epoch. */
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** How many samples each one stands for, where some are statistics of several and that was asked for. */
  readonly counts?: Float64Array;
}

/**
 * What is as good to the asker as samples: of each bucket a statistic, at any time within the bucket. A
 * bucket of n milliseconds has the samples of ((k - 1) * n, k * n].
 */
export interface Summary {
  /** `mean`: the sums, with `counts` beside; `count` has these too. */
  readonly statistic: Statistic | 'mean';
  /** Buckets that divide it will do: all windows that are looked at begin and end at multiples. 0: none will. */
  readonly gridMs: number;
  /** Why it is not greater, for a warning. */
  readonly why: string;
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
  /**
   * Told of what was left out, its checksum being wrong, and of samples that are gone where buckets tell of them. The
   * answer carries it as a warning.
   */
  onDamage(message: string): void;
}

/**
 * The reading side of the store. All methods are synchronous: they run in a reader thread. A series is
 * there when all matchers hold (an absent label has the value `''`) and it has a sample in the range.
 */
export interface MetricReader {
  /** Samples; statistics of buckets where the summary allows it, or where samples are gone. */
  select(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
    summary?: Summary,
  ): SeriesSamples[];
  /** Native histograms; they are not among the samples of `select`. */
  selectHistograms(
    scope: Scope,
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: ReadLimits,
  ): HistogramSamples[];
  /** Label sets alone, those of histograms too; the order is that of the labels. */
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

/** What a body says. */
export interface Content {
  readonly rows: RowBuffer;
  readonly logs: readonly PackedLogStream[];
}

/** An agent's batch, kept as it came, since it is smaller than what it says. */
export interface KeptBatch extends BatchId {
  readonly body: Uint8Array;
  /** Frames after this time were refused. */
  readonly newestMs: number;
  /** Frames of the batch, by their places, that are not among the rows. */
  readonly omitted: readonly number[];
}

/** What is written at once. A batch is taken once only, and all that it says is in it. */
export interface Write extends Content {
  readonly batch?: KeptBatch;
}

/** Registers series, so that rows can name them by numbers. */
export interface GroupRegistry {
  /** Numbers that were given become void when this changes, which it does in no call but `write` and `tick`. */
  readonly generation: number;
  /** Is this series registered? */
  hasSeries(labels: Labels): boolean;
  /** Series that are written; of those that have ended, only the ones that came since the last fold. */
  readonly seriesCount: number;
  /** Those of them that carry this label. */
  seriesWith(name: string, value: string): number;
  /** The group that was registered under this name. */
  groupNamed(name: string): number | undefined;
  /** Registers series that are measured together; by its name, e.g. a schema's hash, it can be found again. */
  addGroup(series: readonly Labels[], name?: string): number;
  /** The group of one series alone, new or known. */
  groupOfOne(labels: Labels): number;
  /** How many series a group has. */
  widthOf(group: number): number;
}

/** The writing side of the store, of samples and lines alike; one thread owns it. */
export interface StoreWriter extends GroupRegistry {
  /** Is this batch in the store already? */
  has(batch: BatchId): boolean;
  /** The highest sequence taken of an agent's epoch, 0 before the first. */
  lastSequence(agent: string, epoch: number): number;
  putSchemas(schemas: readonly { readonly hash: string; readonly body: Uint8Array }[]): void;
  /** The encoded schema, as it was put. */
  schema(hash: string): Uint8Array | undefined;
  /** When it returns, all writes are on disk, and whoever reads next sees them. */
  write(writes: readonly Write[]): void;
  /** Why nothing can be taken now, e.g. a full disk; undefined when all is well. */
  refusal(): string | undefined;
  close(): Promise<void>;
}
