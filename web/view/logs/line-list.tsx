import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { VirtualList } from '../../list/virtual-list.tsx';
import type { ListMover, SeenRows } from '../../list/virtual-list.tsx';
import type { LogFilter } from '../../log/filter.ts';
import type { LogFeed } from '../../log/log-feed.ts';
import type { LogLine } from '../../log/log-line.ts';
import type { Order } from '../../log/log-list.ts';
import type { LabelMatch } from '../../log/selector.ts';
import { usePage } from '../../state/page.ts';
import { useViewKeys } from '../../state/use-keys.ts';
import { ListBar } from './list-bar.tsx';
import { listWords } from './list-words.ts';
import { LogRow } from './log-row.tsx';

export interface LineListProps {
  readonly feed: LogFeed;
  readonly filter: LogFilter;
  readonly order: Order;
  /** Hits in the whole range; null until known. */
  readonly total: number | null;
  readonly onNarrow: (match: LabelMatch) => void;
}

const NO_LINES: readonly LogLine[] = [];
/** Height of `.log-row`. */
const ROW_PX = 22;
/** The next page is asked for when fewer rows than this are left below. */
const ROWS_AHEAD = 40;
/** Lines in the 5 s between two looks at the clock; when more come in, reading them out helps nobody. */
const MAX_SPOKEN_LINES = 5;

/** The lines, the words about them, and the new ones that wait until the reader wants them. */
export function LineList({ feed, filter, order, total, onNarrow }: LineListProps): JSX.Element {
  const page = usePage();
  const { params } = page.address;
  const isWrapped = params.value.get('wrap') === '1';
  const mover = useRef<ListMover | null>(null);
  const atNewest = useSignal(true);
  const open = useOpenLines(feed, mover, params.value.get('line'));
  const lines = feed.lines.value ?? NO_LINES;
  const searches = feed.searches.value;
  const holds = !page.following.value || !atNewest.value || open.ids.size > 0;
  // At once: no line may slip in between the key and its effect.
  useLayoutEffect(() => feed.hold(holds), [feed, holds]);
  useLineKeys(feed, mover);

  const moved = ({ atTop, atBottom, below }: SeenRows): void => {
    atNewest.value = order === 'newest' ? atTop : atBottom;
    const isCurrent = lines === feed.lines.peek();
    if (isCurrent && below < ROWS_AHEAD && feed.fault.peek() === null) feed.more();
  };
  const toNewest = (): void => {
    feed.letIn();
    requestAnimationFrame(() => (order === 'newest' ? mover.current?.toTop() : mover.current?.toBottom()));
  };
  const follows = atNewest.value && order === 'oldest';
  useEffect(() => {
    if (follows && feed.arrivedCount > 0) mover.current?.toBottom();
  }, [follows, lines]);
  return (
    <section class="panel log-panel" aria-label="Lines">
      <ListBar feed={feed} order={order} isWrapped={isWrapped} words={listWords({ feed, order, total })} />
      <div class="log-frame">
        <HeldBar feed={feed} order={order} onShow={toNewest} />
        <VirtualList
          key={searches}
          rows={lines}
          rowPx={ROW_PX}
          look={String(isWrapped)}
          mover={mover}
          class={isWrapped ? 'log-lines is-wrapped' : 'log-lines'}
          label="Log lines"
          isSpoken={useSlow(feed) && !holds}
          onMove={moved}
          renderRow={(line) => (
            <LogRow
              line={line}
              filter={filter}
              isOpen={open.ids.has(line.id)}
              onToggle={() => open.toggle(line)}
              onNarrow={onNarrow}
            />
          )}
        />
        {feed.lines.value === null && feed.fault.value === null && (
          <p class="panel-note appear-late">Searching…</p>
        )}
        {feed.lines.value?.length === 0 && <p class="panel-note">No line is found in this range</p>}
      </div>
    </section>
  );
}

/** Says how many lines have come in behind what is read. */
function HeldBar({
  feed,
  order,
  onShow,
}: {
  feed: LogFeed;
  order: Order;
  onShow: () => void;
}): JSX.Element | null {
  const count = feed.heldCount.value;
  if (count === 0) return null;
  return (
    <button type="button" class={`held-bar held-${order}`} onClick={onShow}>
      {order === 'newest' ? '↑' : '↓'} {count.toLocaleString('en')} new {count === 1 ? 'line' : 'lines'}
    </button>
  );
}

interface OpenLines {
  readonly ids: ReadonlySet<number>;
  toggle(line: LogLine): void;
}

/** Which lines are open: at first the one that the address names. */
function useOpenLines(feed: LogFeed, mover: { current: ListMover | null }, named: string | null): OpenLines {
  const ids = useSignal<ReadonlySet<number>>(new Set<number>());
  const searches = feed.searches.value;
  useEffect(() => {
    const lines = feed.lines.peek() ?? [];
    const at = named === null ? -1 : lines.findIndex((line) => String(line.timeNs) === named);
    ids.value = new Set(lines.slice(at, at + 1).map((line) => line.id));
    if (at !== -1) requestAnimationFrame(() => mover.current?.show(at));
  }, [searches]);
  return {
    ids: ids.value,
    toggle: ({ id }) => {
      const next = new Set(ids.value);
      if (!next.delete(id)) next.add(id);
      ids.value = next;
    },
  };
}

function useLineKeys(feed: LogFeed, mover: { current: ListMover | null }): void {
  const page = usePage();
  const commands = useMemo(() => {
    const step = (by: number): void => {
      const lines = feed.lines.peek() ?? [];
      const focused = Number(document.activeElement?.closest<HTMLElement>('[data-id]')?.dataset['id']);
      const at = lines.findIndex((line) => line.id === focused);
      mover.current?.show(at === -1 ? 0 : Math.min(Math.max(at + by, 0), lines.length - 1));
    };
    const wrap = (): void => {
      const isWrapped = page.address.params.peek().get('wrap') === '1';
      page.address.go({ wrap: isWrapped ? null : '1' }, 'replace');
    };
    return [
      {
        keys: 'Space',
        words: 'stop or go on with the live tail',
        run: () => (page.following.value = !page.following.value),
      },
      { keys: 'j', words: 'next line (Enter opens it)', run: () => step(1) },
      { keys: 'k', words: 'line before', run: () => step(-1) },
      { keys: 'w', words: 'wrap long lines', run: wrap },
    ];
  }, [page, feed, mover]);
  useViewKeys(commands);
}

/** Do lines come in slowly enough to be read out? */
function useSlow(feed: LogFeed): boolean {
  const now = usePage().now.value;
  const before = useRef(0);
  const slow = useSignal(true);
  useEffect(() => {
    slow.value = feed.arrivedCount - before.current <= MAX_SPOKEN_LINES;
    before.current = feed.arrivedCount;
  }, [now]);
  return slow.value;
}
