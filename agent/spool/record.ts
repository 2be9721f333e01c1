import { crc32 } from 'node:zlib';

/** Records of a spool segment; layout in FORMAT.md. */
export const RECORD_SCHEMA = 1;
export const RECORD_BATCH = 2;
export const RECORD_CHECKPOINT = 3;

export interface SpoolRecord {
  readonly kind: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

export const HEAD_BYTES = 8;

/** No batch is larger than what an aggregator takes. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

export function encodeRecord({ kind, payload }: { kind: number; payload: Uint8Array }): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + 1 + payload.length);
  bytes[HEAD_BYTES] = kind;
  bytes.set(payload, HEAD_BYTES + 1);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length + 1, true);
  view.setUint32(4, crc32(bytes.subarray(HEAD_BYTES)), true);
  return bytes;
}

/** Length and checksum of what follows a record's head. */
export function readHead(bytes: Uint8Array): { length: number; crc: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  return { length: view.getUint32(0, true), crc: view.getUint32(4, true) };
}

/** The record whose kind and payload these are, undefined when the checksum is wrong. */
export function decodeRecord(body: Uint8Array<ArrayBuffer>, crc: number): SpoolRecord | undefined {
  return crc32(body) === crc ? { kind: body[0] as number, payload: body.subarray(1) } : undefined;
}
