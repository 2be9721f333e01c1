/**
 * The one place that reads the time. Everything that waits, stamps or expires takes a `Clock`, so that a
 * test can hold the time in its hand.
 */
export interface Clock {
  /** Wall time, milliseconds since the epoch; may jump when the host's clock is set. */
  nowMs(): number;
  /** Milliseconds since an arbitrary moment; never jumps. For durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};

/** A clock that stands still until `advance` is called; sleepers wake in the order of their time. */
export class FakeClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #sleepers: { atMs: number; wake: () => void }[] = [];

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { atMs: this.#elapsedMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  /** Moves both clocks on and lets everything that waited for that long go on. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    this.#elapsedMs += ms;
    const due = this.#sleepers.filter((s) => s.atMs <= this.#elapsedMs).sort((a, b) => a.atMs - b.atMs);
    this.#sleepers = this.#sleepers.filter((s) => s.atMs > this.#elapsedMs);
    for (const sleeper of due) {
      sleeper.wake();
      await Promise.resolve();
    }
  }

  /** The wall clock alone jumps, as when an operator sets it. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }
}
