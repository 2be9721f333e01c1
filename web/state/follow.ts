import type { Clock } from '../../lib/clock.ts';
import type { Page } from './page.ts';

/** As often as the sources report. */
const REFRESH_MS = 5000;

/** Moves `page.now` on while somebody looks: not while following is paused or the tab is hidden. */
export async function follow(
  page: Page,
  document: Document,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const tick = (): void => {
    if (document.visibilityState === 'visible' && page.following.value) page.now.value = page.nowSeconds();
  };
  document.addEventListener('visibilitychange', tick, { signal });
  while (!signal.aborted) {
    await clock.sleep(REFRESH_MS, signal);
    if (!signal.aborted) tick();
  }
}
