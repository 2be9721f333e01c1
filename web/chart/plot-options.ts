import uPlot from 'uplot';

import type { TimeFormat } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import type { Unit } from '../format/unit.ts';
import type { TimeWindow } from '../time/range.ts';
import type { Hue } from './hue.ts';
import type { Line } from './line.ts';
import { withAlpha } from './palette.ts';
import type { Palette } from './palette.ts';
import { incrementsOf, lonelyPoints, verticalRange } from './scale.ts';

/** All that a plot needs to know beside its numbers. */
export interface PlotSpec {
  readonly unit: Unit;
  readonly max: number | undefined;
  readonly lines: readonly Line[];
  readonly window: TimeWindow;
  /** Each value is a bar from its time on, one step wide. */
  readonly bars: boolean;
  /** Moments to be seen on the chart. */
  readonly marks: readonly Mark[];
}

/** A line from top to bottom. */
export interface Mark {
  readonly atSeconds: number;
  readonly hue: Hue;
}

export interface PlotEvents {
  /** The index of the time under the cursor, null when it leaves. */
  cursor(index: number | null): void;
  /** A span was marked. */
  zoom(fromSeconds: number, toSeconds: number): void;
}

/** All charts move their crosshairs together. */
const SYNC_KEY = 'time';
const AXIS_FONT = '11px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const Y_AXIS_WIDTH = 64;
const X_AXIS_HEIGHT = 26;
/** A mark on each of more lines than this covers the chart and makes the crosshair slow. */
const MAX_MARKED_LINES = 40;
/** A drag shorter than this is a click. */
const MIN_DRAG_PX = 5;

/** The options of uPlot for a spec; `current` gives the newest spec, because windows move without a rebuild. */
export function plotOptions(
  current: () => PlotSpec,
  palette: Palette,
  times: TimeFormat,
  events: PlotEvents,
): Omit<uPlot.Options, 'width' | 'height'> {
  const { lines, unit, bars } = current();
  return {
    legend: { show: false },
    padding: [8, 14, 0, 0],
    focus: { alpha: 0.2 },
    cursor: {
      sync: { key: SYNC_KEY, setSeries: false, scales: ['x', null] },
      drag: { x: true, y: false, setScale: false },
      points: { show: !bars && lines.length <= MAX_MARKED_LINES, size: 7, width: 1.5 },
      y: false,
    },
    scales: {
      x: { time: true, range: () => [current().window.startSeconds, current().window.endSeconds] },
      y: { range: (_, min, max) => verticalRange(min, max, current().max) },
    },
    axes: [
      timeAxis(palette, times),
      valueAxis(
        palette,
        unit,
        lines.some((line) => line.below),
      ),
    ],
    series: [{}, ...lines.map((line) => (bars ? barsOf(line, palette) : seriesOf(line, palette)))],
    bands: bars ? [] : bandsOf(lines),
    hooks: {
      setCursor: [(plot) => events.cursor(plot.cursor.idx ?? null)],
      setSelect: [(plot) => markSpan(plot, events)],
      draw: [(plot) => drawMarks(plot, current().marks, palette)],
    },
  };
}

function seriesOf(line: Line, palette: Palette): uPlot.Series {
  const color = palette.hues[line.hue];
  const series: uPlot.Series = {
    stroke: color,
    width: line.stacked ? 1 : 1.5,
    dash: [...line.dash],
    points: {
      show: true,
      size: 4,
      fill: color,
      filter: (plot, index) => lonelyPoints(plot.data[index] ?? []),
    },
  };
  if (line.filled) series.fill = withAlpha(color, line.stacked && !line.faint ? 0.45 : 0.1);
  return series;
}

/** Bars cover what the layer above them drew there, so they are not seen through. */
function barsOf(line: Line, palette: Palette): uPlot.Series {
  const color = palette.hues[line.hue];
  const paths = uPlot.paths.bars?.({ align: 1, size: [1, Number.POSITIVE_INFINITY], gap: 1 });
  const fill = line.faint ? withAlpha(color, 0.4) : color;
  return { fill, width: 0, points: { show: false }, ...(paths ? { paths } : {}) };
}

/** Between a stacked line and the one below it, which comes next; the last is filled down to zero. */
function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  const stacked = lines.flatMap((line, i) => (line.stacked ? [i + 1] : []));
  return stacked.slice(0, -1).map((upper, i) => ({ series: [upper, stacked[i + 1] as number] }));
}

function timeAxis(palette: Palette, times: TimeFormat): uPlot.Axis {
  return {
    stroke: palette.text,
    font: AXIS_FONT,
    size: X_AXIS_HEIGHT,
    gap: 4,
    space: 58,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
    values: (_, splits, __, ___, increment) => splits.map((at) => times.tick(at, increment)),
  };
}

function valueAxis(palette: Palette, unit: Unit, unsigned: boolean): uPlot.Axis {
  return {
    stroke: palette.text,
    font: AXIS_FONT,
    size: Y_AXIS_WIDTH,
    gap: 6,
    space: 26,
    incrs: incrementsOf(unit),
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map((value) => formatValue(unsigned ? Math.abs(value) : value, unit)),
  };
}

function drawMarks(plot: uPlot, marks: readonly Mark[], palette: Palette): void {
  const { ctx, bbox, scales } = plot;
  ctx.save();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { atSeconds, hue } of marks) {
    if (atSeconds < (scales['x']?.min ?? 0) || atSeconds > (scales['x']?.max ?? 0)) continue;
    const x = Math.round(plot.valToPos(atSeconds, 'x', true));
    ctx.strokeStyle = palette.hues[hue];
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function markSpan(plot: uPlot, events: PlotEvents): void {
  const { left, width } = plot.select;
  if (width <= 0) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  if (width >= MIN_DRAG_PX) events.zoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
}
