import type { Clock } from '../lib/clock.ts';
import { encodeSchemas } from '../wire/batch.ts';
import { decodeSchema } from '../wire/schema.ts';
import type { AgentMetrics } from './event.ts';
import type { Spool, SpooledBatch } from './spool/spool.ts';

/** What became of bytes that were handed over. */
export type Delivery =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      /** The same bytes may be taken later. */
      readonly retry: boolean;
      /** With the code `unknown_schema`: the hashes that are wanted. */
      readonly schemas?: readonly string[];
    };

/** Hands bytes to the aggregator: over HTTP, or by a call in the same process. Never rejects. */
export type Deliver = (what: 'batch' | 'schemas', body: Uint8Array) => Promise<Delivery>;

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** Sends what is in the spool, in order and one at a time, until each batch is taken or refused for good. */
export class Sender {
  readonly #spool: Spool;
  readonly #deliver: Deliver;
  readonly #clock: Clock;
  readonly #metrics: AgentMetrics;
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;
  /** Why the last try failed; undefined when it did not. */
  failure: string | undefined;

  constructor(spool: Spool, deliver: Deliver, clock: Clock, metrics: AgentMetrics) {
    this.#spool = spool;
    this.#deliver = deliver;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There is something new in the spool. */
  wake(): void {
    this.#wake();
  }

  /** Stops after the delivery that is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const batch = this.#spool.peek();
      if (batch === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const delivery = await this.#send(batch);
      if (delivery.ok || !delivery.retry) {
        if (delivery.ok) this.#metrics.sent(batch.bytes.length);
        else this.#metrics.refused(batch.id.sequence, delivery.code, delivery.message);
        this.#spool.acknowledge(batch);
        this.failure = undefined;
        pauseMs = FIRST_PAUSE_MS;
        continue;
      }
      this.failure = delivery.message;
      this.#metrics.sendFailed(delivery.message, this.#spool.backlog);
      await this.#clock.sleep(pauseMs, signal);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }

  /** One try, with the schemas that the other side lacks. */
  async #send(batch: SpooledBatch): Promise<Delivery> {
    const first = await this.#deliver('batch', batch.bytes);
    if (first.ok || first.code !== 'unknown_schema') return first;
    const wanted = (first.schemas ?? []).flatMap((hash) => batch.schemas.get(hash) ?? []);
    const defined = await this.#deliver('schemas', encodeSchemas(wanted.map(decodeSchema)));
    if (!defined.ok) return defined;
    const second = await this.#deliver('batch', batch.bytes);
    // Asked again for what was just given: do not turn in a circle.
    return second.ok || second.code !== 'unknown_schema' ? second : { ...second, retry: true };
  }
}
