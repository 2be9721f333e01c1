import { Fault } from '../../lib/fault.ts';
import { decodePackedBatch, type PackedBatch } from '../../wire/batch.ts';
import type { Labels } from '../../wire/labels.ts';
import { decodeSchema } from '../../wire/schema.ts';
import type { Row } from '../store/store.ts';

/** A batch names schemas that are not known here; the agent is to send them first. */
export class UnknownSchemas extends Fault {
  readonly hashes: readonly string[];

  constructor(hashes: readonly string[]) {
    super('unknown_schema', `${hashes.length} schemas are not known: ${hashes.join(', ')}`);
    this.hashes = hashes;
  }
}

export type FindSchema = (hash: string) => Uint8Array | undefined;

/**
 * Reads an agent's batch into rows; its lines stay as they are. Throws a `Fault`: `malformed`, `too_large`,
 * `unsupported_version`, `unknown_schema`, or `clock_ahead` when a frame lies after `newestMs`. A line with such a
 * time is taken, at `newestMs`: some logs keep what was stamped before a wrong clock was set, and no line is lost
 * for it, but one day in a far future must not hold up retention.
 */
export function readAgentBatch(
  body: Uint8Array,
  findSchema: FindSchema,
  newestMs: number,
  maxBodyBytes: number,
): { batch: PackedBatch; rows: Row[] } {
  const batch = decodePackedBatch(body, maxBodyBytes);
  const schemas = new Map<string, readonly Labels[]>();
  const unknown = new Set<string>();
  for (const { schema } of batch.frames) {
    if (schemas.has(schema)) continue;
    const encoded = findSchema(schema);
    if (encoded === undefined) unknown.add(schema);
    else schemas.set(schema, decodeSchema(encoded));
  }
  if (unknown.size > 0) throw new UnknownSchemas([...unknown]);
  const rows = batch.frames.map(({ schema, atMs, values }) => {
    const series = schemas.get(schema) as readonly Labels[];
    if (series.length !== values.length) {
      throw new Fault(
        'malformed',
        `a frame has ${values.length} values where schema ${schema} has ${series.length} series`,
      );
    }
    if (atMs > newestMs) {
      const time = new Date(Math.min(atMs, 8.64e15)).toISOString();
      throw new Fault(
        'clock_ahead',
        `a frame of ${time} lies too far in the future (setting ingest.future-limit): set the clock of ${batch.agent}`,
      );
    }
    return { key: schema, series: () => series, atMs, values };
  });
  const newestNs = BigInt(newestMs) * 1_000_000n;
  for (const { timesNs } of batch.logs) {
    for (let i = 0; i < timesNs.length; i++) if ((timesNs[i] as bigint) > newestNs) timesNs[i] = newestNs;
  }
  return { batch, rows };
}
