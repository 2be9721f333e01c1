import { LeadingTime } from './leading-time.ts';
import type { StreamLines } from './log-batch.ts';

/**
 * What the lines of a file mean. One object serves one file, so that a format may remember what came before;
 * what it has not handed on yet must be found again by reading on from the file's position.
 */
export interface LineFormat {
  /** Adds the entry that a line is, read at `nowMs`. */
  take(line: string, nowMs: number, nowNs: bigint, into: StreamLines): void;
}

/** A line is an entry; its time is the one that it begins with, or else when it was read. */
export class PlainFormat implements LineFormat {
  readonly #times = new LeadingTime();

  take(line: string, nowMs: number, nowNs: bigint, into: StreamLines): void {
    into.add(this.#times.read(line, nowMs) ?? nowNs, line);
  }
}
