import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';

import { Latest } from '../../series/latest.ts';
import { usePage } from '../../state/page.ts';
import type { LogHistogram } from '../../api/log-answer.ts';
import type { HistogramQuestion } from '../../api/log-client.ts';
import type { LogFilter } from '../../log/filter.ts';
import { LogFeed } from '../../log/log-feed.ts';
import type { Order } from '../../log/log-list.ts';
import { windowOf } from '../../time/range.ts';
import type { TimeWindow } from '../../time/range.ts';

/** As many bars as can be told apart on a narrow screen, too. */
const MAX_BARS = 90;

/** The lines of a filter in the page's range, asked for when either changes and kept up to date by a tail. */
export function useLogFeed(filter: LogFilter, order: Order): LogFeed {
  const page = usePage();
  const feed = useMemo(() => new LogFeed(page.logs), [page]);
  const { spanSeconds, endSeconds } = page.range.value;
  const generation = page.generation.value;
  useEffect(() => {
    const end = endSeconds ?? Math.ceil(page.nowSeconds());
    feed.ask({
      filter,
      order,
      startSeconds: end - spanSeconds,
      endSeconds: end,
      isLive: endSeconds === null,
    });
  }, [feed, filter, order, spanSeconds, endSeconds, generation]);
  const now = page.now.value;
  useEffect(() => feed.revive(), [feed, now]);
  useEffect(() => () => feed.stop(), [feed]);
  return feed;
}

export interface Bars {
  readonly window: TimeWindow;
  /** Null until the first answer, and while the server gives none. */
  readonly histogram: LogHistogram | null;
}

/** How many lines there are of each level over the page's range, asked for while `active`. */
export function useHistogram(filter: LogFilter, active: boolean): Bars {
  const page = usePage();
  const bars = useSignal<LogHistogram | null>(null);
  const latest = useMemo(
    () =>
      new Latest<HistogramQuestion>(async (question, signal) => {
        try {
          const histogram = await page.logs.histogram(question, signal);
          if (!signal.aborted) bars.value = histogram;
        } catch {
          // The list beside it says why there is no answer.
          if (!signal.aborted) bars.value = null;
        }
      }),
    [page, bars],
  );
  const range = page.range.value;
  const grid = windowOf(range, page.now.value, MAX_BARS);
  const { stepSeconds } = grid;
  // The newest bar of a range that ends now is drawn while it fills; one of the past is counted to the second.
  const endSeconds = range.endSeconds ?? grid.endSeconds + stepSeconds;
  const startSeconds = range.endSeconds === null ? grid.startSeconds : endSeconds - range.spanSeconds;
  const generation = page.generation.value;
  const tick = range.endSeconds === null ? page.now.value : 0;
  useEffect(() => {
    if (active) latest.ask({ filter, startSeconds, endSeconds, stepSeconds }, false);
  }, [latest, filter, startSeconds, endSeconds, stepSeconds, generation, tick, active]);
  useEffect(() => () => latest.stop(), [latest]);
  const window = useMemo(
    () => ({ startSeconds, endSeconds, stepSeconds }),
    [startSeconds, endSeconds, stepSeconds],
  );
  return { window, histogram: bars.value };
}
