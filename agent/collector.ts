import { reasonOf } from '../lib/fault.ts';
import { labelsFrom, labelsKey, type Labels } from '../wire/labels.ts';
import { putStale } from '../wire/sample.ts';
import { encodeSchema, schemaHash } from '../wire/schema.ts';
import type { AgentMetrics } from './event.ts';
import type { Frame, Schema, Source } from './source/source.ts';
import type { SpoolFrame } from './spool/spool.ts';

/** A source and the job whose `up` it decides. */
export interface Job {
  readonly source: Source;
  readonly job: string;
}

interface EncodedSchema {
  readonly hash: string;
  readonly encoded: Uint8Array;
}

/**
 * One tick: asks all sources, adds `up` for each, and ends with staleness markers the series that were there
 * at the last tick and are not any more.
 */
export class Collector {
  readonly #jobs: readonly Job[];
  readonly #metrics: AgentMetrics;
  readonly #up: Schema;
  readonly #encoded = new WeakMap<Schema, EncodedSchema>();
  /** Schemas of the last tick, by the source that they came from. */
  #last = new Map<Source, ReadonlySet<Schema>>();

  constructor(jobs: readonly Job[], instance: string, metrics: AgentMetrics) {
    this.#jobs = jobs;
    this.#metrics = metrics;
    this.#up = { series: jobs.map(({ job }) => labelsFrom({ __name__: 'up', job, instance })) };
  }

  /** The frames of one tick, all of the time `atMs`. */
  async collect(atMs: number): Promise<SpoolFrame[]> {
    const up = new Float64Array(this.#jobs.length);
    const frames: Frame[] = [];
    const ended: Labels[] = [];
    for (const [index, { source }] of this.#jobs.entries()) {
      const found = await this.#ask(source, atMs);
      if (found) up[index] = 1;
      frames.push(...(found ?? []));
      ended.push(...this.#ended(source, found ?? []));
    }
    frames.push({ schema: this.#up, values: up });
    if (ended.length > 0) frames.push(endOf(ended));
    return frames.map(({ schema, values }) => {
      const { hash, encoded } = this.#encode(schema);
      return { schema: hash, encodedSchema: encoded, atMs, values };
    });
  }

  close(): void {
    for (const { source } of this.#jobs) source.close();
  }

  async #ask(source: Source, atMs: number): Promise<readonly Frame[] | undefined> {
    try {
      return await source.collect(atMs);
    } catch (thrown) {
      this.#metrics.sourceFailed(source.name, reasonOf(thrown));
      return undefined;
    }
  }

  /** Series of schemas that went, unless another schema has them now. */
  #ended(source: Source, frames: readonly Frame[]): Labels[] {
    const now = new Set(frames.map(({ schema }) => schema));
    const gone = [...(this.#last.get(source) ?? [])].filter((schema) => !now.has(schema));
    this.#last.set(source, now);
    if (gone.length === 0) return [];
    const kept = new Set<string>();
    for (const { series } of now) for (const labels of series) kept.add(labelsKey(labels));
    return gone.flatMap(({ series }) => series).filter((labels) => !kept.has(labelsKey(labels)));
  }

  #encode(schema: Schema): EncodedSchema {
    let known = this.#encoded.get(schema);
    if (known === undefined) {
      const encoded = encodeSchema(schema.series);
      known = { hash: schemaHash(encoded), encoded };
      this.#encoded.set(schema, known);
    }
    return known;
  }
}

function endOf(series: readonly Labels[]): Frame {
  const values = new Float64Array(series.length);
  for (let i = 0; i < values.length; i++) putStale(values, i);
  return { schema: { series }, values };
}
