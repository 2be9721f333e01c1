import { createHash } from 'node:crypto';

import type { Clock } from '../../lib/clock.ts';
import type { Group } from './group.ts';

/**
 * Evaluates a group at its interval. The moments lie on a grid of the wall clock that each group has shifted by its
 * own key, so that groups are spread over the interval and stay where they are over a restart.
 */
export class Scheduler {
  readonly group: Group;
  readonly #clock: Clock;
  readonly #onLate: () => void;
  readonly #stop = new AbortController();
  readonly #offsetMs: number;
  #running: Promise<void> = Promise.resolve();
  #doneMs: number;

  constructor(group: Group, clock: Clock, onLate: () => void) {
    this.group = group;
    this.#clock = clock;
    this.#onLate = onLate;
    this.#offsetMs = createHash('sha256').update(group.key).digest().readUIntBE(0, 6) % group.intervalMs;
    this.#doneMs = clock.monotonicMs();
  }

  /** Milliseconds since the last evaluation ended. */
  get silentMs(): number {
    return this.#clock.monotonicMs() - this.#doneMs;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { intervalMs } = this.group;
    for (;;) {
      const nowMs = this.#clock.nowMs();
      const untilMs = intervalMs - ((((nowMs - this.#offsetMs) % intervalMs) + intervalMs) % intervalMs);
      await this.#clock.sleep(untilMs, signal);
      if (signal.aborted) return;
      const startedMs = this.#clock.monotonicMs();
      await this.group.evaluate(this.#onGrid(this.#clock.nowMs()));
      this.#doneMs = this.#clock.monotonicMs();
      for (let late = Math.floor((this.#doneMs - startedMs) / intervalMs); late > 0; late--) this.#onLate();
    }
  }

  /** The nearest moment of the grid: a timer is never on time to the millisecond. */
  #onGrid(nowMs: number): number {
    const { intervalMs } = this.group;
    return Math.round((nowMs - this.#offsetMs) / intervalMs) * intervalMs + this.#offsetMs;
  }
}
