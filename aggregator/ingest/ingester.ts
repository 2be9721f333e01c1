import type { Clock } from '../../lib/clock.ts';
import { decodeContent } from '../../lib/content-encoding.ts';
import { Fault, reasonOf } from '../../lib/fault.ts';
import { Scratch } from '../../lib/scratch.ts';
import { decodeSchemas, readBatchId, type BatchId } from '../../wire/batch.ts';
import type { Labels } from '../../wire/labels.ts';
import { RowBuffer } from '../store/row-buffer.ts';
import type { StoreWriter, Write } from '../store/store.ts';
import { readAgentBatch, schemaGroups, UnknownSchemas, type SchemaGroups } from './agent-batch.ts';
import { Collected } from './collected.ts';
import { readExposition } from './exposition.ts';
import { readInflux } from './influx-lines.ts';
import type { IngestLimits } from './limits.ts';
import { MetricMetadata } from './metric-metadata.ts';
import type { BodyForm, Parameters } from './parameters.ts';
import { readOtlpJson } from './otlp-json.ts';
import type { OtlpSink } from './otlp-metric.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { OtlpRows } from './otlp-rows.ts';
import { readRemoteWrite } from './remote-write.ts';
import { readRemoteWrite2 } from './remote-write-2.ts';
import { SeriesGroups, type RefusedSeries } from './series-groups.ts';

/** What a body is: what agents send, or a format of others. */
export type BodyKind = 'batch' | 'schemas' | FormatName;

type FormatName = 'remote-write' | 'remote-write-2' | 'exposition' | 'otlp-protobuf' | 'otlp-json' | 'influx';

export interface IngestRequest {
  readonly kind: BodyKind;
  readonly body: Uint8Array;
  /** How the body is packed (`contentEncoding`); absent: as its kind mostly is. */
  readonly encoding?: string;
  /** What the sender said outside of the body. */
  readonly parameters?: Parameters;
}

/** A format of others. */
interface Format {
  readonly read: (body: Uint8Array, collected: Collected, form: BodyForm) => void;
  /** When the sender names none. */
  readonly encoding: string;
  /** What is refused singly. */
  readonly noun: string;
}

