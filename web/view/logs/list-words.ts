import type { LogFeed } from '../../log/log-feed.ts';
import { MAX_LINES } from '../../log/log-list.ts';
import type { Order } from '../../log/log-list.ts';

/** How much of what there is is shown, in words: a limit is never reached in silence. */
export function shownWords(shown: number, total: number | null, order: Order, hasMore: boolean): string {
  if (shown === 0) return '';
  const count = shown.toLocaleString('en');
  if (!hasMore) return shown === 1 ? 'The one hit in this range' : `All ${count} hits in this range`;
  const all = total !== null && total > shown ? `${total.toLocaleString('en')} hits in this range` : null;
  return `The ${order} ${count} ${all === null ? 'hits; there are more' : `of ${all}`}`;
}

/** What is to be said about the lines of a feed, the most important first. */
export function listWords({ feed, order, total }: { feed: LogFeed; order: Order; total: number | null }): {
  shown: string;
  troubles: string[];
} {
  const lines = feed.lines.value ?? [];
  const troubles: string[] = [];
  const fault = feed.fault.value;
  if (fault !== null) troubles.push(fault.reason);
  const lost = feed.lostLines.value;
  if (lost !== 0) {
    const count = lost === null ? 'Some' : lost.toLocaleString('en');
    troubles.push(`${count} new lines came too fast and are left out here; press r to search again`);
  }
  if (feed.isFull) {
    troubles.push(
      `${MAX_LINES.toLocaleString('en')} lines are as many as this list holds; narrow the search`,
    );
  }
  troubles.push(...feed.warnings.value);
  return { shown: shownWords(lines.length, total, order, feed.hasMore || feed.isFull), troubles };
}
