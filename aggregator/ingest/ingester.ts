import type { Clock } from '../../lib/clock.ts';
import { decodeContent } from '../../lib/content-encoding.ts';
import { Fault, reasonOf } from '../../lib/fault.ts';
import { decodeSchemas, readBatchId, type BatchId } from '../../wire/batch.ts';
import { encodeSchema } from '../../wire/schema.ts';
import type { Content, StoreWriter, Write } from '../store/store.ts';
import { type FindSchema, readAgentBatch, UnknownSchemas } from './agent-batch.ts';
import { Collected } from './collected.ts';
import { decodeEnvelope, encodeEnvelope, type BodyForm } from './envelope.ts';
import { readExposition } from './exposition.ts';
import type { IngestLimits } from './limits.ts';
import { findPushDecoder } from './push.ts';
import { readRemoteWrite } from './remote-write.ts';
import { readRemoteWrite2 } from './remote-write-2.ts';

/** What a body is; also the `kind` of its journal entry, so the numbers stay. More of them in `push.ts`. */
export const KIND_BATCH = 1;
/** A Snappy block of remote write 1.0 without an envelope; read in older journals, written no more. */
const KIND_BARE_REMOTE_WRITE = 2;
/** Never in the journal. */
export const KIND_SCHEMAS = 3;
export const KIND_REMOTE_WRITE = 4;
export const KIND_REMOTE_WRITE_2 = 5;
export const KIND_EXPOSITION = 6;

export interface IngestRequest {
  readonly kind: number;
  readonly body: Uint8Array;
  /** How the body is packed (`contentEncoding`); absent: as its kind always is. */
  readonly encoding?: string;
  /** What the sender said outside of the body. */
  readonly parameters?: BodyForm['parameters'];
}

/** A format of others, which is journalled in an envelope. */
interface Format {
  readonly read: (body: Uint8Array, collected: Collected, form: BodyForm) => void;
  /** When the sender names none. */
  readonly encoding: string;
  /** What is refused singly. */
  readonly noun: string;
}

const FORMATS: Readonly<Record<number, Format>> = {
  [KIND_REMOTE_WRITE]: { read: readRemoteWrite, encoding: 'snappy', noun: 'series' },
  [KIND_REMOTE_WRITE_2]: { read: readRemoteWrite2, encoding: 'snappy', noun: 'series' },
  [KIND_EXPOSITION]: { read: readExposition, encoding: '', noun: 'lines' },
};

/** What the sender is told. */
export type IngestReply =
  | {
      readonly ok: true;
      readonly samples: number;
      readonly lines: number;
      /** Bytes of the lines. */
      readonly lineBytes: number;
      readonly repeated: boolean;
      /** Values left out because they are text. */
      readonly skipped?: number;
    }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly retry: boolean;
      /** With `unknown_schema`: the hashes that are wanted. */
      readonly schemas?: readonly string[];
      /** Samples that were taken all the same. */
      readonly samples?: number;
      /** With `samples`: points or lines that were not. */
      readonly refused?: number;
      readonly skipped?: number;
    };

export interface IngesterOptions {
  readonly store: StoreWriter;
  readonly clock: Clock;
  readonly limits: IngestLimits;
  /** Numbers that an agent left out: its spool was too small, or a disk lost them. */
  readonly onGap: (batch: BatchId, missing: number) => void;
}

const TAKEN = { ok: true, samples: 0, lines: 0, lineBytes: 0, repeated: false } as const;
const REPEATED: IngestReply = { ...TAKEN, repeated: true };
/** Takes what agents and others send, a group at a time, so that many requests share one commit. */
export class Ingester {
  readonly #options: IngesterOptions;

  constructor(options: IngesterOptions) {
    this.#options = options;
  }

  /** One reply a request, in their order; when a reply is `ok` its samples are on disk and can be read. */
  take(requests: readonly IngestRequest[]): IngestReply[] {
    const refusal = this.#options.store.refusal();
    if (refusal !== undefined)
      return requests.map(() => refused(new Fault('unavailable', refusal, { retry: true })));
    const writes: Write[] = [];
    const group = new Set<string>();
    const replies = requests.map((request) => {
      try {
        return this.#read(request, group, writes);
      } catch (thrown) {
        return refused(thrown);
      }
    });
    try {
      this.#options.store.write(writes);
    } catch (thrown) {
      // Anything else is for the thread to end by: who asks again would be told that it is there.
      if (!(thrown instanceof Fault)) throw thrown;
      const reply = refused(thrown);
      return replies.map((known) => (known.ok || known.samples !== undefined ? reply : known));
    }
    return replies;
  }

