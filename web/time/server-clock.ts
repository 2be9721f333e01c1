import type { Clock } from '../../lib/clock.ts';
import type { Fetch } from '../api/client.ts';

/** `Date` headers have whole seconds and travel; a smaller difference says nothing. */
const TOLERANCE_MS = 2500;

/**
 * The server's time as far as the `Date` headers of its answers tell it. A browser whose clock is wrong would
 * else ask for points that do not exist yet, or miss the newest.
 */
export function followServerClock(fetch: Fetch, clock: Clock): { fetch: Fetch; nowSeconds: () => number } {
  let offsetMs = 0;
  return {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const serverMs = Date.parse(response.headers.get('date') ?? '');
      const difference = serverMs + 500 - clock.nowMs();
      if (!Number.isNaN(difference)) offsetMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
      return response;
    },
    nowSeconds: () => (clock.nowMs() + offsetMs) / 1000,
  };
}
