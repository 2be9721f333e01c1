import type { ByteWriter } from '../../../lib/byte-writer.ts';
import { Fault } from '../../../lib/fault.ts';

/** Lists of integers below 2^32 as LEB128, read in bulk: the index of a part is made of them. */
export function writeWords(out: ByteWriter, words: Uint32Array | readonly number[]): void {
  for (const word of words) out.uvarint(word);
}

/** Fills `into` from byte `at` on, and returns where it ended. */
export function readWords(bytes: Uint8Array, at: number, into: Uint32Array): number {
  let next = at;
  for (let i = 0; i < into.length; i++) {
    let word = bytes[next++] as number;
    // Slow path: more than one byte; one past the end is told below.
    if (word >= 0x80) {
      word &= 0x7f;
      let shift = 7;
      let byte = 0x80;
      while (byte >= 0x80) {
        byte = bytes[next++] as number;
        if (shift > 28 || next > bytes.length) throw malformed(next);
        word |= (byte & 0x7f) << shift;
        shift += 7;
      }
    }
    into[i] = word;
  }
  if (next > bytes.length) throw malformed(next);
  return next;
}

/** Zigzag: small numbers of either sign as small numbers without. */
export function zigzag(difference: number): number {
  return ((difference << 1) ^ (difference >> 31)) >>> 0;
}

export function unzigzag(word: number): number {
  return (word >>> 1) ^ -(word & 1);
}

/** In place: differences, as `zigzag` packed them, to what they are differences of. */
export function sumUp(words: Uint32Array): void {
  let sum = 0;
  for (let i = 0; i < words.length; i++) {
    sum = (sum + unzigzag(words[i] as number)) >>> 0;
    words[i] = sum;
  }
}

/** The last index in 0..length-1 whose value is at most `wanted`, -1 when there is none. */
export function lastAtMost(sorted: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function malformed(at: number): Fault {
  return new Fault('malformed', `a list of numbers is cut off or too large at byte ${at}`);
}
