import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ByteReader } from '../lib/byte-reader.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { Fault } from '../lib/fault.ts';
import { decodeBatch, decodePackedBatch, encodeBatch } from './batch.ts';
import { labelsFrom } from './labels.ts';
import { decodeLogs, encodeLogs, LOG_LIMITS } from './log-section.ts';
import type { LogStream } from './log-stream.ts';

const MIB = 1024 * 1024;
const ID = { agent: 'agent-1', epoch: 1_700_000_000_000, sequence: 7, frames: [] };

const unicode = fc.string({ unit: 'binary', maxLength: 30 });
const labels = fc
  .dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), unicode, { maxKeys: 4 })
  .map((record) => labelsFrom({ ...record, job: 'files' }));
const timeNs = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_700_000_000_999_999_999n }),
);
const stream: fc.Arbitrary<LogStream> = fc
  .tuple(labels, fc.array(fc.tuple(timeNs, unicode), { maxLength: 12 }))
  .map(([names, lines]) => ({
    labels: names,
    timesNs: BigInt64Array.from(lines, ([at]) => at),
    lines: lines.map(([, line]) => line),
  }));

function streamOf(record: Record<string, string>, lines: readonly string[], atNs = 10n ** 18n): LogStream {
  return {
    labels: labelsFrom(record),
    lines,
    timesNs: BigInt64Array.from(lines, (_, i) => atNs + BigInt(i)),
  };
}

function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('the lines of a batch', () => {
  test('come back bit for bit: any character, empty lines, any time', () => {
    fc.assert(
      fc.property(fc.array(stream, { maxLength: 6 }), (logs) => {
        expect(decodeBatch(encodeBatch({ ...ID, logs }), MIB).logs).toEqual(logs);
      }),
    );
  });

  test('half of a surrogate pair, which UTF-8 can not hold, becomes the replacement character', () => {
    const logs = [streamOf({ job: 'a' }, ['a\ud800b', '\udc00'])];
    expect(decodeBatch(encodeBatch({ ...ID, logs }), MIB).logs[0]!.lines).toEqual(['a\ufffdb', '\ufffd']);
  });

  test('a batch of frames alone has the bytes that it had without them', () => {
    const frames = [{ schema: 'a1b2c3d4e5f60718', atMs: 5, values: Float64Array.of(1, 2.5) }];
    const bytes = Buffer.from(encodeBatch({ ...ID, frames }));
    expect(Buffer.from(encodeBatch({ ...ID, frames, logs: [] })).equals(bytes)).toBe(true);
    expect(decodeBatch(bytes, MIB)).toMatchObject({ logs: [] });
  });

  test('every flipped bit is found', () => {
    const bytes = encodeBatch({ ...ID, logs: [streamOf({ job: 'a' }, ['one', '', 'dr\u00e4i'])] });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const broken = bytes.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      expect(['malformed', 'unsupported_version']).toContain(faultOf(() => decodeBatch(broken, MIB)).code);
    }
  });

  test('random and changed bytes give lines or a fault, nothing else', () => {
    const written = new ByteWriter();
    encodeLogs(written, [streamOf({ job: 'a' }, ['one', 'two']), streamOf({ job: 'b' }, ['\u{1f9ed}'])]);
    const body = written.bytes().slice();
    const changed = fc
      .array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const copy = body.slice();
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), (bytes) => {
        try {
          for (const { ends, timesNs } of decodeLogs(new ByteReader(bytes)))
            expect(ends.length).toBe(timesNs.length);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
          expect((thrown as Fault).code).toMatch(/malformed|too_large/);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a line that ends inside of a character is refused', () => {
    const written = new ByteWriter();
    encodeLogs(written, [streamOf({ job: 'a' }, ['\u00e4', ''])]);
    const body = written.bytes().slice();
    // Lengths 2 and 0 become 1 and 1: the whole is UTF-8 still, its lines are not.
    const at = body.length - 4;
    expect([...body.subarray(at, at + 2)]).toEqual([2, 0]);
    body.set([1, 1], at);
    expect(faultOf(() => decodeLogs(new ByteReader(body))).message).toMatch(/a line of job a is not UTF-8/);
  });

  test('limits name themselves', () => {
    const long = streamOf({ job: 'a' }, ['x'.repeat(LOG_LIMITS.lineBytes + 1)]);
    const bytes = encodeBatch({ ...ID, logs: [long] });
    expect(faultOf(() => decodeBatch(bytes, 16 * MIB))).toMatchObject({
      code: 'too_large',
      message: '4194305 bytes in a line, at most 4194304 are taken',
    });
    const many = Array.from({ length: LOG_LIMITS.streams + 1 }, (_, i) => streamOf({ i: `${i}` }, ['']));
    expect(faultOf(() => decodeBatch(encodeBatch({ ...ID, logs: many }), 16 * MIB)).message).toMatch(
      /10001 streams in a batch, at most 10000/,
    );
    const lines = Array.from({ length: LOG_LIMITS.lines + 1 }, () => '');
    expect(
      faultOf(() => decodeBatch(encodeBatch({ ...ID, logs: [streamOf({ a: '1' }, lines)] }), 64 * MIB))
        .message,
    ).toMatch(/1000001 lines in a batch, at most 1000000/);
  });

  test('pack well: like lies beside like', () => {
    const lines = Array.from(
      { length: 2000 },
      (_, i) => `10.0.0.${i % 250} - - "GET /api/items/${i * 7919} HTTP/1.1" 200 ${(i * 31) % 977}`,
    );
    const bytes = encodeBatch({ ...ID, logs: [streamOf({ job: 'web' }, lines)] });
    const raw = lines.reduce((sum, line) => sum + line.length, 0);
    expect(bytes.length).toBeLessThan(raw / 4);
    expect(decodePackedBatch(bytes, MIB).logs[0]!.ends.length).toBe(2000);
  });
});
