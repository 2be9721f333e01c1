import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { encodeBatch, readBatchId, type BatchFrame, type BatchId } from '../../wire/batch.ts';
import { schemaHash } from '../../wire/schema.ts';
import { openIdentity, readCursor, writeCursor, type Cursor, type Identity } from './identity.ts';
import { RECORD_BATCH, RECORD_SCHEMA } from './record.ts';
import { Segment } from './segment.ts';

export interface SpoolOptions {
  readonly folder: string;
  readonly maxBytes: number;
  /** Changes with each boot of the machine. */
  readonly bootId: string;
  readonly nowMs: number;
  readonly events: SpoolEvents;
}

export interface SpoolEvents {
  /** Batches that were never acknowledged went, to stay within the size; 0 when all were. */
  dropped(batches: number, file: string): void;
  /** The rest of a segment can't be read. */
  damaged(file: string, at: number): void;
}

/** The next batch to be sent. */
export interface SpooledBatch {
  readonly id: BatchId;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Encoded series lists that may be asked for, by their hash. */
  readonly schemas: ReadonlyMap<string, Uint8Array>;
}

/** A frame with what the aggregator may ask for. */
export interface SpoolFrame extends BatchFrame {
  readonly encodedSchema: Uint8Array;
}

const SEGMENT_BYTES = 4 * 1024 * 1024;
const NAME = /^(\d{20})\.log$/;

