import uPlot from 'uplot';

import type { TimeFormat } from '../format/time.ts';
import { plotOptions } from './plot-options.ts';
import type { PlotEvents, PlotSpec } from './plot-options.ts';
import { readPalette } from './palette.ts';
import { stackColumns } from './stack.ts';

/** A drawing in an element: it is built again only when its lines change, new numbers are just set. */
export class Plot {
  readonly #element: HTMLElement;
  readonly #times: TimeFormat;
  readonly #events: PlotEvents;
  readonly #observer: ResizeObserver;
  #plot: uPlot | null = null;
  #look = '';
  #spec: PlotSpec | null = null;

  constructor(element: HTMLElement, times: TimeFormat, events: PlotEvents) {
    this.#element = element;
    this.#times = times;
    this.#events = events;
    this.#observer = new ResizeObserver(() => {
      this.#plot?.setSize(this.#size());
    });
    this.#observer.observe(element);
  }

  /**
   * Draws lines over their common times, the last one first, so that the edge of a layer is not painted over
   * by an empty one on top of it. `dark` only tells that colours must be read again.
   */
  show(spec: PlotSpec, times: readonly number[], dark: boolean): void {
    const columns = stackColumns(spec.lines).reverse();
    const drawn = { ...spec, lines: spec.lines.toReversed() };
    this.#spec = drawn;
    const look = lookOf(drawn, dark);
    const data = [[...times], ...columns] as uPlot.AlignedData;
    if (this.#plot && look === this.#look) {
      this.#plot.setData(data);
      return;
    }
    this.#plot?.destroy();
    this.#look = look;
    const current = (): PlotSpec => this.#spec ?? drawn;
    const options = plotOptions(current, readPalette(this.#element), this.#times, this.#events);
    this.#plot = new uPlot({ ...options, ...this.#size() }, data, this.#element);
  }

  /** Lets one line stand out, or none. */
  highlight(key: string | null): void {
    const at = this.#spec?.lines.findIndex((line) => line.key === key) ?? -1;
    this.#plot?.setSeries(at === -1 ? null : at + 1, { focus: at !== -1 });
  }

  /** Puts the crosshair, here and on the other charts, on the nth time; the ends hold it. Returns the index. */
  moveCursor(index: number): number {
    const plot = this.#plot;
    if (!plot) return 0;
    const held = Math.min(Math.max(index, 0), plot.data[0].length - 1);
    plot.setCursor({ left: plot.valToPos(plot.data[0][held] ?? 0, 'x'), top: 1 }, true);
    return held;
  }

  hideCursor(): void {
    this.#plot?.setCursor({ left: -10, top: -10 }, true);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  #size(): { width: number; height: number } {
    return { width: this.#element.clientWidth, height: this.#element.clientHeight };
  }
}

/** What cannot be changed in a plot that stands. */
function lookOf({ unit, lines }: PlotSpec, dark: boolean): string {
  const looks = lines.map(({ key, hue, dash, stacked, filled, below }) => [
    key,
    hue,
    dash,
    stacked,
    filled,
    below,
  ]);
  return JSON.stringify([dark, unit, looks]);
}