  #read(request: IngestRequest, group: Set<string>, writes: Write[]): IngestReply {
    const { kind } = request;
    const format = FORMATS[kind];
    if (format) return this.#readFormat(format, request, writes);
    const { maxBodyBytes } = this.#options.limits;
    const body = decodeContent(request.body, request.encoding ?? '', maxBodyBytes);
    switch (kind) {
      case KIND_BATCH:
        return this.#readBatch(body, group, writes);
      case KIND_SCHEMAS: {
        const schemas = decodeSchemas(body, maxBodyBytes);
        this.#options.store.putSchemas(
          schemas.map(({ hash, series }) => ({ hash, body: encodeSchema(series) })),
        );
        return TAKEN;
      }
      default:
        return this.#readPush(kind, body, writes);
    }
  }

  #readBatch(body: Uint8Array, group: Set<string>, writes: Write[]): IngestReply {
    const { store, limits } = this.#options;
    const id = readBatchId(body);
    const name = `${id.agent} ${id.epoch} ${id.sequence}`;
    if (group.has(name) || store.has(id)) return REPEATED;
    const findSchema: FindSchema = (hash) => store.schema(hash);
    const newestMs = this.#newestMs();
    const { batch, rows } = readAgentBatch(body, findSchema, newestMs, limits.maxBodyBytes);
    const last = store.lastSequence(id.agent, id.epoch);
    const missing = id.sequence - last - 1;
    if (last > 0 && missing > 0 && !group.has(`${id.agent} ${id.epoch} ${id.sequence - 1}`)) {
      this.#options.onGap(id, missing);
    }
    group.add(name);
    const { logs } = batch;
    writes.push({ kind: KIND_BATCH, newestMs, body, batch, rows, logs });
    return {
      ...TAKEN,
      samples: rows.reduce((sum, { values }) => sum + values.length, 0),
      lines: logs.reduce((sum, { ends }) => sum + ends.length, 0),
      lineBytes: logs.reduce((sum, { bytes }) => sum + bytes.length, 0),
    };
  }

  #readFormat(format: Format, request: IngestRequest, writes: Write[]): IngestReply {
    const { clock, limits } = this.#options;
    const { kind, body, encoding = format.encoding, parameters = [] } = request;
    const { maxLabels, maxLabelLength } = limits;
    const form: BodyForm = { encoding, receivedMs: clock.nowMs(), maxLabels, maxLabelLength, parameters };
    const newestMs = this.#newestMs();
    const collected = readFormat(format, body, form, newestMs, limits);
    const { rows, refused } = collected;
    const samples = rows.length;
    if (samples > 0) writes.push({ kind, newestMs, body: encodeEnvelope(form, body), rows, logs: [] });
    if (refused === 0) return { ...TAKEN, samples };
    return { ok: false, code: 'bad_data', message: collected.message(format.noun), retry: false, samples };
  }

  #readPush(kind: number, body: Uint8Array, writes: Write[]): IngestReply {
    const decode = findPushDecoder(kind);
    if (decode === undefined) throw new Error(`BUG: a request of kind ${kind}`);
    const newestMs = this.#newestMs();
    const { clock, limits } = this.#options;
    const { maxLabels, maxLabelLength } = limits;
    const { rows, refusals, skipped } = decode(body, newestMs, limits);
    const form: BodyForm = {
      encoding: '',
      receivedMs: clock.nowMs(),
      maxLabels,
      maxLabelLength,
      parameters: [],
    };
    if (rows.length > 0) writes.push({ kind, newestMs, body: encodeEnvelope(form, body), rows, logs: [] });
    const samples = rows.reduce((sum, { values }) => sum + values.length, 0);
    if (!refusals.any) return { ...TAKEN, samples, skipped };
    const message = refusals.toString();
    const refused = refusals.count;
    return { ok: false, code: 'bad_data', message, retry: false, samples, refused, skipped };
  }

  #newestMs(): number {
    return this.#options.clock.nowMs() + this.#options.limits.futureMs;
  }
}

/** Reads a journalled body back into what was taken when it came, whatever the settings are now. */
export function readJournalled(
  { kind, newestMs, body }: Pick<Write, 'kind' | 'newestMs' | 'body'>,
  findSchema: FindSchema,
): Content {
  if (kind === KIND_BATCH) {
    const { batch, rows } = readAgentBatch(body, findSchema, newestMs, JOURNAL_LIMITS.maxBodyBytes);
    return { rows, logs: batch.logs };
  }
  if (kind === KIND_BARE_REMOTE_WRITE) {
    const collected = new Collected(newestMs, JOURNAL_LIMITS);
    readRemoteWrite(decodeContent(body, 'snappy', JOURNAL_LIMITS.maxBodyBytes), collected);
    return { rows: collected.rows, logs: [] };
  }
  const decode = findPushDecoder(kind);
  const format = FORMATS[kind];
  if (!decode && !format) {
    throw new Fault('malformed', `an entry of kind ${kind}, which this version does not know`);
  }
  const { form, body: content } = decodeEnvelope(body);
  if (format) return { rows: readFormat(format, content, form, newestMs, JOURNAL_LIMITS).rows, logs: [] };
  const { maxLabels, maxLabelLength } = form;
  const pushed = decode?.(content, newestMs, { ...JOURNAL_LIMITS, maxLabels, maxLabelLength });
  return { rows: pushed?.rows ?? [], logs: [] };
}

/** What was acknowledged is read again without asking for its size. */
const JOURNAL_LIMITS = {
  maxBodyBytes: 2 ** 30,
  futureMs: 0,
  maxSamples: Infinity,
  maxLabels: Infinity,
  maxLabelLength: Infinity,
} as const;

function readFormat(
  format: Format,
  body: Uint8Array,
  form: BodyForm,
  newestMs: number,
  { maxBodyBytes, maxSamples }: Pick<IngestLimits, 'maxBodyBytes' | 'maxSamples'>,
): Collected {
  const { maxLabels, maxLabelLength } = form;
  const collected = new Collected(newestMs, { maxSamples, maxLabels, maxLabelLength });
  format.read(decodeContent(body, form.encoding, maxBodyBytes), collected, form);
  return collected;
}

/** A bug in reading one body is that sender's answer and nobody else's. */
function refused(thrown: unknown): IngestReply {
  if (!(thrown instanceof Fault))
    return { ok: false, code: 'internal', message: reasonOf(thrown), retry: false };
  const { code, message, retry } = thrown;
  return {
    ok: false,
    code,
    message,
    retry,
    ...(thrown instanceof UnknownSchemas && { schemas: thrown.hashes }),
  };
}
