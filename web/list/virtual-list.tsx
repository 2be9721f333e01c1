import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { RowHeights } from './row-heights.ts';

/** Moves a list from outside. */
export interface ListMover {
  /** Scrolls until a row is seen whole, then gives it the focus if it can take it. */
  show(index: number): void;
  toTop(): void;
  toBottom(): void;
}

export interface VirtualListProps<Row extends { readonly id: number }> {
  readonly rows: readonly Row[];
  /** Height of a row that shows no more than one line. */
  readonly rowPx: number;
  /** Another value: heights that were measured are of no use any more. */
  readonly look: string;
  readonly mover: { current: ListMover | null };
  readonly class: string;
  /** What a screen reader calls it. */
  readonly label: string;
  /** Are rows read out that come in? */
  readonly isSpoken: boolean;
  readonly renderRow: (row: Row) => JSX.Element;
  /** After each move, and when the rows have changed. */
  readonly onMove: (seen: SeenRows) => void;
  /** Below the last row. */
  readonly children?: ComponentChildren;
}

export interface SeenRows {
  readonly atTop: boolean;
  readonly atBottom: boolean;
  /** Rows below the last one that is seen. */
  readonly below: number;
}

/** So many rows stand in the document at most, whatever the length of the list. */
const MAX_ROWS = 100;
/** Rows beyond the edges, so that a little scrolling shows no gap. */
const SPARE_ROWS = 6;
const EDGE_PX = 4;

/**
 * A list of any length of which only what is seen stands in the document. Rows have one height; those that are
 * higher are measured when they are drawn, and what stands below the upper edge keeps its place. One tab stop;
 * buttons within rows are for the keys of the view.
 */
export function VirtualList<Row extends { readonly id: number }>(props: VirtualListProps<Row>): JSX.Element {
  const { rows, rowPx, look, renderRow } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const drawn = useRef<HTMLDivElement>(null);
  const place = useSignal({ top: 0, height: 0 });
  const { heights, measure } = useHeights(rows, rowPx, look);
  const { top, height } = place.value;
  const first = Math.max(0, heights.at(top) - SPARE_ROWS);
  const last = Math.min(rows.length, heights.at(top + height) + 1 + SPARE_ROWS, first + MAX_ROWS);
  useLayoutEffect(() => measure(scroller.current as HTMLDivElement, drawn.current as HTMLDivElement, first));

  const move = (): void => {
    // An effect may come after the list has gone.
    if (!scroller.current) return;
    const { scrollTop, clientHeight, scrollHeight } = scroller.current;
    if (scrollTop !== top || clientHeight !== height) place.value = { top: scrollTop, height: clientHeight };
    props.onMove({
      atTop: scrollTop <= EDGE_PX,
      atBottom: scrollTop + clientHeight >= scrollHeight - EDGE_PX,
      below: rows.length - 1 - heights.at(scrollTop + clientHeight),
    });
  };
  const latestMove = useRef(move);
  latestMove.current = move;
  useEffect(() => {
    const observer = new ResizeObserver(() => latestMove.current());
    observer.observe(scroller.current as HTMLDivElement);
    return () => observer.disconnect();
  }, []);
  useEffect(() => latestMove.current(), [rows, first, last]);

  props.mover.current = moverOf(scroller, drawn, heights, rows);
  return (
    <div
      ref={scroller}
      class={`virtual ${props.class}`}
      role="log"
      aria-label={props.label}
      aria-live={props.isSpoken ? 'polite' : 'off'}
      tabIndex={0}
      onScroll={move}
    >
      <div class="virtual-rows" role="list" style={{ height: `${heights.total}px` }}>
        <div
          ref={drawn}
          role="presentation"
          class="virtual-drawn"
          style={{ transform: `translateY(${heights.top(first)}px)` }}
        >
          {rows.slice(first, last).map((row, i) => (
            <Item key={row.id} id={row.id} position={first + i + 1} size={rows.length}>
              {renderRow(row)}
            </Item>
          ))}
        </div>
      </div>
      {props.children}
    </div>
  );
}

function Item(props: {
  readonly id: number;
  readonly position: number;
  readonly size: number;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { id, position, size, children } = props;
  return (
    <div role="listitem" aria-posinset={position} aria-setsize={size} data-id={id}>
      {children}
    </div>
  );
}

interface Heights {
  readonly heights: RowHeights;
  /** Takes the heights of the rows that are drawn from `first` on; draws again when one has changed. */
  readonly measure: (scroller: HTMLElement, drawn: HTMLElement, first: number) => void;
}

function useHeights(rows: readonly { readonly id: number }[], rowPx: number, look: string): Heights {
  const measured = useSignal(0);
  // What rows, by their id, are higher than one line.
  const extras = useMemo(() => new Map<number, number>(), [look]);
  const heights = useMemo(
    () => new RowHeights(rows.length, rowPx, extrasByIndex(rows, extras)),
    [rows, rowPx, extras],
  );
  void measured.value;
  const measure = (scroller: HTMLElement, drawn: HTMLElement, first: number): void => {
    const firstSeen = heights.at(scroller.scrollTop);
    let above = 0;
    let changes = 0;
    for (const [i, child] of [...drawn.children].entries()) {
      const row = rows[first + i];
      const change = row ? heights.set(first + i, child.getBoundingClientRect().height) : 0;
      if (!row || change === 0) continue;
      extras.set(row.id, (extras.get(row.id) ?? 0) + change);
      changes++;
      if (first + i < firstSeen) above += change;
    }
    if (changes > 0) measured.value++;
    if (above !== 0) scroller.scrollTop += above;
  };
  return { heights, measure };
}

function* extrasByIndex(
  rows: readonly { readonly id: number }[],
  extras: ReadonlyMap<number, number>,
): Iterable<[number, number]> {
  if (extras.size === 0) return;
  for (let i = 0; i < rows.length; i++) {
    const extra = extras.get((rows[i] as { id: number }).id);
    if (extra !== undefined) yield [i, extra];
  }
}

function moverOf(
  scroller: { current: HTMLDivElement | null },
  drawn: { current: HTMLDivElement | null },
  heights: RowHeights,
  rows: readonly { readonly id: number }[],
): ListMover {
  return {
    show: (index) => {
      const element = scroller.current;
      const row = rows[index];
      if (!element || !row) return;
      const [top, bottom] = [heights.top(index), heights.top(index + 1)];
      if (top < element.scrollTop) element.scrollTop = top;
      else if (bottom > element.scrollTop + element.clientHeight) {
        element.scrollTop = bottom - element.clientHeight;
      }
      requestAnimationFrame(() =>
        requestAnimationFrame(() =>
          drawn.current
            ?.querySelector<HTMLElement>(`[data-id="${row.id}"] button`)
            ?.focus({ preventScroll: true }),
        ),
      );
    },
    toTop: () => scroller.current?.scrollTo({ top: 0 }),
    toBottom: () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight }),
  };
}
