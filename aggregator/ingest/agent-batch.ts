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
 * `unsupported_version`, `unknown_schema`, or `clock_ahead` when a frame or a line lies after `newestMs`.
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
    if (atMs > newestMs) throw clockAhead('frame', atMs, batch.agent);
    return { key: schema, series: () => series, atMs, values };
  });
  const newestNs = BigInt(newestMs) * 1_000_000n;
  for (const { timesNs } of batch.logs) {
    for (const timeNs of timesNs)
      if (timeNs > newestNs) throw clockAhead('line', Number(timeNs / 1_000_000n), batch.agent);
  }
  return { batch, rows };
}

function clockAhead(what: string, atMs: number, agent: string): Fault {
  const time = new Date(Math.min(atMs, 8.64e15)).toISOString();
  return new Fault(
    'clock_ahead',
    `a ${what} of ${time} lies too far in the future (setting ingest.future-limit): set the clock of ${agent}`,
  );
}
