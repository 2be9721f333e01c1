import { Fault } from './fault.ts';
import type { Scratch } from './scratch.ts';

/** Shorter pieces are copied byte by byte: a call of a typed array's method costs more. */
const SHORT = 16;

/**
 * Decodes one Snappy block (not the framed stream), as remote write uses it. Format: google/snappy
 * `format_description.txt`. The told length is checked against `maxBytes` before memory is taken, and the
 * content must have exactly that length. It lies in `scratch`, or in memory of its own.
 */
export function snappyDecode(bytes: Uint8Array, maxBytes: number, scratch?: Scratch): Uint8Array {
  const { length, at: start } = toldLength(bytes);
  if (length > maxBytes) {
    throw new Fault('too_large', `the body tells a size of ${length} bytes, at most ${maxBytes} are taken`);
  }
  // No block expands by more than 64 bytes for every 2 of input: do not believe a larger figure.
  if (length > bytes.length * 32 + 64) throw malformed(`${length} bytes can't come out of ${bytes.length}`);
  const out = scratch?.take(length) ?? new Uint8Array(length);
  const end = decodeElements(bytes, start, out);
  if (end !== length) throw malformed(`${end} bytes came out where ${length} were told`);
  return out;
}

/** Returns how many bytes came out. */
function decodeElements(bytes: Uint8Array, start: number, out: Uint8Array): number {
  const length = out.length;
  let end = 0;
  let at = start;
  while (at < bytes.length) {
    const tag = bytes[at++] as number;
    let size = (tag >> 2) + 1;
    if ((tag & 3) === 0) {
      if (size > 60) {
        const width = size - 60;
        size = littleEndian(bytes, at, width) + 1;
        at += width;
      }
      if (at + size > bytes.length || end + size > length) throw malformed('a literal runs past the end');
      if (size <= SHORT) for (let i = 0; i < size; i++) out[end + i] = bytes[at + i] as number;
      else out.set(bytes.subarray(at, at + size), end);
      at += size;
      end += size;
      continue;
    }
    let offset: number;
    if ((tag & 3) === 1) {
      size = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | (bytes[at] ?? 0);
      at++;
    } else if ((tag & 3) === 2) {
      offset = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      at += 2;
    } else {
      offset = littleEndian(bytes, at, 4);
      at += 4;
    }
    if (at > bytes.length || offset === 0 || offset > end || end + size > length) {
      throw malformed(`a copy of ${size} bytes from ${offset} back at ${end}`);
    }
    // Fast path: source and target do not overlap.
    if (size > SHORT && offset >= size) out.copyWithin(end, end - offset, end - offset + size);
    // Slow path: short, or the copy repeats what it writes.
    else for (let i = end; i < end + size; i++) out[i] = out[i - offset] as number;
    end += size;
  }
  return end;
}

function toldLength(bytes: Uint8Array): { length: number; at: number } {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { length, at: at + 1 };
  }
  throw malformed('it does not begin with a length');
}

function littleEndian(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let i = 0; i < width; i++) value += (bytes[at + i] ?? 0) * 2 ** (8 * i);
  return value;
}

function malformed(what: string): Fault {
  return new Fault('malformed', `the body is not a Snappy block: ${what}`);
}
