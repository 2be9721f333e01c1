import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { contentEncoding, decodeContent } from './content-encoding.ts';
import { Fault } from './fault.ts';

const MIB = 1024 ** 2;
const TEXT = Buffer.from('a metric 1\n'.repeat(20));

/** A Snappy block of one literal; `told` is the length that it tells. */
function snappy(bytes: Uint8Array, told = bytes.length): Buffer {
  const length: number[] = [];
  for (let rest = told; ; rest = Math.floor(rest / 128)) {
    length.push(rest > 127 ? (rest % 128) | 128 : rest);
    if (rest <= 127) break;
  }
  const size = bytes.length - 1;
  return Buffer.from([...length, 62 << 2, size & 255, (size >> 8) & 255, (size >> 16) & 255, ...bytes]);
}

const zstd = (bytes: Uint8Array): Buffer => zstdCompressSync(bytes);

test.each([
  ['', TEXT],
  ['identity', TEXT],
  ['gzip', gzipSync(TEXT)],
  ['GZIP', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['gzip', Buffer.concat([gzipSync(TEXT.subarray(0, 50)), gzipSync(TEXT.subarray(50))])],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['zstd', zstd(TEXT)],
  ['snappy', snappy(TEXT)],
  ['identity, gzip', gzipSync(TEXT)],
  ['snappy, gzip', gzipSync(snappy(TEXT))],
])('%s is unpacked', (encoding, bytes) => {
  expect(Buffer.from(decodeContent(bytes, encoding, TEXT.length + 10)).equals(TEXT)).toBe(true);
});

test.each(['br', 'gzip, br', 'compress', 'aws-chunked', '*', 'constructor', 'gzip, gzip, gzip'])(
  '%j is not taken',
  (encoding) => {
    expect(() => contentEncoding(encoding)).toThrow(
      expect.objectContaining({ code: 'unsupported_encoding' }),
    );
  },
);

describe('what lies about its size', () => {
  const bomb = Buffer.alloc(256 * MIB);
  // A frame header that asks for a window of 1 GiB, and one that tells a content of 2^60 bytes.
  const zstdWindow = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 0x01, 0x00, 0x00]);
  const zstdSize = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x01, 0x00, 0x00]);

  test.each([
    ['gzip', gzipSync(bomb), 'too_large'],
    ['deflate', deflateSync(bomb), 'too_large'],
    ['zstd', zstd(bomb), 'too_large'],
    ['gzip, gzip', gzipSync(gzipSync(bomb)), 'too_large'],
    ['gzip, zstd', zstd(gzipSync(bomb)), 'too_large'],
    ['gzip, zstd', zstd(bomb), 'too_large'],
    ['', TEXT, 'too_large'],
    ['zstd', zstdWindow, 'malformed'],
    ['zstd', zstdSize, 'malformed'],
    ['snappy', snappy(TEXT, 2 ** 34), 'too_large'],
    ['snappy', snappy(Buffer.alloc(1), 100), 'malformed'],
    ['gzip', gzipSync(TEXT).subarray(0, -3), 'malformed'],
    ['deflate', TEXT, 'malformed'],
  ])('%s %#', (encoding, bytes, code) => {
    const before = process.memoryUsage().rss;
    expect(() => decodeContent(bytes, encoding, 100)).toThrow(expect.objectContaining({ code }));
    expect(process.memoryUsage().rss - before).toBeLessThan(16 * MIB);
  });
});

test('a level whose window is larger than that of HTTP is refused, all others are taken', () => {
  const noise = Buffer.alloc(9 * MIB).map((_, i) => (i * i) >>> 7);
  const compress = (windowLog: number): Buffer =>
    zstdCompressSync(noise, { params: { [constants.ZSTD_c_windowLog]: windowLog } });
  expect(decodeContent(compress(23), 'zstd', 9 * MIB)).toHaveLength(noise.length);
  expect(() => decodeContent(compress(25), 'zstd', 9 * MIB)).toThrow(/zstd/);
});

test('any bytes are unpacked or a fault', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom('gzip', 'deflate', 'zstd', 'snappy', 'snappy, deflate'),
      fc.constantFrom<(bytes: Uint8Array) => Uint8Array>((bytes) => bytes, gzipSync, deflateSync, zstd),
      fc.nat(),
      (bytes, encoding, pack, flip) => {
        const packed = new Uint8Array(pack(bytes));
        if (packed.length > 0) packed[flip % packed.length]! ^= 1 << (flip % 8);
        try {
          expect(decodeContent(packed, encoding, 64).length).toBeLessThanOrEqual(64);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
        }
      },
    ),
  );
});
