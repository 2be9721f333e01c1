/** What an operator hears of logs being read. */
export interface LogEvents {
  linesRead(lines: number, bytes: number): void;
  /** Lines of which the rest was left out because they were too long. */
  linesCut(lines: number): void;
  /** Lines in which bytes that are no text were replaced. */
  linesRepaired(lines: number): void;
  fileTruncated(path: string): void;
  fileRotated(path: string): void;
  /** A file went before it was read to its end, as far as can be known. */
  fileLost(path: string): void;
  fileFailed(path: string, reason: string): void;
  fileBinary(path: string): void;
  /** There is no such program: the journal is not read. */
  journalAbsent(program: string): void;
  /** It ended and is started again. */
  journalEnded(reason: string): void;
  /** What it printed was no entry. */
  journalUnread(text: string): void;
  /** Reading stopped because too much waits in the spool, or goes on again. */
  paused(isPaused: boolean): void;
  /** Lines could not be written to the spool; they are kept and it is tried again. */
  unwritten(reason: string): void;
  written(): void;
}
