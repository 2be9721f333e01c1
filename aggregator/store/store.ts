import type { BatchId } from '../../wire/batch.ts';
import type { Labels } from '../../wire/labels.ts';
import type { PackedLogStream } from '../../wire/log-section.ts';
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
  /** Told of a part that was left out because its checksum is wrong; the answer carries it as a warning. */
  onDamage(message: string): void;
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

/** Values of one moment for series that are measured together. */
export interface Row {
  /** Names the list of series: equal keys, equal lists. */
  readonly key: string;
  /** The series, asked for only when the key is new. */
  series(): readonly Labels[];
  readonly atMs: number;
  readonly values: Float64Array;
}

/** What a body says. */
export interface Content {
  readonly rows: readonly Row[];
  readonly logs: readonly PackedLogStream[];
}

/** A body to be kept as it came, and what it says. */
export interface Write extends Content {
  /** What the body is; the ingest that made it reads it back after a restart. */
  readonly kind: number;
  /** Samples of the body after this time are not among `rows`. */
  readonly newestMs: number;
  readonly body: Uint8Array;
  /** Set for an agent's batch, which is taken once only. */
  readonly batch?: BatchId;
}

/** The writing side of the store, of samples and lines alike; one thread owns it. */
export interface StoreWriter {
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