/**
 * The agent's buffer on disk: every batch goes through it and leaves it when it is acknowledged, in order.
 * Layout and rules in FORMAT.md.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #identity: Identity;
  readonly #segments: Segment[];
  /** Where the next batch to be sent stands, the batches and the schemas met on the way in its segment. */
  #place = 0;
  #passed = 0;
  #schemas = new Map<string, Uint8Array>();
  #pending: { batch: SpooledBatch; next: number } | undefined;
  /** Schemas that the last segment holds already. */
  #written = new Set<string>();
  #nextSequence = 1;
  /** Records written, ever; names the segments. */
  #records = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.#identity = openIdentity(options.folder, options.bootId, options.nowMs);
    this.#segments = openSegments(options.folder);
    this.#recover();
  }

  /** Batches that are not acknowledged. */
  get backlog(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.batches, -this.#passed);
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Numbers a batch and writes it; throws what the file system throws, and the number is not used then. */
  append(frames: readonly SpoolFrame[]): BatchId {
    const segment = this.#openSegment();
    for (const { schema, encodedSchema } of frames) {
      if (this.#written.has(schema)) continue;
      segment.append({ kind: RECORD_SCHEMA, payload: encodedSchema });
      this.#written.add(schema);
      this.#records++;
    }
    const id = { ...this.#identity, sequence: this.#nextSequence };
    segment.append({ kind: RECORD_BATCH, payload: encodeBatch({ ...id, frames }) });
    this.#records++;
    this.#nextSequence++;
    this.#bound();
    return id;
  }

  /** The oldest batch that is not acknowledged; the same until `acknowledge`. */
  peek(): SpooledBatch | undefined {
    while (this.#pending === undefined) {
      const segment = this.#segments[0];
      if (segment === undefined) return undefined;
      const read = segment.read(this.#place);
      if (read.found === 'record') this.#meet(read.record.kind, read.record.payload, read.next);
      else if (read.found === 'damage') this.#skipDamage(segment);
      else if (this.#segments.length > 1) this.#leaveSegment();
      else return undefined;
    }
    return this.#pending.batch;
  }

  /** Moves on: the batch that was peeked is taken, or will never be. One that was dropped meanwhile is gone. */
  acknowledge(batch: SpooledBatch): void {
    if (this.#pending?.batch !== batch) return;
    this.#pass();
    writeCursor(this.#options.folder, { epoch: batch.id.epoch, sequence: batch.id.sequence });
  }

  close(): void {
    for (const segment of this.#segments) segment.close();
  }

  #meet(kind: number, payload: Uint8Array<ArrayBuffer>, next: number): void {
    if (kind === RECORD_SCHEMA) {
      this.#schemas.set(schemaHash(payload), payload);
      this.#place = next;
      return;
    }
    this.#pending = { batch: { id: readBatchId(payload), bytes: payload, schemas: this.#schemas }, next };
  }

  #pass(): void {
    this.#place = (this.#pending as { next: number }).next;
    this.#passed++;
    this.#pending = undefined;
  }

  #openSegment(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < Math.min(SEGMENT_BYTES, this.#options.maxBytes / 4)) return last;
    const first = this.#records + 1;
    const segment = new Segment(join(this.#options.folder, `${String(first).padStart(20, '0')}.log`), first);
    this.#segments.push(segment);
    this.#written = new Set();
    return segment;
  }

  #leaveSegment(): void {
    const segment = this.#segments.shift() as Segment;
    segment.close();
    rmSync(segment.file);
    this.#place = 0;
    this.#passed = 0;
    this.#schemas = new Map();
  }

  #skipDamage(segment: Segment): void {
    this.#options.events.damaged(segment.file, this.#place);
    if (this.#segments.length > 1) {
      this.#leaveSegment();
      return;
    }
    segment.truncate(this.#place);
    segment.batches = this.#passed;
    this.#written = new Set(this.#schemas.keys());
  }

  /** Drops the oldest segments while the spool is too large; the newest stays. */
  #bound(): void {
    while (this.bytes > this.#options.maxBytes && this.#segments.length > 1) {
      const { file } = this.#segments[0] as Segment;
      const before = this.backlog;
      this.#pending = undefined;
      this.#leaveSegment();
      this.#options.events.dropped(before - this.backlog, file);
    }
  }

  /** Finds the end of the numbering and the first batch that was not acknowledged. */
  #recover(): void {
    const cursor = readCursor(this.#options.folder);
    if (cursor?.epoch === this.#identity.epoch) this.#nextSequence = cursor.sequence + 1;
    this.#records = (this.#segments.at(-1)?.first ?? 1) - 1;
    for (const [index, segment] of this.#segments.entries()) {
      const isLast = index === this.#segments.length - 1;
      if (isLast) this.#written = new Set();
      const end = walk(segment, 0, (kind, payload) => {
        if (isLast) {
          this.#records++;
          if (kind === RECORD_SCHEMA) this.#written.add(schemaHash(payload));
        }
        if (kind !== RECORD_BATCH) return;
        segment.batches++;
        const { epoch, sequence } = readBatchId(payload);
        if (epoch === this.#identity.epoch) this.#nextSequence = Math.max(this.#nextSequence, sequence + 1);
      });
      if (isLast && end < segment.bytes) segment.truncate(end);
    }
    if (cursor) this.#passThrough(cursor);
  }

  /** Passes over what was acknowledged before the start. */
  #passThrough(cursor: Cursor): void {
    for (let batch = this.peek(); batch && isTaken(batch.id, cursor); batch = this.peek()) this.#pass();
  }
}

/** Numbers rise with the epochs, so all before the cursor were acknowledged before. */
function isTaken(id: BatchId, cursor: Cursor): boolean {
  return id.epoch < cursor.epoch || (id.epoch === cursor.epoch && id.sequence <= cursor.sequence);
}

/** Visits the records from a place on; returns where the first one that is not whole would begin. */
function walk(segment: Segment, from: number, visit: (kind: number, payload: Uint8Array) => void): number {
  let at = from;
  for (let read = segment.read(at); read.found === 'record'; read = segment.read(at)) {
    visit(read.record.kind, read.record.payload);
    at = read.next;
  }
  return at;
}

function openSegments(folder: string): Segment[] {
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  return names.sort().map((name) => new Segment(join(folder, name), Number(NAME.exec(name)?.[1])));
}
