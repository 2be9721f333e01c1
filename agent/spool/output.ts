import { reasonOf } from '../../lib/fault.ts';
import type { BatchId } from '../../wire/batch.ts';
import { readCursor, writeCursor, type Cursor } from './identity.ts';
import type { QueueReader, SpooledBatch } from './queue-reader.ts';

export interface OutputHooks {
  /** A batch has been acknowledged; called before that is written down. */
  acknowledged(batch: SpooledBatch): void;
  /** It could not be written down. */
  unwritten(reason: string): void;
}

/** Batches on their way to one receiver: in the order of their numbers, from all queues that it takes from. */
export class Output {
  readonly #cursorFile: string;
  readonly #readers: readonly QueueReader[];
  readonly #hooks: OutputHooks;
  cursor: Cursor | undefined;

  constructor(cursorFile: string, readers: readonly QueueReader[], hooks: OutputHooks) {
    this.#cursorFile = cursorFile;
    this.#readers = readers;
    this.#hooks = hooks;
    this.cursor = readCursor(cursorFile);
  }

  /** Batches that are not acknowledged. */
  get backlog(): number {
    return this.#readers.reduce((sum, reader) => sum + reader.backlog, 0);
  }

  /** The oldest batch that is not acknowledged; the same until `acknowledge`, unless it is dropped. */
  peek(): SpooledBatch | undefined {
    let oldest: SpooledBatch | undefined;
    for (const reader of this.#readers) {
      const batch = reader.peek();
      if (batch && (oldest === undefined || isBefore(batch.id, oldest.id))) oldest = batch;
    }
    return oldest;
  }

  /** Moves on: the batch that was peeked is taken, or will never be. One that was dropped meanwhile is gone. */
  acknowledge(batch: SpooledBatch): void {
    if (!this.#readers.some((reader) => reader.pass(batch))) return;
    this.cursor = { epoch: batch.id.epoch, sequence: batch.id.sequence };
    this.#hooks.acknowledged(batch);
    try {
      writeCursor(this.#cursorFile, this.cursor);
    } catch (thrown) {
      // A full disk must not stop what makes room on it.
      this.#hooks.unwritten(reasonOf(thrown));
    }
  }

  /** Has this batch been acknowledged? Numbers rise with the epochs. */
  hasTaken(id: BatchId): boolean {
    const { cursor } = this;
    if (cursor === undefined) return false;
    return id.epoch < cursor.epoch || (id.epoch === cursor.epoch && id.sequence <= cursor.sequence);
  }

  /** Passes over what was acknowledged before the start. */
  resume(): void {
    for (const reader of this.#readers) {
      for (let batch = reader.peek(); batch && this.hasTaken(batch.id); batch = reader.peek()) {
        reader.pass(batch);
        this.#hooks.acknowledged(batch);
      }
    }
  }
}

function isBefore(one: BatchId, other: BatchId): boolean {
  return one.epoch === other.epoch ? one.sequence < other.sequence : one.epoch < other.epoch;
}
