/** The two ways in: remote write, which every store takes, and the agents' own batches, which ours takes. */
import { AgentBatches } from './batches.ts';
import type { Tick } from './dataset.ts';
import { type Body, RemoteWriteBodies } from './remote-write-bodies.ts';
import type { Answer, System } from './system.ts';

const REMOTE_WRITE = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};
const BATCH = { 'content-type': 'application/octet-stream' };

/** Makes each body once and posts it to all systems at the same time, so that they meet the same moments. */
export class RemoteWriteFeed {
  readonly #bodies = new RemoteWriteBodies();
  readonly #systems: readonly System[];
  sentBytes = 0;

  constructor(systems: readonly System[]) {
    this.#systems = systems;
  }

  get plainBytes(): number {
    return this.#bodies.plainBytes;
  }

  async send(tick: Tick): Promise<void> {
    for (const body of this.#bodies.of(tick)) {
      this.sentBytes += body.bytes.length;
      await Promise.all(this.#systems.map((system) => this.#post(system, body)));
    }
  }

  async #post(system: System, { bytes }: Body): Promise<void> {
    requireOk(system, await system.post('/api/v1/write', bytes, REMOTE_WRITE));
  }
}

export class BatchFeed {
  readonly #batches = new AgentBatches();
  readonly #system: System;
  sentBytes = 0;

  constructor(system: System) {
    this.#system = system;
  }

  /** All batches of a tick at once, as agents come. */
  async send(tick: Tick): Promise<void> {
    const { schemas, batches } = this.#batches.of(tick);
    if (schemas) await this.#sendSchemas(schemas);
    await Promise.all(batches.map(({ bytes }) => this.#sendBatch(bytes)));
  }

  async #sendBatch(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.sentBytes += bytes.length;
    const answer = await this.#system.post('/api/v1/agent/batches', bytes, BATCH);
    if (answer.status !== 409) return requireOk(this.#system, answer);
    const { schemas = [] } = JSON.parse(answer.text) as { schemas?: string[] };
    await this.#sendSchemas(this.#batches.schemas(schemas));
    await this.#sendBatch(bytes);
  }

  async #sendSchemas(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.sentBytes += bytes.length;
    requireOk(this.#system, await this.#system.post('/api/v1/agent/schemas', bytes, BATCH));
  }
}

function requireOk(system: System, { ok, status, text }: Answer): void {
  if (!ok) throw new Error(`${system.kind.name} answers ${status}: ${text}`);
}
