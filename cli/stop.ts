import type { Clock } from '../lib/clock.ts';
import { reasonOf } from '../lib/fault.ts';
import type { Log } from '../lib/log.ts';
import type { Running } from '../lib/running.ts';

/** The part of `process` by which someone asks the program to end. */
export interface StopRequests {
  on(event: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'disconnect', listener: () => void): unknown;
}

/**
 * One Ctrl-C may arrive twice: the terminal signals the whole group, and npm or the launcher, being in it, hands
 * its own on.
 */
const SAME_REQUEST_MS = 500;

/** Calls `first` with the name of the first request to stop, and `stopNow` at each that comes later on. */
export function onStopRequest(
  requests: StopRequests,
  clock: Clock,
  first: (by: string) => void,
  stopNow: () => void,
): void {
  let firstAtMs: number | undefined;
  for (const request of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) {
    requests.on(request, () => {
      const atMs = clock.monotonicMs();
      if (firstAtMs === undefined) first(request);
      firstAtMs ??= atMs;
      if (atMs - firstAtMs >= SAME_REQUEST_MS) stopNow();
    });
  }
}

/**
 * Starts a part and resolves with the exit code when it was asked to stop and has: by SIGINT, SIGTERM, SIGHUP or
 * the end of the launcher. A request during the start waits for it; a second one calls `stopNow`.
 */
export async function runUntilStopped(
  start: () => Promise<Running>,
  requests: StopRequests,
  { clock, log, stopNow }: { clock: Clock; log: Log; stopNow: () => void },
): Promise<number> {
  const asked = Promise.withResolvers<string>();
  onStopRequest(requests, clock, asked.resolve, stopNow);
  const running = await start();
  log.info('stopping', { asked_by: await asked.promise });
  try {
    await running.close();
  } catch (error) {
    log.error('stopped with an error', { reason: reasonOf(error) });
    return 1;
  }
  log.info('stopped');
  return 0;
}
