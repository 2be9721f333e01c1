import type { LogLine } from './log-line.ts';

/** Which line stands on top. */
export type Order = 'newest' | 'oldest';

/** As many as a browser holds with ease; the rest is for a narrower search. */
export const MAX_LINES = 100_000;
/** Lines that wait while somebody reads. */
const MAX_HELD = 10_000;

export interface ListLimits {
  readonly maxLines: number;
  readonly maxHeld: number;
}

/**
 * The lines of a search and those that come in behind it. What comes in is held back until it is let in, so that
 * nothing moves under the eyes of a reader; of all this only the newest is kept within the limits.
 */
export class LogList {
  readonly #order: Order;
  readonly #limits: ListLimits;
  #lines: readonly LogLine[] = [];
  #held: LogLine[] = [];
  #skipped = 0;
  #full = false;

  constructor(order: Order, limits: ListLimits = { maxLines: MAX_LINES, maxHeld: MAX_HELD }) {
    this.#order = order;
    this.#limits = limits;
  }

  /** In the order in which they are shown; another array after each change. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  get heldCount(): number {
    return this.#held.length + this.#skipped;
  }

  /** Held lines that were let go because there were too many. */
  get skippedCount(): number {
    return this.#skipped;
  }

  /** No page fits any more. */
  get isFull(): boolean {
    return this.#full;
  }

  /** A page of the search, which lies behind those before it. */
  addPage(page: readonly LogLine[]): void {
    const room = this.#limits.maxLines - this.#lines.length;
    this.#lines = this.#lines.concat(page.slice(0, room));
    this.#full = this.#full || page.length >= room;
  }

  /** Lines that have come in, oldest first. */
  arrive(lines: readonly LogLine[]): void {
    this.#held.push(...lines);
    const over = this.#held.length - this.#limits.maxHeld;
    if (over <= 0) return;
    this.#held.splice(0, over);
    this.#skipped += over;
  }

  /** Shows what is held; returns how many lines were let go meanwhile, which leave a gap. */
  letIn(): number {
    const { maxLines } = this.#limits;
    const held = this.#held.toSorted((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
    this.#full = this.#full || this.#lines.length + held.length >= maxLines;
    this.#lines =
      this.#order === 'newest'
        ? held.reverse().concat(this.#lines).slice(0, maxLines)
        : this.#lines.concat(held).slice(-maxLines);
    const skipped = this.#skipped;
    this.#held = [];
    this.#skipped = 0;
    return skipped;
  }
}
