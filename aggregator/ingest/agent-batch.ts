import { Fault } from '../../lib/fault.ts';
import { decodePackedBatch, type BatchFrame, type PackedBatch } from '../../wire/batch.ts';
import type { Labels } from '../../wire/labels.ts';
import { decodeSchema } from '../../wire/schema.ts';
import type { RowBuffer } from '../store/row-buffer.ts';

/** A batch names schemas that are not known here; the agent is to send them first. */
export class UnknownSchemas extends Fault {
  readonly hashes: readonly string[];

  constructor(hashes: readonly string[]) {
    super('unknown_schema', `${hashes.length} schemas are not known: ${hashes.join(', ')}`);
    this.hashes = hashes;
  }
}

/** Where the lists of series are kept. */
export interface SchemaGroups {
  /** The group of a schema, or why its series are refused; undefined when the schema is not known. */
  groupOf(hash: string): number | string | undefined;
  widthOf(group: number): number;
}

/** A frame that is not taken, by its place in the batch. */
export interface RefusedFrame {
  readonly place: number;
  readonly reason: string;
}

/**
 * Reads an agent's batch, its frames into rows; its lines stay as they are. Throws a `Fault`: `malformed`,
 * `too_large`, `unsupported_version`, `unknown_schema`, or `clock_ahead` when a frame lies after `newestMs`. A line
 * with such a time is taken, at `newestMs`: some logs keep what was stamped before a wrong clock was set, and no line
 * is lost for it, but one day in a far future must not hold up retention. Frames whose series are refused are left
 * out, as are those whose place is not wanted.
 */
export function readAgentBatch(
  body: Uint8Array,
  schemas: SchemaGroups,
  newestMs: number,
  maxBodyBytes: number,
  rows: RowBuffer,
  isWanted: (place: number) => boolean = () => true,
): { batch: PackedBatch; refused: RefusedFrame[] } {
  const batch = decodePackedBatch(body, maxBodyBytes);
  const groups = batch.frames.map(({ schema }, place) => (isWanted(place) ? schemas.groupOf(schema) : ''));
  const unknown = new Set(batch.frames.flatMap(({ schema }, i) => (groups[i] === undefined ? [schema] : [])));
  if (unknown.size > 0) throw new UnknownSchemas([...unknown]);
  const refused: RefusedFrame[] = [];
  for (const [place, frame] of batch.frames.entries()) {
    const group = groups[place] as number | string;
    if (typeof group === 'string') {
      refused.push({ place, reason: group });
      continue;
    }
    checkFrame(frame, schemas.widthOf(group), newestMs, batch.agent);
    rows.addRow(group, frame.atMs, frame.values);
  }
  const newestNs = BigInt(newestMs) * 1_000_000n;
  for (const { timesNs } of batch.logs) {
    for (let i = 0; i < timesNs.length; i++) if ((timesNs[i] as bigint) > newestNs) timesNs[i] = newestNs;
  }
  return { batch, refused };
}

/** The schemas of a store: registered ones, those that are `decoded`, and those that were sent and not used yet. */
export function schemaGroups(
  store: { schema(hash: string): Uint8Array | undefined; groupNamed(name: string): number | undefined },
  decoded: (hash: string) => readonly Labels[] | undefined,
  register: (hash: string, series: readonly Labels[]) => number | string,
  widthOf: (group: number) => number,
): SchemaGroups {
  return {
    widthOf,
    groupOf(hash) {
      const known = store.groupNamed(hash);
      if (known !== undefined) return known;
      // Asked for in any case: a batch is taken only while the journal holds what a restart needs to read it.
      const encoded = store.schema(hash);
      return encoded === undefined ? undefined : register(hash, decoded(hash) ?? decodeSchema(encoded));
    },
  };
}

function checkFrame(
  { schema, atMs, values }: BatchFrame,
  width: number,
  newestMs: number,
  agent: string,
): void {
  if (width !== values.length) {
    throw new Fault(
      'malformed',
      `a frame has ${values.length} values where schema ${schema} has ${width} series`,
    );
  }
  if (atMs <= newestMs) return;
  const time = new Date(Math.min(atMs, 8.64e15)).toISOString();
  throw new Fault(
    'clock_ahead',
    `a frame of ${time} lies too far in the future (setting ingest.future-limit): set the clock of ${agent}`,
  );
}
