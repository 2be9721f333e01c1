import { useEffect, useMemo } from 'preact/hooks';

import { usePage } from '../state/page.ts';
import { InstantFeed } from './instant-feed.ts';
import { RangeFeed } from './range-feed.ts';

/** The series of some expressions over the page's range, kept up to date while `active`. */
export function useRangeFeed(expressions: readonly string[], active: boolean): RangeFeed {
  const page = usePage();
  const feed = useMemo(() => new RangeFeed(page.api), [page]);
  const window = page.window.value;
  const generation = page.generation.value;
  const key = JSON.stringify(expressions);
  useEffect(() => {
    if (active && expressions.length > 0) feed.ask({ expressions, window, generation });
  }, [feed, key, window, generation, active]);
  useEffect(() => () => feed.stop(), [feed]);
  return feed;
}

/** The values of some expressions at the end of the page's range, kept up to date while `active`. */
export function useInstantFeed(expressions: readonly string[], active: boolean): InstantFeed {
  const page = usePage();
  const feed = useMemo(() => new InstantFeed(page.api), [page]);
  const atSeconds = page.endSeconds.value;
  const generation = page.generation.value;
  const key = JSON.stringify(expressions);
  useEffect(() => {
    if (active && expressions.length > 0) feed.ask({ expressions, atSeconds });
  }, [feed, key, atSeconds, generation, active]);
  useEffect(() => () => feed.stop(), [feed]);
  return feed;
}
