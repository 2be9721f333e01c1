import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { TimeFormat } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import type { Unit } from '../format/unit.ts';
import { usePage } from '../state/page.ts';
import type { TimeWindow } from '../time/range.ts';
import { ChartData } from './chart-data.tsx';
import { readValue } from './line.ts';
import type { Line } from './line.ts';
import { Plot } from './plot.ts';
import type { Mark } from './plot-options.ts';

export interface ChartProps {
  /** The name that a screen reader says. */
  readonly label: string;
  readonly unit: Unit;
  readonly max?: number | undefined;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly window: TimeWindow;
  /** Bars instead of lines. */
  readonly bars?: boolean;
  readonly marks?: readonly Mark[];
  /** Index of the time under the crosshair; written here. */
  readonly cursor: Signal<number | null>;
  /** Key of the line that stands out; read here. */
  readonly highlighted: Signal<string | null>;
}

const NO_MARKS: readonly Mark[] = [];
/** More lines than this are not read out at a step of the crosshair. */
const MAX_SPOKEN_LINES = 8;

/** A chart of lines over time: drag to zoom, arrow keys to walk, Enter for its numbers. */
export function Chart(props: ChartProps): JSX.Element {
  const page = usePage();
  const element = useRef<HTMLDivElement>(null);
  const plot = usePlot(props, element);
  const tabled = useSignal(false);
  const { cursor, lines, times, unit, label } = props;
  const press = (event: KeyboardEvent): void => {
    const target = walkTarget(event, cursor.value, times.length);
    if (event.key === 'Enter') tabled.value = true;
    else if (target === null || !plot.current) return;
    else page.spoken.value = describe(page.times, props, plot.current.moveCursor(target));
    event.preventDefault();
  };
  return (
    <>
      <div
        ref={element}
        class={lines.length === 0 ? 'chart chart-empty' : 'chart'}
        role="application"
        aria-roledescription="chart"
        aria-label={`${label}. Arrow keys read the values, Enter shows them as a table.`}
        tabIndex={0}
        onKeyDown={press}
        onBlur={() => plot.current?.hideCursor()}
      />
      {tabled.value && (
        <ChartData
          label={label}
          unit={unit}
          times={times}
          lines={lines}
          onClose={() => (tabled.value = false)}
        />
      )}
    </>
  );
}

/** The drawing of a chart, kept as its properties are. */
function usePlot(props: ChartProps, element: RefObject<HTMLDivElement | null>): RefObject<Plot | null> {
  const page = usePage();
  const plot = useRef<Plot | null>(null);
  const { cursor, highlighted, lines, times, unit, max, window, bars = false, marks = NO_MARKS } = props;
  const latestTimes = useRef(times);
  latestTimes.current = times;

  useEffect(() => {
    const made = new Plot(element.current as HTMLElement, page.times, {
      cursor: (index) => {
        cursor.value = index;
        page.cursorSeconds.value = index === null ? null : (latestTimes.current[index] ?? null);
      },
      zoom: (from, to) => page.zoom(from, to),
    });
    plot.current = made;
    return () => made.destroy();
  }, [page, cursor]);

  const dark = page.theme.dark.value;
  useEffect(
    () => plot.current?.show({ unit, max, lines, window, bars, marks }, times, dark),
    [unit, max, lines, window, bars, marks, times, dark],
  );

  const highlightedKey = highlighted.value;
  useEffect(() => plot.current?.highlight(highlightedKey), [highlightedKey]);
  return plot;
}

/** Where a key moves the crosshair; null when it is not for the chart. */
function walkTarget(event: KeyboardEvent, at: number | null, length: number): number | null {
  const stride = event.shiftKey ? 10 : 1;
  switch (event.key) {
    case 'ArrowLeft':
      return (at ?? length) - stride;
    case 'ArrowRight':
      return (at ?? length - 1 - stride) + stride;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}

function describe(format: TimeFormat, { lines, times, unit }: ChartProps, index: number): string {
  const values = lines
    .slice(0, MAX_SPOKEN_LINES)
    .map((line) => `${line.label} ${formatValue(readValue(line, index), unit)}`);
  const more = lines.length > MAX_SPOKEN_LINES ? `, and ${lines.length - MAX_SPOKEN_LINES} more` : '';
  return `${format.moment(times[index] ?? 0)}: ${values.join(', ')}${more}`;
}
