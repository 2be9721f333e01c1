import EventTime from 'fluent-logger/lib/event-time.js';
import FluentSender from 'fluent-logger/lib/sender.js';

import type { Clock } from '../../lib/clock.ts';
import { reasonOf } from '../../lib/fault.ts';
import type { Address } from '../../lib/settings.ts';
import { decodeBatch } from '../../wire/batch.ts';
import { labelsToRecord } from '../../wire/labels.ts';
import type { LogStream } from '../../wire/log-stream.ts';
import type { SpooledBatch } from '../spool/spool.ts';

/** Batches that wait, and what moves on when one is taken. */
export interface FluentOutput {
  peek(): SpooledBatch | undefined;
  acknowledge(batch: SpooledBatch): void;
}

export interface FluentEvents {
  fluentSent(lines: number): void;
  /** To be repeated after a pause. */
  fluentFailed(reason: string): void;
  /** A batch that can't be read is passed over. */
  fluentSkipped(reason: string): void;
}

export interface FluentSinkOptions {
  readonly output: FluentOutput;
  readonly address: Address;
  /** Of all records, for Fluentd's routing. */
  readonly tag: string;
  /** Without an acknowledgement for so long the lines are sent again. */
  readonly ackTimeoutMs: number;
  readonly clock: Clock;
  readonly events: FluentEvents;
}

/** Lines a chunk: packing them takes the agent's one thread for some milliseconds. */
const CHUNK_LINES = 500;
const MAX_BATCH_BYTES = 64 * 1024 * 1024;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

interface Line {
  readonly record: Readonly<Record<string, string>>;
  readonly timeNs: bigint;
}

/**
 * Sends log lines to Fluentd or Fluent Bit by the Forward protocol, each as a record of `message` and its
 * labels with its time in nanoseconds. At least once: a batch has gone when the receiver has acknowledged
 * all its chunks; after a restart a batch begins again.
 */
export class FluentSink {
  readonly #options: FluentSinkOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};
  #sender: FluentSender | undefined;
  /** Why the last try failed; undefined when it did not. */
  failure: string | undefined;

  constructor(options: FluentSinkOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There is something new in the spool. */
  wake(): void {
    this.#wake();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { output } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const batch = output.peek();
      if (batch !== undefined) await this.#deliver(batch);
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#hangUp();
  }

  /** Returns when all of it is acknowledged, or when this is closed. */
  async #deliver(batch: SpooledBatch): Promise<void> {
    const { output, clock, events } = this.#options;
    const { signal } = this.#stop;
    const lines = this.#linesOf(batch);
    let pauseMs = FIRST_PAUSE_MS;
    for (let sent = 0; sent < lines.length;) {
      const chunk = lines.slice(sent, sent + CHUNK_LINES);
      const failure = await this.#send(chunk);
      if (signal.aborted) return;
      this.failure = failure;
      if (failure === undefined) {
        sent += chunk.length;
        pauseMs = FIRST_PAUSE_MS;
        events.fluentSent(chunk.length);
        continue;
      }
      events.fluentFailed(failure);
      this.#hangUp();
      await clock.sleep(pauseMs, signal);
      if (signal.aborted) return;
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
    output.acknowledge(batch);
  }

  #linesOf({ bytes }: SpooledBatch): Line[] {
    try {
      return decodeBatch(bytes, MAX_BATCH_BYTES).logs.flatMap(linesOf);
    } catch (thrown) {
      this.#options.events.fluentSkipped(reasonOf(thrown));
      return [];
    }
  }

  /** One chunk; why it was not acknowledged. */
  async #send(lines: readonly Line[]): Promise<string | undefined> {
    const { clock, ackTimeoutMs } = this.#options;
    const done = new AbortController();
    const closed = this.#stop.signal;
    const acknowledged = new Promise<string | undefined>((resolve) => {
      // The library tells errors of the connection as events, and those of a chunk to its callback.
      const sender = (this.#sender ??= this.#connect());
      sender.once('error', (error) => resolve(reasonOf(error)));
      done.signal.addEventListener('abort', () => sender.removeAllListeners('error'));
      closed.addEventListener('abort', () => resolve('closed'), { signal: done.signal });
      const settle = (error?: Error): void => resolve(error === undefined ? undefined : reasonOf(error));
      for (const [index, { record, timeNs }] of lines.entries()) {
        // All lines that are given in one go are one chunk, with one answer.
        if (index < lines.length - 1) sender.emit(record, eventTime(timeNs));
        else sender.emit(record, eventTime(timeNs), settle);
      }
    });
    const late = clock
      .sleep(ackTimeoutMs, done.signal)
      .then(() => `no acknowledgement within ${ackTimeoutMs / 1000} s`);
    const failure = await Promise.race([acknowledged, late]);
    done.abort();
    return failure;
  }

  #connect(): FluentSender {
    const { tag, address, ackTimeoutMs } = this.#options;
    return new FluentSender(tag, {
      ...address,
      eventMode: 'PackedForward',
      requireAckResponse: true,
      ackResponseTimeout: ackTimeoutMs,
      flushInterval: 1,
    });
  }

  #hangUp(): void {
    this.#sender?.end();
    this.#sender = undefined;
  }
}

function linesOf({ labels, lines, timesNs }: LogStream): Line[] {
  const fields = labelsToRecord(labels);
  return lines.map((message, i) => ({ record: { ...fields, message }, timeNs: timesNs[i] as bigint }));
}

function eventTime(timeNs: bigint): EventTime {
  return new EventTime(Number(timeNs / 1_000_000_000n), Number(timeNs % 1_000_000_000n));
}
