import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

import {
  decodeRecord,
  encodeRecord,
  HEAD_BYTES,
  MAX_RECORD_BYTES,
  readHead,
  RECORD_BATCH,
  type SpoolRecord,
} from './record.ts';

/** What stands at a place of a segment. */
export type SegmentRead =
  | { readonly found: 'record'; readonly record: SpoolRecord; readonly next: number }
  | { readonly found: 'end' }
  /** A record that the file ends in. */
  | { readonly found: 'torn' }
  | { readonly found: 'damage' };

/** One file of the spool: records appended at the end and read from any place where one begins. */
export class Segment {
  readonly file: string;
  /** Number of the first record; segments sort by it. */
  readonly first: number;
  /** Batches in it that can be read. */
  batches = 0;
  readonly #descriptor: number;
  #bytes: number;

  constructor(file: string, first: number) {
    this.file = file;
    this.first = first;
    this.#descriptor = openSync(file, 'a+');
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(record: { kind: number; payload: Uint8Array }): void {
    const bytes = encodeRecord(record);
    // A write that fails half-way is taken back, so that the next record does not follow a torn one.
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (thrown) {
      ftruncateSync(this.#descriptor, this.#bytes);
      throw thrown;
    }
    this.#bytes += bytes.length;
    if (record.kind === RECORD_BATCH) this.batches++;
  }

  read(at: number): SegmentRead {
    if (at >= this.#bytes) return { found: 'end' };
    const head = new Uint8Array(HEAD_BYTES);
    if (!this.#fill(head, at)) return { found: 'torn' };
    const { length, crc } = readHead(head);
    if (length === 0 || length > MAX_RECORD_BYTES) return { found: 'damage' };
    if (at + HEAD_BYTES + length > this.#bytes) return { found: 'torn' };
    const body = new Uint8Array(length);
    const record = this.#fill(body, at + HEAD_BYTES) ? decodeRecord(body, crc) : undefined;
    return record ? { found: 'record', record, next: at + HEAD_BYTES + length } : { found: 'damage' };
  }

  /** Cuts off everything from a place on; what a write that was cut short left behind. */
  truncate(at: number): void {
    ftruncateSync(this.#descriptor, at);
    this.#bytes = at;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #fill(bytes: Uint8Array, at: number): boolean {
    let read = 0;
    while (read < bytes.length) {
      const count = readSync(this.#descriptor, bytes, read, bytes.length - read, at + read);
      if (count === 0) return false;
      read += count;
    }
    return true;
  }
}
