import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';

import type { Labels } from '../../../wire/labels.ts';
import { fingerprint, HEAD_BYTES, sameBytes, TAIL_BYTES, type FilePosition } from './file-position.ts';
import { PlainFormat, type LineFormat } from './line-format.ts';
import { LineSplitter, type LineState, type SplitResult } from './line-splitter.ts';
import type { StreamLines } from './log-batch.ts';
import type { LogReading } from './log-reading.ts';

/** Where reading of a file begins. */
export interface Beginning {
  readonly offset: number;
  readonly state: LineState;
}

export const AT_START: Beginning = { offset: 0, state: 'start' };

/** `more` may be there; nothing at the `end`; the file is `changed`: what was read is not in it any more. */
export type ReadResult = 'more' | 'end' | 'changed' | 'binary';

/** An open file and how far it was read. It stays the same file when it is renamed or deleted. */
export class FollowedFile {
  /** `<dev>:<ino>` */
  readonly key: string;
  path: string;
  labels: Labels;
  /** Nothing is written to it any more: a last line is whole without its end. */
  isFinal = false;
  /** The position has moved since it was asked for. */
  isDirty = true;
  readonly #descriptor: number;
  readonly #reading: LogReading;
  readonly #format: LineFormat;
  readonly #splitter: LineSplitter;
  #offset: number;
  #state: LineState;
  /** The first bytes, and the last ones before the offset. */
  #head: Buffer;
  #tail: Buffer;
  /** Size and time of writing when it was last read to its end. */
  #seenBytes = -1;
  #bytes = 0;
  #seenModifiedMs: number;
  /** Of the bytes that are being split: when they were read and where the lines go. */
  #nowNs = 0n;
  #nowMs = 0;
  #into: StreamLines | undefined;
  #partialSinceMs: number | undefined;
  #quietSinceMs: number;
  #isText: boolean;

  constructor(
    file: { readonly path: string; readonly at: string; readonly labels: Labels },
    beginning: Beginning,
    reading: LogReading,
  ) {
    this.path = file.path;
    this.labels = file.labels;
    this.#reading = reading;
    this.#format = new PlainFormat();
    this.#splitter = new LineSplitter(reading.maxLineBytes, (line) =>
      this.#format.take(line, this.#nowMs, this.#nowNs, this.#into as StreamLines),
    );
    this.#descriptor = openSync(file.at, 'r');
    const stats = fstatSync(this.#descriptor);
    this.key = keyOf(stats);
    this.#offset = beginning.offset;
    this.#state = beginning.state;
    this.#head = this.#bytesAt(0, Math.min(HEAD_BYTES, this.#offset));
    this.#tail = this.#bytesAt(Math.max(0, this.#offset - TAIL_BYTES), Math.min(TAIL_BYTES, this.#offset));
    this.#seenModifiedMs = stats.mtimeMs;
    this.#quietSinceMs = reading.monotonicMs();
    this.#isText = beginning.offset > 0;
  }

  get offset(): number {
    return this.#offset;
  }

  get seenModifiedMs(): number {
    return this.#seenModifiedMs;
  }

