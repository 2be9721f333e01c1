import { inspect } from 'node:util';

import { reasonOf } from '../../lib/fault.ts';

interface WaitOptions {
  /** What is waited for, for the message: "waited 500 ms for <what>". */
  readonly what: string;
  readonly timeoutMs: number;
  /** Between two checks. */
  readonly everyMs?: number;
}

type Falsy = undefined | null | false | 0 | '';

/**
 * Checks until the check gives something true, and returns that. A check that throws is tried again. When
 * the time is over, throws with what the last check gave or threw.
 */
export async function waitUntil<T>(
  check: () => T | Promise<T>,
  { what, timeoutMs, everyMs = 50 }: WaitOptions,
): Promise<Exclude<T, Falsy>> {
  const startMs = performance.now();
  let last: string;
  do {
    try {
      const value = await check();
      if (value) return value as Exclude<T, Falsy>;
      last = `the last check gave ${inspect(value)}`;
    } catch (thrown) {
      last = `the last check threw: ${reasonOf(thrown)}`;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  } while (performance.now() - startMs < timeoutMs);
  throw new Error(`waited ${timeoutMs} ms for ${what}; ${last}`);
}
