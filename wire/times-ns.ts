import type { ByteReader } from '../lib/byte-reader.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';

/** Differences below this are exact as doubles and fit a uvarint once they are zigzagged. */
const LARGEST_DIFFERENCE = 2 ** 51;
const WORD = 2 ** 32;
/** Stands for a time that is too far from the one before it: its 8 bytes follow. */
const WHOLE = 0;

/**
 * Times in nanoseconds as differences, the first against 0; exact for all 64 bits. Works on pairs of words,
 * because a BigInt a line costs several times as much as all else. Drawn in FORMAT.md.
 */
export function writeTimesNs(out: ByteWriter, timesNs: BigInt64Array): void {
  const words = new Int32Array(timesNs.buffer, timesNs.byteOffset, timesNs.length * 2);
  let low = 0;
  let high = 0;
  for (let i = 0; i < words.length; i += 2) {
    const nextLow = (words[i] as number) >>> 0;
    const nextHigh = words[i + 1] as number;
    const difference = (nextHigh - high) * WORD + (nextLow - low);
    if (Math.abs(difference) < LARGEST_DIFFERENCE) {
      out.uvarint((difference < 0 ? -2 * difference - 1 : 2 * difference) + 1);
    } else {
      out.uvarint(WHOLE);
      out.u32(nextLow);
      out.u32(nextHigh >>> 0);
    }
    low = nextLow;
    high = nextHigh;
  }
}

/** Reads `count` times; throws a `Fault` `malformed` when they are not there. */
export function readTimesNs(reader: ByteReader, count: number): BigInt64Array<ArrayBuffer> {
  const timesNs = new BigInt64Array(count);
  const words = new Int32Array(timesNs.buffer);
  let low = 0;
  let high = 0;
  for (let i = 0; i < words.length; i += 2) {
    const code = reader.uvarint();
    if (code === WHOLE) {
      low = reader.u32();
      high = reader.u32() | 0;
    } else {
      const zigzag = code - 1;
      low += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      const carry = Math.floor(low / WORD);
      low -= carry * WORD;
      high = (high + carry) | 0;
    }
    words[i] = low | 0;
    words[i + 1] = high;
  }
  return timesNs;
}
