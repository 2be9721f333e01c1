import type { Labels } from './labels.ts';

/**
 * Lines of one stream: one label set (as in Loki: file or unit, host, level, ..., never ids without bound), the
 * lines in the order in which they were read.
 */
export interface LogStream {
  readonly labels: Labels;
  /** Nanoseconds since the epoch, a line each; mostly rising. */
  readonly timesNs: BigInt64Array;
  /** Without the line end. */
  readonly lines: readonly string[];
}
