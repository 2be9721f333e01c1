import type { Clock } from '../../lib/clock.ts';
import { Fault, reasonOf } from '../../lib/fault.ts';
import type { AlertingMetrics } from '../event.ts';
import type { OutboxEntry, StateStore } from '../state/state-store.ts';
import type { Receiver } from './receiver.ts';

export interface SenderParts {
  readonly store: Pick<StateStore, 'heads' | 'removeFromOutbox'>;
  readonly clock: Clock;
  readonly metrics: AlertingMetrics;
  /** What could not be sent for this long is dropped. */
  readonly maxAgeMs: number;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Entries that are looked at in one go; there is one for each name of alerts. */
const AT_ONCE = 100;

interface Pause {
  readonly tries: number;
  readonly untilMs: number;
}

/**
 * Sends what waits in the outbox for one receiver, in order within each group, again and again with growing pauses
 * until it is taken. An entry is removed after it was taken: at a crash in between it comes again under the same id.
 */
export class Sender {
  readonly #receiver: Receiver;
  readonly #parts: SenderParts;
  readonly #stop = new AbortController();
  /** Of the receiver as a whole, and of entries that it refused; by the steady clock. */
  #pause: Pause = { tries: 0, untilMs: 0 };
  readonly #refused = new Map<number, Pause>();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #failure: string | undefined;

  constructor(receiver: Receiver, parts: SenderParts) {
    this.#receiver = receiver;
    this.#parts = parts;
  }

  /** Why something waits; undefined when the last try went well. */
  get failure(): string | undefined {
    return this.#failure === undefined ? undefined : `${this.#receiver.name}: ${this.#failure}`;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.#wake.abort();
  }

  /** Lets the try under way end. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController();
      const waitMs = await this.#sendDue();
      if (!this.#stop.signal.aborted) await clock.sleep(waitMs, this.#wake.signal);
    }
  }

  /** Sends all that may be sent now. Gives the time after which to look again. */
  async #sendDue(): Promise<number> {
    const { clock, store, metrics } = this.#parts;
    for (;;) {
      const nowMs = clock.monotonicMs();
      if (nowMs < this.#pause.untilMs) return this.#pause.untilMs - nowMs;
      let entries: OutboxEntry[];
      try {
        entries = store.heads(this.#receiver.name, AT_ONCE);
      } catch (thrown) {
        metrics.outboxFailed(reasonOf(thrown));
        return LONGEST_PAUSE_MS;
      }
      if (entries.length === 0) this.#failure = undefined;
      const due = entries.find(({ id }) => (this.#refused.get(id)?.untilMs ?? 0) <= nowMs);
      if (due === undefined) {
        const next = entries.map(({ id }) => (this.#refused.get(id)?.untilMs ?? nowMs) - nowMs);
        return Math.min(LONGEST_PAUSE_MS, ...next);
      }
      await this.#send(due);
      if (this.#stop.signal.aborted) return 0;
    }
  }

  async #send({ id, notification }: OutboxEntry): Promise<void> {
    const { store, clock, metrics, maxAgeMs } = this.#parts;
    const { name } = this.#receiver;
    try {
      await this.#receiver.send(notification);
      metrics.sent(name, notification);
      this.#pause = { tries: 0, untilMs: 0 };
      this.#failure = undefined;
    } catch (thrown) {
      this.#failure = reasonOf(thrown);
      metrics.sendFailed(name, notification, this.#failure);
      if (thrown instanceof Fault && thrown.retry) this.#pause = this.#longer(this.#pause);
      else this.#refused.set(id, this.#longer(this.#refused.get(id)));
      if (clock.nowMs() - notification.createdAtMs <= maxAgeMs) return;
      metrics.dropped(name, notification, this.#failure);
    }
    this.#refused.delete(id);
    try {
      store.removeFromOutbox(id);
    } catch (thrown) {
      // It is sent again, under the same id, but not at once.
      metrics.outboxFailed(reasonOf(thrown));
      this.#pause = this.#longer(this.#pause);
    }
  }

  #longer(pause: Pause = { tries: 0, untilMs: 0 }): Pause {
    const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pause.tries);
    return { tries: pause.tries + 1, untilMs: this.#parts.clock.monotonicMs() + ms };
  }
}
