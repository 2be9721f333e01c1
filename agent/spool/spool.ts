import { join } from 'node:path';

import { encodeBatch, readBatchId, type BatchFrame, type BatchId } from '../../wire/batch.ts';
import type { LogStream } from '../../wire/log-stream.ts';
import { applyCheckpoint, decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { openIdentity, type Identity } from './identity.ts';
import { Output } from './output.ts';
import { PositionsFile } from './positions.ts';
import type { SpooledBatch } from './queue-reader.ts';
import { RECORD_BATCH, RECORD_CHECKPOINT, type SpoolRecord } from './record.ts';
import { SegmentQueue } from './segment-queue.ts';

export type { SpooledBatch } from './queue-reader.ts';

export interface SpoolOptions {
  readonly folder: string;
  readonly maxBytes: number;
  /** Changes with each boot of the machine. */
  readonly bootId: string;
  readonly nowMs: number;
  readonly events: SpoolEvents;
  /** Names of other receivers of log lines, each with a cursor of its own. */
  readonly logOutputs?: readonly string[];
}

export interface SpoolEvents {
  /** Batches that were never acknowledged went, to stay within the size; 0 when all were. */
  dropped(batches: number, file: string): void;
  /** The rest of a segment can't be read. */
  damaged(file: string, at: number): void;
  positionsDamaged(reason: string): void;
  /** How far a receiver has acknowledged could not be written down; after a restart it is sent again. */
  cursorUnwritten?(reason: string): void;
}

/** A frame with what the aggregator may ask for. */
export interface SpoolFrame extends BatchFrame {
  readonly encodedSchema: Uint8Array;
}

const SEGMENT_BYTES = 4 * 1024 * 1024;

/**
 * The agent's buffer on disk: every batch goes through it and leaves it when it is acknowledged, in order.
 * Samples and log lines share the numbering and lie in queues of their own, because old samples are dropped
 * when there is no more room, and log lines never: whoever reads logs waits. Layout and rules in FORMAT.md.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #identity: Identity;
  readonly #samples: SegmentQueue;
  readonly #logs: SegmentQueue;
  readonly #aggregator: Output;
  readonly #logOutputs: ReadonlyMap<string, Output>;
  readonly #acknowledged: PositionsFile;
  /** Positions after the newest batch, acknowledged or not. */
  readonly #reached: Map<string, unknown>;
  #nextSequence = 1;

  constructor(options: SpoolOptions) {
    this.#options = options;
    const { folder, events } = options;
    const segmentBytes = Math.min(SEGMENT_BYTES, options.maxBytes / 4);
    const damaged = (file: string, at: number): void => events.damaged(file, at);
    const samples = { folder, segmentBytes, damaged };
    const logs = { ...samples, folder: join(folder, 'logs'), keepsRead: true };
    const found: BatchId[] = [];
    const checkpoints: Checkpoint[] = [];
    const visit = ({ kind, payload }: SpoolRecord): void => {
      if (kind === RECORD_BATCH) found.push(readBatchId(payload));
      if (kind === RECORD_CHECKPOINT) checkpoints.push(decodeCheckpoint(payload));
    };
    this.#samples = new SegmentQueue(samples, visit);
    this.#logs = new SegmentQueue(logs, visit);
    this.#acknowledged = new PositionsFile(join(folder, 'logs/positions.json'), (reason) =>
      events.positionsDamaged(reason),
    );
    this.#reached = new Map(this.#acknowledged.positions);
    for (const checkpoint of checkpoints) applyCheckpoint(this.#reached, checkpoint);
    const hooks = {
      acknowledged: (batch: SpooledBatch): void => this.#release(batch),
      unwritten: (reason: string): void => events.cursorUnwritten?.(reason),
    };
    const readers = [this.#samples.reader(), this.#logs.reader()];
    this.#aggregator = new Output(join(folder, 'cursor.json'), readers, hooks);
    this.#logOutputs = new Map(
      (options.logOutputs ?? []).map((name) => {
        const cursor = join(folder, `logs/${name}.json`);
        return [name, new Output(cursor, [this.#logs.reader()], hooks)];
      }),
    );
    const epochs = [...found, ...this.#outputs.map(({ cursor }) => cursor)].flatMap((id) => id?.epoch ?? []);
    this.#identity = openIdentity(folder, options.bootId, options.nowMs, max(epochs));
    for (const output of this.#outputs) output.resume();
    this.#nextSequence = nextSequence(this.#identity.epoch, [...found, this.#aggregator.cursor]);
  }

  /** Batches that the aggregator has not acknowledged. */
  get backlog(): number {
    return this.#aggregator.backlog;
  }

  get bytes(): number {
    return this.#samples.bytes + this.#logs.bytes;
  }

  /** Bytes of log batches that not all receivers have acknowledged. */
  get waitingLogBytes(): number {
    return this.#logs.waitingBytes;
  }

  /** Where reading goes on: after all lines that are in the spool or were acknowledged. */
  get positions(): Checkpoint {
    return this.#reached;
  }

  /** Was nothing ever followed with this folder? */
  get isNew(): boolean {
    return this.#acknowledged.isNew;
  }

  /** Where reading begins; written down at once. */
  begin(positions: Checkpoint): void {
    applyCheckpoint(this.#reached, positions);
    this.#acknowledged.apply(positions);
    this.#acknowledged.saveNow();
  }

  /** Numbers a batch and writes it; throws what the file system throws, and the number is not used then. */
  append(frames: readonly SpoolFrame[]): BatchId {
    const id = this.#nextId();
    const schemas = new Map(frames.map(({ schema, encodedSchema }) => [schema, encodedSchema]));
    this.#samples.append({ schemas, batch: encodeBatch({ ...id, frames }) });
    this.#nextSequence++;
    this.#bound();
    return id;
  }

  /** The same with lines, and where reading has come to with them: both are there or none. */
  appendLogs(logs: readonly LogStream[], checkpoint: Checkpoint): BatchId {
    const id = this.#nextId();
    this.#logs.append({
      before: { kind: RECORD_CHECKPOINT, payload: encodeCheckpoint(checkpoint) },
      batch: encodeBatch({ ...id, frames: [], logs }),
    });
    this.#nextSequence++;
    applyCheckpoint(this.#reached, checkpoint);
    this.#bound();
    return id;
  }

  /** The oldest batch that the aggregator has not acknowledged; the same until `acknowledge`. */
  peek(): SpooledBatch | undefined {
    return this.#aggregator.peek();
  }

  acknowledge(batch: SpooledBatch): void {
    this.#aggregator.acknowledge(batch);
  }

  /** One of the other receivers that the options name. */
  logOutput(name: string): Output {
    const output = this.#logOutputs.get(name);
    if (output === undefined) throw new Error(`BUG: the spool has no output ${name}`);
    return output;
  }

  /** Writes down on the disk how far lines are acknowledged; segments of lines go only then. */
  async savePositions(): Promise<void> {
    const end = this.#logs.oldestUnread;
    await this.#acknowledged.save();
    this.#logs.trim(end);
  }

  close(): void {
    this.#acknowledged.saveNow();
    this.#samples.close();
    this.#logs.close();
  }

  get #outputs(): Output[] {
    return [this.#aggregator, ...this.#logOutputs.values()];
  }

  #nextId(): BatchId {
    return { ...this.#identity, sequence: this.#nextSequence };
  }

  /** A batch that the last of all receivers has taken moves the positions that are written down. */
  #release({ id, checkpoint }: SpooledBatch): void {
    if (checkpoint === undefined) return;
    if (this.#outputs.every((output) => output.hasTaken(id))) this.#acknowledged.apply(checkpoint);
  }

  /** Drops the oldest samples while the spool is too large; their newest segment stays. */
  #bound(): void {
    if (this.bytes > this.#options.maxBytes) this.#trimLogs();
    while (this.bytes > this.#options.maxBytes) {
      const before = this.backlog;
      const file = this.#samples.dropOldest();
      if (file === undefined) return;
      this.#options.events.dropped(before - this.backlog, file);
    }
  }

  /** Lets read segments of lines go before their time. */
  #trimLogs(): void {
    const end = this.#logs.oldestUnread;
    if (end === this.#logs.segments[0]) return;
    try {
      this.#acknowledged.saveNow();
    } catch {
      // A full disk, perhaps; `savePositions` meets it again and tells.
      return;
    }
    this.#logs.trim(end);
  }
}

function max(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b));
}

function nextSequence(
  epoch: number,
  ids: readonly (Pick<BatchId, 'epoch' | 'sequence'> | undefined)[],
): number {
  let next = 1;
  for (const id of ids) if (id?.epoch === epoch) next = Math.max(next, id.sequence + 1);
  return next;
}