  /** Bytes that were seen and not read. */
  get behindBytes(): number {
    return Math.max(0, this.#bytes - this.#offset);
  }

  /** For how long there was nothing new. */
  get quietMs(): number {
    return this.#reading.monotonicMs() - this.#quietSinceMs;
  }

  get position(): FilePosition {
    return {
      path: this.path,
      file: this.key,
      offset: this.#offset,
      bytes: Math.max(this.#bytes, this.#offset),
      state: this.#state,
      head: fingerprint(this.#head),
      tail: fingerprint(this.#tail),
      modifiedMs: this.#seenModifiedMs,
    };
  }

  stats(): Stats {
    return fstatSync(this.#descriptor);
  }

  /** Reads at most one buffer, when the size or the time of writing says that there is something. */
  read({ size, mtimeMs }: Stats): ReadResult {
    if (size === this.#seenBytes && mtimeMs === this.#seenModifiedMs && !this.#isDue(size)) return 'end';
    // It only grows, unless it is truncated.
    if (size < Math.max(this.#bytes, this.#offset)) return 'changed';
    const { buffer } = this.#reading;
    const behind = this.#tail.length;
    const count = readSync(this.#descriptor, buffer, 0, buffer.length, this.#offset - behind);
    if (count < behind || !buffer.subarray(0, behind).equals(this.#tail)) return 'changed';
    const bytes = buffer.subarray(behind, count);
    if (!this.#isText && bytes.length > 0) {
      if (isBinary(bytes)) return 'binary';
      this.#isText = true;
    }
    const isAll = count < buffer.length;
    const end = this.#offset + bytes.length;
    if (end > this.#bytes) this.#quietSinceMs = this.#reading.monotonicMs();
    this.#bytes = isAll ? end : Math.max(size, end);
    this.#seenBytes = isAll ? end : -1;
    this.#seenModifiedMs = mtimeMs;
    this.#split(bytes, isAll);
    return isAll ? 'end' : 'more';
  }

  /** Hands out a last line without its end; the file is not written to any more. */
  flush(): void {
    const { buffer } = this.#reading;
    const rest = buffer.subarray(0, readSync(this.#descriptor, buffer, 0, buffer.length, this.#offset));
    if (rest.length > 0 && this.#state !== 'cut') this.#flush(rest);
  }

  /** The same file begins anew. */
  restart(): void {
    this.#offset = 0;
    this.#state = 'start';
    this.#head = this.#tail = Buffer.alloc(0);
    this.#seenBytes = -1;
    this.#bytes = 0;
    this.#partialSinceMs = undefined;
    this.isDirty = true;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #isDue(size: number): boolean {
    if (this.#partialSinceMs === undefined || size <= this.#offset) return false;
    return this.#reading.monotonicMs() - this.#partialSinceMs >= this.#reading.flushAfterMs;
  }

  #split(bytes: Buffer, isAll: boolean): void {
    this.#stamp();
    const result = this.#splitter.split(bytes, this.#state);
    const rest = bytes.subarray(result.consumed);
    if (result.consumed > 0) {
      this.#took(bytes, result);
      this.#partialSinceMs = undefined;
    }
    if (!isAll || rest.length === 0) return;
    const nowMs = this.#reading.monotonicMs();
    this.#partialSinceMs ??= nowMs;
    if (this.isFinal || nowMs - this.#partialSinceMs >= this.#reading.flushAfterMs) this.#flush(rest);
  }

  #flush(rest: Buffer): void {
    this.#stamp();
    this.#took(rest, this.#splitter.flush(rest));
    this.#partialSinceMs = undefined;
  }

  #stamp(): void {
    this.#nowMs = this.#reading.nowMs();
    this.#nowNs = BigInt(this.#nowMs) * 1_000_000n;
    this.#into = this.#reading.batch.stream(this.labels);
  }

  /** Moves on by what was split off the beginning of `bytes`. */
  #took(bytes: Buffer, { consumed, state, lines, cut, repaired }: SplitResult): void {
    const { batch, events } = this.#reading;
    const done = bytes.subarray(0, consumed);
    if (this.#offset < HEAD_BYTES) {
      this.#head = Buffer.concat([this.#head, done.subarray(0, HEAD_BYTES - this.#head.length)]);
    }
    this.#tail =
      consumed >= TAIL_BYTES
        ? Buffer.from(done.subarray(-TAIL_BYTES))
        : Buffer.concat([this.#tail, done]).subarray(-TAIL_BYTES);
    this.#offset += consumed;
    this.#state = state;
    this.isDirty = true;
    batch.grew(lines, consumed);
    events.linesRead(lines, consumed);
    if (cut > 0) events.linesCut(cut);
    if (repaired > 0) events.linesRepaired(repaired);
  }

  #bytesAt(place: number, count: number): Buffer {
    return readBytes(this.#descriptor, place, count);
  }
}

/** Where its last `count` bytes begin, or the next line; the start of one that seems to be binary. */
export function beforeEnd(path: string, count: number): Beginning {
  const descriptor = openSync(path, 'r');
  try {
    const offset = Math.max(0, fstatSync(descriptor).size - count);
    if (offset === 0 || isBinary(readBytes(descriptor, offset, LOOKED_AT_BYTES))) return AT_START;
    return { offset, state: readBytes(descriptor, offset - 1, 1)[0] === 10 ? 'start' : 'cut' };
  } finally {
    closeSync(descriptor);
  }
}

/** Does a file hold what a position tells? One at offset 0 is held by any file. */
export function holds(path: string, { offset, bytes, head, tail }: FilePosition): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    return (
      fstatSync(descriptor).size >= bytes &&
      sameBytes(head, readBytes(descriptor, 0, head.bytes)) &&
      sameBytes(tail, readBytes(descriptor, offset - tail.bytes, tail.bytes))
    );
  } finally {
    closeSync(descriptor);
  }
}

export function keyOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

function readBytes(descriptor: number, place: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  return count === 0 ? bytes : bytes.subarray(0, readSync(descriptor, bytes, 0, count, place));
}

const LOOKED_AT_BYTES = 512;
/** A hole of NULs may come before lines; wtmp and its like are full of them, but not alone. */
const BINARY_SHARE = 0.3;

function isBinary(bytes: Buffer): boolean {
  const looked = bytes.subarray(0, LOOKED_AT_BYTES);
  let odd = 0;
  for (const byte of looked) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) odd++;
  return odd > looked.length * BINARY_SHARE;
}
