import type { PushedRow } from './pushed-row.ts';
import { decodeInflux } from './influx-lines.ts';
import type { BodyLimits } from './limits.ts';
import { readOtlpJson } from './otlp-json.ts';
import type { OtlpSink } from './otlp-metric.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { OtlpRows } from './otlp-rows.ts';
import type { Refusals } from './refusals.ts';
import { unpackGzip } from './unpack.ts';

/** Kinds of bodies that others push, with their numbers in the journal, which stay. */
export const KIND_OTLP_PROTOBUF = 10;
export const KIND_OTLP_JSON = 11;
/** As `packInflux` makes it. */
export const KIND_INFLUX = 12;

/** What a pushed body says: the samples that are taken, and why others are not. */
export interface Pushed {
  readonly rows: readonly PushedRow[];
  readonly refusals: Refusals;
  /** Values that were left out because they are text. */
  readonly skipped: number;
}

type DecodePush = (body: Uint8Array, newestMs: number, limits: BodyLimits) => Pushed;

/** The decoder of a kind, none when no kind here has this number. A body that can't be read throws a `Fault`. */
export function findPushDecoder(kind: number): DecodePush | undefined {
  return DECODERS.get(kind);
}

const DECODERS: ReadonlyMap<number, DecodePush> = new Map([
  [KIND_OTLP_PROTOBUF, otlp(readOtlpProtobuf)],
  [KIND_OTLP_JSON, otlp(readOtlpJson)],
  [KIND_INFLUX, decodeInflux],
]);

function otlp(read: (bytes: Uint8Array, sink: OtlpSink) => void): DecodePush {
  return (body, newestMs, limits) => {
    const sink = new OtlpRows(newestMs, limits);
    read(unpackGzip(body, limits.maxBodyBytes), sink);
    return { rows: sink.rows, refusals: sink.refusals, skipped: 0 };
  };
}
