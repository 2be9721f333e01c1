import type { LogEvents } from './log-events.ts';
import type { LogBatch } from './log-batch.ts';

/** What all files that are read share: there is one buffer, since a file is read at a time. */
export interface LogReading {
  readonly buffer: Buffer;
  readonly batch: LogBatch;
  readonly events: LogEvents;
  readonly maxLineBytes: number;
  /** A last line without its end is handed out after so long. */
  readonly flushAfterMs: number;
  /** A renamed or deleted file is let go when it was quiet for so long. */
  readonly rotateWaitMs: number;
  nowMs(): number;
  monotonicMs(): number;
}
