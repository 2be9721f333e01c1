import { encodeBatch, encodeSchemas } from '../../wire/batch.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';
import type { Labels } from '../../wire/labels.ts';
import type { Target, Tick } from './dataset.ts';

/** As many as an agent finds on a full node. */
const TARGETS_A_BATCH = 30;
/** Of the agents that the bench plays; when their numbering began does not matter. */
const EPOCH = 1;

export interface AgentBodies {
  /** New series lists, which go before the batches; none when all are known. */
  readonly schemas: Uint8Array<ArrayBuffer> | undefined;
  readonly batches: readonly { readonly bytes: Uint8Array<ArrayBuffer>; readonly samples: number }[];
}

/** Writes ticks as agents do: a series list once, then a frame of values a scrape, a batch a node. */
export class AgentBatches {
  readonly #hashes = new WeakMap<Target, string>();
  readonly #lists = new Map<string, readonly Labels[]>();
  #sequence = 0;

  of({ atMs, rows }: Tick): AgentBodies {
    const fresh = rows.map(({ target }) => target).filter((target) => !this.#hashes.has(target));
    for (const target of fresh) {
      const hash = schemaHash(encodeSchema(target.series));
      this.#hashes.set(target, hash);
      this.#lists.set(hash, target.series);
    }
    const sequence = ++this.#sequence;
    const batches = [];
    for (let from = 0; from < rows.length; from += TARGETS_A_BATCH) {
      const frames = rows
        .slice(from, from + TARGETS_A_BATCH)
        .map(({ target, values, atMs: ownMs = atMs }) => ({
          schema: this.#hashes.get(target) as string,
          atMs: ownMs,
          values,
        }));
      const bytes = encodeBatch({ agent: `bench-${from}`, epoch: EPOCH, sequence, frames });
      batches.push({ bytes, samples: frames.reduce((sum, { values }) => sum + values.length, 0) });
    }
    return {
      schemas: fresh.length > 0 ? encodeSchemas(fresh.map(({ series }) => series)) : undefined,
      batches,
    };
  }

  /** The lists that the aggregator asks for: it forgets them with what it has folded. */
  schemas(hashes: readonly string[]): Uint8Array<ArrayBuffer> {
    return encodeSchemas(hashes.map((hash) => this.#lists.get(hash) as readonly Labels[]));
  }
}
