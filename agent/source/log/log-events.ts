/** What an operator hears of following logs. */
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
}
