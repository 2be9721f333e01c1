/**
 * What went wrong outside of this program: input, network, disk, a peer. A bug is a plain
 * `Error('BUG: ...')`; a partial result is logged and counted, not thrown.
 */
export class Fault extends Error {
  /** Names the kind for programs, e.g. `bad_data`, `too_large`, `unknown_schema`. */
  readonly code: string;
  /** May the same request succeed later without change? */
  readonly retry: boolean;

  constructor(code: string, message: string, options: { retry?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.retry = options.retry ?? false;
  }
}

/** The message of anything that was thrown, with the messages of its causes. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause === undefined ? thrown.message : `${thrown.message}: ${reasonOf(thrown.cause)}`;
}
