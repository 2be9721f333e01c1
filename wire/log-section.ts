import { isUtf8 } from 'node:buffer';

import type { ByteReader } from '../lib/byte-reader.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Fault } from '../lib/fault.ts';
import { LabelTableWriter, readLabels, readTexts } from './label-table.ts';
import type { Labels } from './labels.ts';
import type { LogStream } from './log-stream.ts';
import { readTimesNs, writeTimesNs } from './times-ns.ts';

/** Lines of one stream as they lie in a batch: no string a line, so that who only moves them pays for a copy. */
export interface PackedLogStream {
  readonly labels: Labels;
  /** Nanoseconds since the epoch, a line each. */
  readonly timesNs: BigInt64Array;
  /** Line `i` is `bytes` from `ends[i - 1]` (0 before the first) to `ends[i]`. */
  readonly ends: Uint32Array;
  /** UTF-8. */
  readonly bytes: Uint8Array;
}

/** Limits of one batch; its bytes are limited by whoever unpacks it. */
export const LOG_LIMITS = { streams: 10_000, lines: 1_000_000, lineBytes: 4 * 1024 * 1024 } as const;

/** Streams, then all times, then all lengths, then all lines: like beside like packs best. Layout in FORMAT.md. */
export function encodeLogs(out: ByteWriter, streams: readonly LogStream[]): void {
  const table = new LabelTableWriter();
  const heads = new ByteWriter();
  for (const { labels, lines, timesNs } of streams) {
    if (timesNs.length !== lines.length)
      throw new Error(`BUG: ${lines.length} lines with ${timesNs.length} times`);
    table.labels(heads, labels);
    heads.uvarint(lines.length);
  }
  table.texts(out);
  out.uvarint(streams.length);
  out.raw(heads.bytes());
  for (const { timesNs } of streams) writeTimesNs(out, timesNs);
  let total = 0;
  for (const { lines } of streams) {
    for (const line of lines) {
      const length = Buffer.byteLength(line);
      out.uvarint(length);
      total += length;
    }
  }
  // Written in place: a buffer a line would cost as much as all else.
  const text = Buffer.allocUnsafe(total);
  let at = 0;
  for (const { lines } of streams) for (const line of lines) at += text.write(line, at);
  out.raw(text);
}

/** Reads the streams; their bytes are views. Throws a `Fault`: `malformed`, or `too_large` past `LOG_LIMITS`. */
export function decodeLogs(reader: ByteReader): PackedLogStream[] {
  const texts = readTexts(reader);
  const streams = limited(reader.count(3), LOG_LIMITS.streams, 'streams in a batch');
  const heads: { labels: Labels; count: number }[] = [];
  let lines = 0;
  for (let i = 0; i < streams; i++) {
    const labels = readLabels(reader, texts);
    const count = reader.count(2);
    lines = limited(lines + count, LOG_LIMITS.lines, 'lines in a batch');
    heads.push({ labels, count });
  }
  const times = heads.map(({ count }) => readTimesNs(reader, count));
  const ends = heads.map(({ count }) => readEnds(reader, count));
  return heads.map(({ labels }, i) => {
    const streamEnds = ends[i] as Uint32Array;
    const bytes = reader.raw(streamEnds.at(-1) ?? 0);
    checkText(labels, bytes, streamEnds);
    return { labels, timesNs: times[i] as BigInt64Array, ends: streamEnds, bytes };
  });
}

/** The lines as strings. */
export function unpackLines({ labels, timesNs, ends, bytes }: PackedLogStream): LogStream {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: string[] = [];
  let start = 0;
  for (const end of ends) {
    lines.push(text.toString('utf8', start, end));
    start = end;
  }
  return { labels, timesNs, lines };
}

function readEnds(reader: ByteReader, count: number): Uint32Array {
  const ends = new Uint32Array(count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    end += limited(reader.uvarint(), LOG_LIMITS.lineBytes, 'bytes in a line');
    if (end > reader.remaining)
      throw new Fault('malformed', `lines of ${end} bytes where ${reader.remaining} bytes are left`);
    ends[i] = end;
  }
  return ends;
}

/** Each line must be UTF-8: the whole is, and no line begins inside of a character. */
function checkText(labels: Labels, bytes: Uint8Array, ends: Uint32Array): void {
  let whole = isUtf8(bytes);
  for (const end of ends) if (((bytes[end] ?? 0) & 0xc0) === 0x80) whole = false;
  if (!whole) throw new Fault('malformed', `a line of ${labels.join(' ')} is not UTF-8`);
}

function limited(count: number, most: number, what: string): number {
  if (count > most) throw new Fault('too_large', `${count} ${what}, at most ${most} are taken`);
  return count;
}
