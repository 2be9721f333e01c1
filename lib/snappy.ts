import { Fault } from './fault.ts';

/**
 * Decodes one Snappy block (not the framed stream), as remote write uses it. Format: google/snappy
 * `format_description.txt`. The told length is checked against `maxBytes` before memory is taken, and the
 * content must have exactly that length.
 */
export function snappyDecode(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const { length, at: start } = toldLength(bytes);
  if (length > maxBytes) {
    throw new Fault('too_large', `the body tells a size of ${length} bytes, at most ${maxBytes} are taken`);
  }
  // No block expands by more than 64 bytes for every 2 of input: do not believe a larger figure.
  if (length > bytes.length * 32 + 64) throw malformed(`${length} bytes can't come out of ${bytes.length}`);
  const out = new Uint8Array(length);
  let end = 0;
  let at = start;
  while (at < bytes.length) {
    const tag = bytes[at++] as number;
    if ((tag & 3) === 0) {
      const extra = Math.max(0, (tag >> 2) - 59);
      const size = extra === 0 ? (tag >> 2) + 1 : littleEndian(bytes, at, extra) + 1;
      at += extra;
      if (at + size > bytes.length || end + size > length) throw malformed('a literal runs past the end');
      out.set(bytes.subarray(at, at + size), end);
      at += size;
      end += size;
      continue;
    }
    const { size, offset, width } = copyOf(tag, bytes, at);
    at += width;
    if (at > bytes.length || offset === 0 || offset > end || end + size > length) {
      throw malformed(`a copy of ${size} bytes from ${offset} back at ${end}`);
    }
    // Fast path: source and target do not overlap.
    if (offset >= size) out.copyWithin(end, end - offset, end - offset + size);
    // Slow path: the copy repeats what it writes.
    else for (let i = 0; i < size; i++) out[end + i] = out[end + i - offset] as number;
    end += size;
  }
  if (end !== length) throw malformed(`${end} bytes came out where ${length} were told`);
  return out;
}

function copyOf(tag: number, bytes: Uint8Array, at: number): { size: number; offset: number; width: number } {
  switch (tag & 3) {
    case 1:
      return { size: ((tag >> 2) & 7) + 4, offset: ((tag >> 5) << 8) | littleEndian(bytes, at, 1), width: 1 };
    case 2:
      return { size: (tag >> 2) + 1, offset: littleEndian(bytes, at, 2), width: 2 };
    default:
      return { size: (tag >> 2) + 1, offset: littleEndian(bytes, at, 4), width: 4 };
  }
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
