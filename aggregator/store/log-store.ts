import type { Labels } from '../../wire/labels.ts';
import type { Matcher } from './matcher.ts';
import type { Scope } from './scope.ts';
import type { ReadLimits } from './store.ts';

/** A condition on the text of a line; an empty text holds always. A regular expression is RE2, not anchored. */
export interface LineCondition {
  readonly kind: 'contains' | 'regex';
  readonly text: string;
  readonly ignoreCase: boolean;
}

/** Nanoseconds since the epoch; both ends are included. */
export interface TimeRangeNs {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

/** Which streams and which of their lines; all matchers and all conditions must hold. */
export interface LogFilter {
  readonly matchers: readonly Matcher[];
  readonly conditions: readonly LineCondition[];
}

/**
 * Lines in order of time, `backward` from the newest. Lines of the same time are in the order of their label
 * sets, and within a stream in order of arrival; backward, all of this is reversed.
 */
export interface LogSearch extends LogFilter, TimeRangeNs {
  readonly direction: 'backward' | 'forward';
  readonly maxLines: number;
  /** Bytes of all lines together; one line is given whatever its size. */
  readonly maxBytes: number;
  /** Lines of the first time of the range (as seen in the direction) that were given before. */
  readonly skip: number;
}

export type LogLimits = Omit<ReadLimits, 'maxSamples'>;

export interface FoundLine {
  /** Index into `streams`. */
  readonly stream: number;
  readonly timeNs: bigint;
  /** UTF-8. */
  readonly text: Uint8Array;
}

export interface LogStats {
  /** Bytes and number of the lines in all blocks that were looked into. */
  scannedBytes: number;
  scannedLines: number;
  blocks: number;
}

export interface FoundLines {
  readonly streams: readonly Labels[];
  readonly lines: readonly FoundLine[];
  readonly stats: LogStats;
}

export interface LogPage extends FoundLines {
  /** Where the next page begins; undefined when there is no more. */
  readonly next: { readonly timeNs: bigint; readonly skip: number } | undefined;
  /** A tail from here goes on without a gap behind all that this page could see. */
  readonly tail: TailPosition;
}

/** A place in the order of arrival. */
export interface TailPosition {
  readonly head: number;
  readonly run: number;
}

export interface TailedLines extends FoundLines {
  readonly position: TailPosition;
  /** Lines that passed the filter and were left out; undefined: an unknown number, because the tail was too late. */
  readonly dropped: number | undefined;
}

/** Equal steps from `startNs` on, up to `endNs`, which is included. */
export interface Buckets {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly stepNs: number;
}

export interface LineCounts {
  /** For each of `LEVELS` the number of lines in each bucket. */
  readonly byLevel: readonly Float64Array[];
  readonly stats: LogStats;
}

/**
 * The reading side of the store of lines. All methods are synchronous: they run in a reader thread. A stream
 * belongs to the namespace in its label `namespace`.
 */
export interface LogReader {
  search(scope: Scope, search: LogSearch, limits: LogLimits): LogPage;
  /** Lines that came after `position`, in order of arrival; the newest `maxLines`. No position: from now on. */
  tail(
    scope: Scope,
    filter: LogFilter,
    position: TailPosition | undefined,
    maxLines: number,
    limits: LogLimits,
  ): TailedLines;
  /** Counts lines by level: that of the stream's label `level`, else one guessed from the line. */
  count(scope: Scope, filter: LogFilter, buckets: Buckets, limits: LogLimits): LineCounts;
  /** Label sets of the streams with lines in the range, sorted. */
  streams(scope: Scope, matchers: readonly Matcher[], range: TimeRangeNs, limits: LogLimits): Labels[];
}
