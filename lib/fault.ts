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

/** Also one that a worker thread threw, which arrives without its class. */
export function isFault(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'Fault';
}

/** The message of anything that was thrown, with those messages of its causes that it does not tell itself. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { message, cause } = thrown;
  if (cause === undefined) return message;
  const reason = reasonOf(cause);
  return message.includes(reason) ? message : `${message}: ${reason}`;
}
