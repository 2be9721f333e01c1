import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { makeDurableFolder } from '../../lib/durable-file.ts';
import { schemaHash } from '../../wire/schema.ts';
import { QueueReader } from './queue-reader.ts';
import { RECORD_BATCH, RECORD_SCHEMA, type SpoolRecord } from './record.ts';
import { Segment, type SegmentRead } from './segment.ts';

export interface SegmentQueueOptions {
  readonly folder: string;
  /** A segment that has grown to this is followed by a new one. */
  readonly segmentBytes: number;
  /** The rest of a segment can't be read. */
  damaged(file: string, at: number): void;
  /** Segments that all have read stay until `trim` is called; else they go by themselves. */
  readonly keepsRead?: boolean;
}

/** The records of a batch, written one after the other: what must come before it, and the batch itself. */
export interface BatchRecords {
  /** Encoded series lists by their hash; one that the segment holds already is not written again. */
  readonly schemas?: ReadonlyMap<string, Uint8Array>;
  readonly before?: { readonly kind: number; readonly payload: Uint8Array };
  readonly batch: Uint8Array;
}

const NAME = /^(\d{20})\.log$/;

/** Batches in the segments of one folder, appended at the end and read by one or more readers. Layout in FORMAT.md. */
export class SegmentQueue {
  readonly #options: SegmentQueueOptions;
  readonly #segments: Segment[];
  readonly #readers: QueueReader[] = [];
  /** Schemas that the last segment holds already. */
  #written = new Set<string>();
  /** Records written, ever; names the segments. */
  #records = 0;

  /** Visits all records that are there; a half-written end of the last segment is cut off. */
  constructor(options: SegmentQueueOptions, visit: (record: SpoolRecord) => void) {
    this.#options = options;
    makeDurableFolder(options.folder);
    this.#segments = openSegments(options.folder);
    this.#records = (this.#segments.at(-1)?.first ?? 1) - 1;
    for (const segment of this.#segments) this.#recover(segment, visit);
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Bytes that not all have read. */
  get waitingBytes(): number {
    return Math.max(0, ...this.#readers.map((reader) => reader.waitingBytes));
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** A reader that begins with the oldest batch. What one of the readers has not read stays. */
  reader(): QueueReader {
    const reader = new QueueReader(this);
    this.#readers.push(reader);
    return reader;
  }

  /** Throws what the file system throws; a batch is there whole or not at all. */
  append({ schemas, before, batch }: BatchRecords): void {
    const segment = this.#openSegment();
    for (const [hash, payload] of schemas ?? []) {
      if (this.#written.has(hash)) continue;
      this.#write(segment, { kind: RECORD_SCHEMA, payload });
      this.#written.add(hash);
    }
    const start = segment.bytes;
    try {
      if (before !== undefined) this.#write(segment, before);
      this.#write(segment, { kind: RECORD_BATCH, payload: batch });
    } catch (thrown) {
      segment.truncate(start);
      throw thrown;
    }
  }

  /** Drops the oldest segment, read or not, unless it is the newest; returns its file. */
  dropOldest(): string | undefined {
    if (this.#segments.length < 2) return undefined;
    const [segment] = this.#segments as [Segment];
    this.#remove(segment);
    return segment.file;
  }

  /** The oldest segment that not all have read. */
  get oldestUnread(): Segment | undefined {
    return this.#segments[Math.min(...this.#readers.map((reader) => reader.segmentIndex))];
  }

  /** A reader has come to the end of a segment. */
  passed(): void {
    if (this.#options.keepsRead !== true) this.trim(this.oldestUnread);
  }

  /** Removes the segments before one. */
  trim(end: Segment | undefined): void {
    const behind = end === undefined ? 0 : this.#segments.indexOf(end);
    for (const segment of this.#segments.slice(0, Math.max(0, behind))) this.#remove(segment);
  }

  /** A reader met damage at a place of a segment: what follows in it is lost. */
  cut(segment: Segment, at: number, batches: number, schemas: Iterable<string>): void {
    this.#options.damaged(segment.file, at);
    if (segment !== this.#segments.at(-1)) return;
    segment.truncate(at);
    segment.batches = batches;
    this.#written = new Set(schemas);
  }

  close(): void {
    for (const segment of this.#segments) segment.close();
  }

  #remove(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    segment.close();
    rmSync(segment.file);
  }

  #write(segment: Segment, record: { kind: number; payload: Uint8Array }): void {
    segment.append(record);
    this.#records++;
  }

  #openSegment(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < this.#options.segmentBytes) return last;
    const first = this.#records + 1;
    const segment = new Segment(join(this.#options.folder, `${String(first).padStart(20, '0')}.log`), first);
    this.#segments.push(segment);
    this.#written = new Set();
    return segment;
  }

  #recover(segment: Segment, visit: (record: SpoolRecord) => void): void {
    const isLast = segment === this.#segments.at(-1);
    let whole = 0;
    let at = 0;
    let before: SpoolRecord | undefined;
    let found: SegmentRead['found'] = 'end';
    while (true) {
      const read = segment.read(at);
      found = read.found;
      if (read.found !== 'record') break;
      const { record, next } = read;
      at = next;
      if (isLast) this.#records++;
      if (record.kind !== RECORD_BATCH && record.kind !== RECORD_SCHEMA) {
        // Says something of the batch that follows, and nothing without it.
        before = record;
        continue;
      }
      if (before !== undefined) visit(before);
      before = undefined;
      visit(record);
      whole = at;
      if (record.kind === RECORD_BATCH) segment.batches++;
      else if (isLast) this.#written.add(schemaHash(record.payload));
    }
    if (!isLast || whole === segment.bytes) return;
    // A write that was cut short ends before its record does; anything else was changed on the disk.
    if (found === 'damage') this.#options.damaged(segment.file, at);
    segment.truncate(whole);
  }
}

function openSegments(folder: string): Segment[] {
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  return names.sort().map((name) => new Segment(join(folder, name), Number(NAME.exec(name)?.[1])));
}
