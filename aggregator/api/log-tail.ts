import type { Clock } from '../../lib/clock.ts';
import { Fault } from '../../lib/fault.ts';
import type { Answer } from '../query/task.ts';
import type { TailPosition } from '../store/log-store.ts';

export const LOOKS_A_SECOND = 2;

/** A comment goes out when nothing else did for this long, so that a client that is gone is noticed. */
const SIGN_OF_LIFE_MS = 15_000;

/**
 * The bytes of a tail: an event for each look that found lines (drawn in `../query/log/answer.ts`). Looks again
 * only when the client has taken what it was given, so a slow one has fewer and larger looks and is told what
 * was left out. Ends with the signal.
 */
export async function* follow(
  first: Answer,
  ask: (position: TailPosition | undefined) => Promise<Answer>,
  clock: Clock,
  gone: AbortSignal,
): AsyncGenerator<Uint8Array | string> {
  yield ': follows\n\n';
  let { body, position } = first;
  let quietSinceMs = clock.monotonicMs();
  while (!gone.aborted) {
    const quiet = clock.monotonicMs() - quietSinceMs >= SIGN_OF_LIFE_MS;
    if (body.length > 0 || quiet) {
      yield body.length > 0 ? body : ': still here\n\n';
      quietSinceMs = clock.monotonicMs();
    }
    await clock.sleep(1000 / LOOKS_A_SECOND, gone);
    if (gone.aborted) return;
    const answer = await look(ask, position);
    body = answer?.body ?? new Uint8Array(0);
    position = answer?.position ?? position;
  }
}

/** Undefined when it can't be answered now; the next look sees what this one missed. */
async function look(
  ask: (position: TailPosition | undefined) => Promise<Answer>,
  position: TailPosition | undefined,
): Promise<Answer | undefined> {
  try {
    const answer = await ask(position);
    return answer.status === 200 ? answer : undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined;
    throw thrown;
  }
}
