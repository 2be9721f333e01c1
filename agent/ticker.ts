import type { Clock } from '../lib/clock.ts';

/**
 * Calls `tick` at each multiple of the interval by the wall clock, so that the agents of a cluster and the
 * samples of a restart lie on one grid. A tick that is not done when the next is due makes that one left out.
 */
export class Ticker {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #tick: (atMs: number) => Promise<void>;
  readonly #onLate: () => void;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #doneMs: number;

  constructor(clock: Clock, intervalMs: number, tick: (atMs: number) => Promise<void>, onLate: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#tick = tick;
    this.#onLate = onLate;
    this.#doneMs = clock.monotonicMs();
  }

  /** Milliseconds since the last tick ended. */
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
    // The first one at once: a newcomer wants to see something.
    for (let nowMs = this.#clock.nowMs(); !signal.aborted; nowMs = this.#clock.nowMs()) {
      const startedMs = this.#clock.monotonicMs();
      await this.#tick(nowMs);
      this.#doneMs = this.#clock.monotonicMs();
      for (let late = Math.floor((this.#doneMs - startedMs) / this.#intervalMs); late > 0; late--)
        this.#onLate();
      await this.#clock.sleep(this.#intervalMs - (this.#clock.nowMs() % this.#intervalMs), signal);
    }
  }
}
