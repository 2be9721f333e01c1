import type { Clock } from '../lib/clock.ts';
import { packSchemas } from '../wire/batch.ts';
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
/** Hashes that are remembered as sent; when there are more they are sent anew. */
const MAX_DEFINED = 50_000;

/** Sends what is in the spool, in order and one at a time, until each batch is taken or refused for good. */
export class Sender {
  readonly #spool: Spool;
  readonly #deliver: Deliver;
  readonly #clock: Clock;
  readonly #metrics: AgentMetrics;
  readonly #stop = new AbortController();
  /** Schemas that the other side was given by this process. */
  readonly #defined = new Set<string>();
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

  /** One try. Schemas that are new go ahead of the first batch that may name them. */
  async #send(batch: SpooledBatch): Promise<Delivery> {
    const fresh = [...batch.schemas.keys()].filter((hash) => !this.#defined.has(hash));
    const ahead = await this.#define(fresh, batch);
    if (!ahead.ok) return ahead;
    const first = await this.#deliver('batch', batch.bytes);
    if (first.ok || first.code !== 'unknown_schema') return first;
    // The other side was made anew, or has forgotten what it did not need.
    const again = await this.#define(first.schemas ?? [], batch);
    if (!again.ok) return again;
    const second = await this.#deliver('batch', batch.bytes);
    // Asked again for what was just given: do not turn in a circle.
    return second.ok || second.code !== 'unknown_schema' ? second : { ...second, retry: true };
  }

  async #define(hashes: readonly string[], batch: SpooledBatch): Promise<Delivery> {
    const encoded = hashes.flatMap((hash) => batch.schemas.get(hash) ?? []);
    if (encoded.length === 0) return { ok: true };
    const delivery = await this.#deliver('schemas', packSchemas(encoded));
    if (!delivery.ok) return delivery;
    if (this.#defined.size > MAX_DEFINED) this.#defined.clear();
    for (const hash of hashes) this.#defined.add(hash);
    return delivery;
  }
}
