import { labelsFrom, labelsKey } from '../../wire/labels.ts';
import type { LabelRecord, ResultSeries } from '../api/answer.ts';
import type { TimeWindow } from '../time/range.ts';

/** A series on the common times of its frame; null where there is no number. */
export interface FrameSeries {
  readonly key: string;
  /** Which of the panel's queries it answers, from 0. */
  readonly query: number;
  readonly labels: LabelRecord;
  readonly values: readonly (number | null)[];
}

/** Columns as a chart takes them: ascending times, one step apart, and values of the same length. */
export interface Frame {
  readonly times: readonly number[];
  readonly series: readonly FrameSeries[];
  /** Series that the server sent and that are not kept because there are too many. */
  readonly leftOut: number;
}

interface Row {
  readonly query: number;
  readonly labels: LabelRecord;
  /** From the buffer's start on; what lies beyond its length is a gap. */
  values: (number | null)[];
}

/**
 * Holds what was fetched, on a grid of one step, so that following the clock only needs the newest points.
 * A merge replaces the span that was asked for: a point that is not in the answer any more becomes a gap.
 */
export class SeriesBuffer {
  readonly #stepSeconds: number;
  readonly #maxSeries: number;
  readonly #rows = new Map<string, Row>();
  #startSeconds: number;
  #leftOut = 0;

  constructor(startSeconds: number, stepSeconds: number, maxSeries: number) {
    this.#startSeconds = startSeconds;
    this.#stepSeconds = stepSeconds;
    this.#maxSeries = maxSeries;
  }

  /** Takes the answer of a query for a window of this buffer's step; what lies before its start is dropped. */
  merge(query: number, answer: readonly ResultSeries[], window: TimeWindow): void {
    const from = Math.max(0, this.#index(window.startSeconds));
    const to = this.#index(window.endSeconds);
    if (to < from) return;
    for (const row of this.#rows.values()) {
      if (row.query === query) row.values.fill(null, from, to + 1);
    }
    let leftOut = 0;
    for (const { labels, points } of answer) {
      const row = this.#row(query, labels);
      if (!row) {
        leftOut++;
        continue;
      }
      for (const [atSeconds, value] of points) {
        const at = this.#index(atSeconds);
        if (at < from || at > to) continue;
        while (row.values.length < at) row.values.push(null);
        row.values[at] = Number.isFinite(value) ? value : null;
      }
    }
    this.#leftOut = Math.max(this.#leftOut, leftOut);
  }

  /** The columns of a window; drops for good what is older, and series that have nothing left. */
  frame(window: TimeWindow): Frame {
    this.#dropBefore(window.startSeconds);
    const points = this.#index(window.endSeconds) + 1;
    const times = Array.from(
      { length: Math.max(0, points) },
      (_, i) => this.#startSeconds + i * this.#stepSeconds,
    );
    const series: FrameSeries[] = [];
    for (const [key, { query, labels, values }] of this.#rows) {
      series.push({ key, query, labels, values: times.map((_, i) => values[i] ?? null) });
    }
    return { times, series: series.sort((a, b) => a.query - b.query), leftOut: this.#leftOut };
  }

  #dropBefore(startSeconds: number): void {
    const count = this.#index(startSeconds);
    if (count <= 0) return;
    this.#startSeconds += count * this.#stepSeconds;
    for (const [key, row] of this.#rows) {
      row.values.splice(0, count);
      if (row.values.every((value) => value === null)) this.#rows.delete(key);
    }
  }

  #row(query: number, labels: LabelRecord): Row | undefined {
    const key = `${query}|${labelsKey(labelsFrom(labels))}`;
    const known = this.#rows.get(key);
    if (known || this.#rows.size >= this.#maxSeries) return known;
    const row: Row = { query, labels, values: [] };
    this.#rows.set(key, row);
    return row;
  }

  #index(atSeconds: number): number {
    return Math.round((atSeconds - this.#startSeconds) / this.#stepSeconds);
  }
}
