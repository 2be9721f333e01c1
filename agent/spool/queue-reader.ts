import { readBatchId, type BatchId } from '../../wire/batch.ts';
import { schemaHash } from '../../wire/schema.ts';
import { decodeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { RECORD_BATCH, RECORD_CHECKPOINT, RECORD_SCHEMA, type SpoolRecord } from './record.ts';
import type { Segment } from './segment.ts';
import type { SegmentQueue } from './segment-queue.ts';

/** A batch that waits in the spool. */
export interface SpooledBatch {
  readonly id: BatchId;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Encoded series lists that may be asked for, by their hash. */
  readonly schemas: ReadonlyMap<string, Uint8Array>;
  /** Where reading had come to when the batch was made. */
  readonly checkpoint: Checkpoint | undefined;
}

/** A place in a queue, moved on batch by batch. */
export class QueueReader {
  readonly #queue: SegmentQueue;
  #segment: Segment | undefined;
  /** Where the next batch stands, and the batches and the schemas met on the way in its segment. */
  #place = 0;
  #passed = 0;
  #schemas = new Map<string, Uint8Array>();
  #checkpoint: Checkpoint | undefined;
  #pending: { batch: SpooledBatch; next: number } | undefined;

  constructor(queue: SegmentQueue) {
    this.#queue = queue;
  }

  /** Batches that were not passed. */
  get backlog(): number {
    this.#settle();
    const rest = this.#queue.segments.slice(this.segmentIndex);
    return rest.reduce((sum, segment) => sum + segment.batches, -this.#passed);
  }

  get waitingBytes(): number {
    this.#settle();
    const rest = this.#queue.segments.slice(this.segmentIndex);
    return rest.reduce((sum, segment) => sum + segment.bytes, -this.#place);
  }

  /** Of the segment it reads. */
  get segmentIndex(): number {
    return this.#segment === undefined ? 0 : Math.max(0, this.#queue.segments.indexOf(this.#segment));
  }

  /** The oldest batch that was not passed; the same until it is. */
  peek(): SpooledBatch | undefined {
    for (this.#settle(); this.#pending === undefined;) {
      const segment = this.#segment;
      if (segment === undefined) return undefined;
      const read = segment.read(this.#place);
      if (read.found === 'record') {
        this.#meet(read.record, read.next);
        continue;
      }
      if (read.found !== 'end') this.#queue.cut(segment, this.#place, this.#passed, this.#schemas.keys());
      if (!this.#leave(segment)) return undefined;
    }
    return this.#pending.batch;
  }

  /** Moves on; false when the batch is not the one that was peeked, or was dropped meanwhile. */
  pass(batch: SpooledBatch): boolean {
    this.#settle();
    if (this.#pending?.batch !== batch) return false;
    this.#place = this.#pending.next;
    this.#passed++;
    this.#pending = undefined;
    this.#checkpoint = undefined;
    return true;
  }

  /** Begins with the oldest segment when its own is gone. */
  #settle(): void {
    if (this.#segment !== undefined && this.#queue.segments.includes(this.#segment)) return;
    this.#enter(this.#queue.segments[0]);
  }

  #enter(segment: Segment | undefined): void {
    this.#segment = segment;
    this.#place = 0;
    this.#passed = 0;
    this.#schemas = new Map();
    this.#checkpoint = undefined;
    this.#pending = undefined;
  }

  /** Goes on to the next segment, if there is one. */
  #leave(segment: Segment): boolean {
    const next = this.#queue.segments[this.#queue.segments.indexOf(segment) + 1];
    if (next === undefined) return false;
    this.#enter(next);
    this.#queue.passed();
    return true;
  }

  #meet({ kind, payload }: SpoolRecord, next: number): void {
    if (kind === RECORD_BATCH) {
      const [schemas, checkpoint] = [this.#schemas, this.#checkpoint];
      this.#pending = { batch: { id: readBatchId(payload), bytes: payload, schemas, checkpoint }, next };
      return;
    }
    if (kind === RECORD_SCHEMA) this.#schemas.set(schemaHash(payload), payload);
    if (kind === RECORD_CHECKPOINT) this.#checkpoint = decodeCheckpoint(payload);
    this.#place = next;
  }
}