const FORMATS: Readonly<Record<FormatName, Format>> = {
  'remote-write': { read: readRemoteWrite, encoding: 'snappy', noun: 'series' },
  'remote-write-2': { read: readRemoteWrite2, encoding: 'snappy', noun: 'series' },
  exposition: { read: readExposition, encoding: '', noun: 'lines' },
  'otlp-protobuf': { read: otlp(readOtlpProtobuf), encoding: '', noun: 'points' },
  'otlp-json': { read: otlp(readOtlpJson), encoding: '', noun: 'points' },
  influx: { read: readInflux, encoding: '', noun: 'lines' },
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
      /** Native histograms, which are not among the samples. */
      readonly histograms?: number;
      /** Values left out because they are text. */
      readonly skipped: number;
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
      readonly histograms?: number;
      /** With `samples`: series, points or lines that were not. */
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

const TAKEN = { ok: true, samples: 0, lines: 0, lineBytes: 0, repeated: false, skipped: 0 } as const;
const REPEATED: IngestReply = { ...TAKEN, repeated: true };
/** Buffers that grew larger for one body are not kept for the next. */
const MAX_KEPT_BYTES = 16 * 1024 ** 2;

/** Takes what agents and others send, a group at a time, so that many requests share one commit. */
export class Ingester {
  readonly #options: IngesterOptions;
  readonly #series: SeriesGroups;
  readonly #schemas: SchemaGroups;
  /** What metrics are, as the formats of others tell. */
  readonly metadata = new MetricMetadata();
  /** Where a body is unpacked that is not kept. */
  readonly #scratch = new Scratch(MAX_KEPT_BYTES);
  /** Of the last body of schemas: batches that name them mostly follow at once. */
  #newSchemas: ReadonlyMap<string, readonly Labels[]> = new Map();
  /** Used again and again, one a request of a round. */
  readonly #buffers: RowBuffer[] = [];
  #usedBuffers = 0;

  constructor(options: IngesterOptions) {
    const { store, clock, limits } = options;
    this.#options = options;
    this.#series = new SeriesGroups(store, clock, limits);
    this.#schemas = schemaGroups(
      store,
      (hash) => this.#newSchemas.get(hash),
      (hash, series) => this.#series.ofList(series, hash),
      (group) => store.widthOf(group),
    );
  }

  /** Series that were refused by a limit since the start. */
  get refusedSeries(): RefusedSeries {
    return this.#series.refused;
  }

  /** One reply a request, in their order; when a reply is `ok` its samples are on disk and can be read. */
  take(requests: readonly IngestRequest[]): IngestReply[] {
    const refusal = this.#options.store.refusal();
    if (refusal !== undefined)
      return requests.map(() => refused(new Fault('unavailable', refusal, { retry: true })));
    this.#series.begin();
    this.#dropLargeBuffers();
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
    if (kind === 'batch') return this.#readBatch(this.#unpack(request), group, writes);
    if (kind === 'schemas') return this.#readSchemas(this.#unpack(request));
    return this.#readFormat(FORMATS[kind], request, writes);
  }

  /** The body of an agent; it is kept. */
  #unpack({ body, encoding = '' }: IngestRequest): Uint8Array {
    return decodeContent(body, encoding, this.#options.limits.maxBodyBytes);
  }

  #readSchemas(body: Uint8Array): IngestReply {
    const schemas = decodeSchemas(body, this.#options.limits.maxBodyBytes);
    this.#options.store.putSchemas(schemas.map(({ hash, encoded }) => ({ hash, body: encoded })));
    this.#newSchemas = new Map(schemas.map(({ hash, series }) => [hash, series]));
    return TAKEN;
  }

  #readBatch(body: Uint8Array, group: Set<string>, writes: Write[]): IngestReply {
    const { store, limits } = this.#options;
    const id = readBatchId(body);
    const name = `${id.agent} ${id.epoch} ${id.sequence}`;
    if (group.has(name) || store.has(id)) return REPEATED;
    const newestMs = this.#newestMs();
    const rows = this.#buffer();
    const { batch, refused: left } = readAgentBatch(body, this.#schemas, newestMs, limits.maxBodyBytes, rows);
    const last = store.lastSequence(id.agent, id.epoch);
    const missing = id.sequence - last - 1;
    if (last > 0 && missing > 0 && !group.has(`${id.agent} ${id.epoch} ${id.sequence - 1}`)) {
      this.#options.onGap(id, missing);
    }
    group.add(name);
    const { logs } = batch;
    const omitted = left.map(({ place }) => place);
    writes.push({ rows, logs, batch: { ...id, body, newestMs, omitted } });
    const samples = rows.valueCount;
    const [first] = left;
    if (first !== undefined) {
      const message = `${left.length} frames were refused, the others taken:\n${first.reason}`;
      return { ok: false, code: 'bad_data', message, retry: false, samples };
    }
    return {
      ...TAKEN,
      samples,
      lines: logs.reduce((sum, { ends }) => sum + ends.length, 0),
      lineBytes: logs.reduce((sum, { bytes }) => sum + bytes.length, 0),
    };
  }

  #readFormat(format: Format, request: IngestRequest, writes: Write[]): IngestReply {
    const { clock, limits } = this.#options;
    const { body, encoding = format.encoding, parameters = [] } = request;
    const rows = this.#buffer();
    const collected = new Collected(rows, this.#series, this.#newestMs(), limits, this.metadata);
    const content = decodeContent(body, encoding, limits.maxBodyBytes, this.#scratch);
    format.read(content, collected, { receivedMs: clock.nowMs(), parameters });
    const { samples, histograms, skipped } = collected;
    if (rows.count > 0) writes.push({ rows, logs: [] });
    const taken = { samples, skipped, ...(histograms > 0 && { histograms }) };
    if (collected.isWhole) return { ...TAKEN, ...taken };
    const message = collected.message(format.noun);
    return { ok: false, code: 'bad_data', message, retry: false, refused: collected.refused, ...taken };
  }

  #newestMs(): number {
    return this.#options.clock.nowMs() + this.#options.limits.futureMs;
  }

  /** An empty buffer, until the next round. */
  #buffer(): RowBuffer {
    const buffer = (this.#buffers[this.#usedBuffers++] ??= new RowBuffer());
    buffer.clear();
    return buffer;
  }

  /** A burst of large bodies is not remembered for ever. */
  #dropLargeBuffers(): void {
    this.#usedBuffers = 0;
    let bytes = 0;
    const kept = this.#buffers.findIndex(({ byteLength }) => (bytes += byteLength) > MAX_KEPT_BYTES);
    if (kept >= 0) this.#buffers.length = kept;
  }
}

function otlp(read: (body: Uint8Array, sink: OtlpSink) => void): Format['read'] {
  return (body, collected) => read(body, new OtlpRows(collected));
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
