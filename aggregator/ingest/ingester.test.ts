import { gzipSync, zstdCompressSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { FakeClock } from '../../lib/clock.ts';
import { Fault } from '../../lib/fault.ts';
import { encodeBatch, encodeSchemas, type BatchId } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';
import { FakeRegistry } from '../store/group-registry.fake.ts';
import { RowBuffer } from '../store/row-buffer.ts';
import type { StoreWriter, Write } from '../store/store.ts';
import { NO_SERIES_LIMITS } from './collected.fake.ts';
import { Ingester, type BodyKind } from './ingester.ts';
import { readJournalledBatch } from './journalled-batch.ts';
import type { IngestLimits } from './limits.ts';
import { otlpProtobuf } from './otlp.fake.ts';
import { remoteWriteBody } from './remote-write.fake.ts';

const NOW_MS = 1_700_000_000_000;
const SERIES = [labelsFrom({ __name__: 'a' }), labelsFrom({ __name__: 'b' })];
const HASH = schemaHash(encodeSchema(SERIES));

const taken = (samples: number) => ({
  ok: true,
  samples,
  lines: 0,
  lineBytes: 0,
  repeated: false,
  skipped: 0,
});

/** Keeps what it is given in plain sight. */
class FakeStore extends FakeRegistry implements StoreWriter {
  readonly writes: (Pick<Write, 'batch' | 'logs'> & { readonly samples: unknown[] })[] = [];
  readonly schemas = new Map<string, Uint8Array>();
  full = false;
  /** Thrown by what writes. */
  broken: Error | undefined;

  has({ agent, epoch, sequence }: BatchId): boolean {
    return this.writes.some(
      ({ batch: b }) => b?.agent === agent && b.epoch === epoch && b.sequence === sequence,
    );
  }
  lastSequence(agent: string, epoch: number): number {
    return Math.max(
      0,
      ...this.writes.map(({ batch: b }) => (b?.agent === agent && b.epoch === epoch ? b.sequence : 0)),
    );
  }
  putSchemas(schemas: readonly { hash: string; body: Uint8Array }[]): void {
    if (this.broken) throw this.broken;
    for (const { hash, body } of schemas) this.schemas.set(hash, body);
  }
  schema(hash: string): Uint8Array | undefined {
    return this.schemas.get(hash);
  }
  write(writes: readonly Write[]): void {
    if (this.broken) throw this.broken;
    // Buffers of rows are used again after the call.
    for (const { batch, logs, rows } of writes)
      this.writes.push({ logs, samples: this.samplesOf(rows), ...(batch && { batch }) });
  }
  refusal(): string | undefined {
    return this.full ? '9 bytes of open data (setting store.open-data-size) wait' : undefined;
  }
  async close(): Promise<void> {}
}

function setUp(limits: Partial<IngestLimits> = {}) {
  const store = new FakeStore();
  const clock = new FakeClock(NOW_MS);
  const gaps: number[] = [];
  const ingester = new Ingester({
    store,
    clock,
    limits: {
      maxBodyBytes: 1024 ** 2,
      futureMs: 600_000,
      maxSamples: 50,
      maxLabels: 4,
      maxLabelLength: 20,
      maxHistogramBuckets: 100,
      ...NO_SERIES_LIMITS,
      ...limits,
    },
    onGap: (_batch, missing) => void gaps.push(missing),
  });
  const batch = (sequence: number, atMs = NOW_MS, values = [1, 2]) => ({
    kind: 'batch' as const,
    body: encodeBatch({
      agent: 'x',
      epoch: 1,
      sequence,
      frames: [{ schema: HASH, atMs, values: Float64Array.from(values) }],
    }),
  });
  const schemas = { kind: 'schemas' as const, body: encodeSchemas([SERIES]) };
  return { store, clock, gaps, ingester, batch, schemas };
}

describe('an agent batch', () => {
  test('asks for its schema, then is taken once', () => {
    const { store, ingester, batch, schemas } = setUp();
    expect(ingester.take([batch(1)])).toMatchObject([{ ok: false, code: 'unknown_schema', schemas: [HASH] }]);
    expect(ingester.take([schemas, batch(1), batch(1)])).toEqual([
      taken(0),
      taken(2),
      { ...taken(0), repeated: true },
    ]);
    expect(ingester.take([batch(1)])).toMatchObject([{ ok: true, repeated: true }]);
    expect(store.writes).toHaveLength(1);
  });

  test('a bad neighbour does not take the good ones down', () => {
    const { store, ingester, batch, schemas } = setUp();
    ingester.take([schemas]);
    const broken = { kind: 'batch' as const, body: batch(2).body.slice(0, -1) };
    const replies = ingester.take([batch(1), broken, batch(3, NOW_MS, [1]), batch(4)]);
    expect(replies.map((reply) => (reply.ok ? 'ok' : reply.code))).toEqual([
      'ok',
      'malformed',
      'malformed',
      'ok',
    ]);
    expect(store.writes.map(({ batch: b }) => b?.sequence)).toEqual([1, 4]);
  });

  test('from a clock that is ahead is refused by its time', () => {
    const { ingester, batch, schemas } = setUp();
    ingester.take([schemas]);
    const [early, late] = ingester.take([batch(1, NOW_MS + 600_000), batch(2, NOW_MS + 600_001)]);
    expect(early).toMatchObject({ ok: true });
    expect(late).toMatchObject({ ok: false, code: 'clock_ahead', retry: false });
    expect(late).toHaveProperty('message', expect.stringContaining('2023-11-14T22:23:20.001Z'));
  });

  test('brings lines, which are counted and come back from the journal as they were', () => {
    const { store, ingester } = setUp();
    const lines = (sequence: number, atMs: number) => ({
      kind: 'batch' as const,
      body: encodeBatch({
        agent: 'x',
        epoch: 1,
        sequence,
        frames: [],
        logs: [
          {
            labels: labelsFrom({ job: 'files' }),
            timesNs: BigInt64Array.of(BigInt(atMs) * 1_000_000n, 0n),
            lines: ['dr\u00e4i', ''],
          },
        ],
      }),
    });
    const [ok, ahead] = ingester.take([lines(1, NOW_MS), lines(2, NOW_MS + 1e12)]);
    expect(ok).toEqual({ ...taken(0), lines: 2, lineBytes: 5 });
    expect(ahead).toEqual(ok);
    // A clock that was wrong loses no line; its time is the newest that is taken.
    const [now, late] = store.writes.map(({ logs }) => logs[0]!.timesNs[0]);
    expect([now, late]).toEqual([BigInt(NOW_MS) * 1_000_000n, BigInt(NOW_MS + 600_000) * 1_000_000n]);
    for (const { batch, logs } of store.writes)
      expect(readJournalledBatch(batch!, store, new RowBuffer())).toEqual(logs);
  });

  test('tells numbers that were left out', () => {
    const { gaps, ingester, batch, schemas } = setUp();
    ingester.take([schemas, batch(7), batch(8)]);
    ingester.take([batch(9)]);
    ingester.take([batch(13)]);
    expect(gaps).toEqual([3]);
  });

  test('is to be tried again when nothing can be stored', () => {
    const { store, ingester, batch, schemas } = setUp();
    ingester.take([schemas]);
    store.broken = new Fault('unavailable', 'database or disk is full', { retry: true });
    const again = { ok: false, code: 'unavailable', retry: true };
    expect(ingester.take([batch(1), schemas])).toMatchObject([again, again]);
    store.broken = undefined;
    store.full = true;
    expect(ingester.take([batch(1)])).toMatchObject([
      { ok: false, retry: true, message: expect.stringContaining('store.open-data-size') },
    ]);
  });
});

test('a bug in writing ends the thread: what is on disk and not in memory is not acknowledged', () => {
  const { store, ingester, batch, schemas } = setUp();
  ingester.take([schemas]);
  store.broken = new Error('BUG: half of it is there');
  expect(() => ingester.take([batch(1)])).toThrow('BUG: half of it is there');
});

describe('a remote write', () => {
  const up = (job: string): Record<string, string> => ({ __name__: 'up', job });

  test('is taken, sorted, with its values bit for bit', () => {
    const { store, ingester } = setUp();
    const body = remoteWriteBody([
      {
        labels: [
          ['job', 'j'],
          ['__name__', 'up'],
          ['empty', ''],
        ],
        samples: [
          [NOW_MS, 1],
          [NOW_MS - 5000, NaN],
        ],
      },
      { labels: [['__name__', 'old']], samples: [[0, 0.25]] },
    ]);
    expect(ingester.take([{ kind: 'remote-write', body }])).toEqual([taken(3)]);
    expect(store.writes[0]!.samples).toEqual([
      ['up{job="j"}', NOW_MS, 1],
      ['up{job="j"}', NOW_MS - 5000, NaN],
      ['old', 0, 0.25],
    ]);
  });

  test('keeps the good series and names the bad ones', () => {
    const { store, ingester } = setUp();
    const body = remoteWriteBody([
      { labels: Object.entries(up('good')), samples: [[NOW_MS, 1]] },
      { labels: [['job', 'nameless']], samples: [[NOW_MS, 1]] },
      {
        labels: [
          ['__name__', 'twice'],
          ['a', '1'],
          ['a', '2'],
        ],
        samples: [[NOW_MS, 1]],
      },
      {
        labels: Object.entries(up('future')),
        samples: [
          [NOW_MS, 1],
          [NOW_MS + 3_600_000, 1],
        ],
      },
      {
        labels: [
          ['__name__', 'long'],
          ['a', 'x'.repeat(21)],
        ],
        samples: [[NOW_MS, 1]],
      },
      {
        labels: [
          ['__name__', 'm'],
          ['a', '1'],
          ['b', '1'],
          ['c', '1'],
          ['d', '1'],
        ],
        samples: [[NOW_MS, 1]],
      },
    ]);
    const [reply] = ingester.take([{ kind: 'remote-write', body }]);
    expect(reply).toMatchObject({ ok: false, code: 'bad_data', retry: false, samples: 2 });
    for (const part of [
      '5 series',
      'job="nameless"',
      'twice',
      '"a" stands twice',
      'job="future"',
      'ingest.future-limit',
      'ingest.max-label-length',
      'ingest.max-labels',
    ]) {
      expect(reply).toHaveProperty('message', expect.stringContaining(part));
    }
    expect(store.writes[0]!.samples).toEqual([
      ['up{job="good"}', NOW_MS, 1],
      ['up{job="future"}', NOW_MS, 1],
    ]);
  });

  test('random bytes are refused and nothing else happens', () => {
    const { store, ingester } = setUp();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(
          'batch',
          'remote-write',
          'remote-write-2',
          'exposition',
          'schemas',
          'otlp-protobuf',
          'otlp-json',
          'influx',
        ),
        (body, kind) => {
          const [reply] = ingester.take([{ kind, body }]);
          if (reply!.ok) expect(reply!.samples).toBe(0);
          else expect(reply!.code).toMatch(/malformed|too_large|bad_data|unsupported_version/);
        },
      ),
    );
    expect(store.writes).toEqual([]);
  });
});

describe('what others push', () => {
  const tooMany = ['a', 'b', 'c', 'd', 'e'];
  const gauge = (name: string, timeUnixNano: string, keys: readonly string[] = []) => ({
    name,
    gauge: {
      dataPoints: [
        { timeUnixNano, asInt: '7', attributes: keys.map((key) => ({ key, value: { stringValue: '1' } })) },
      ],
    },
  });
  const metrics = [
    gauge('m', `${NOW_MS}000000`),
    gauge('n', `${NOW_MS + 600_001}000000`),
    gauge('o', `${NOW_MS}000000`, tooMany),
  ];
  const request = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
  const labelled = `o,${tooMany.map((key) => `${key}=1`).join()} value=7`;
  const lines = Buffer.from(`m value=7i,text="a"\nn value=7 ${NOW_MS + 600_001}\n${labelled}`);

  test.each<[BodyKind, Uint8Array, number]>([
    ['otlp-protobuf', otlpProtobuf(request), 0],
    ['otlp-json', Buffer.from(JSON.stringify(request)), 0],
    ['influx', lines, 1],
  ])('%s: the good part is taken', (kind, body, skipped) => {
    const { store, ingester } = setUp();
    const [reply] = ingester.take([{ kind, body, parameters: [['precision', 'ms']] }]);
    expect(reply).toMatchObject({ ok: false, code: 'bad_data', samples: 1, refused: 2, skipped });
    expect(reply).toHaveProperty('message', expect.stringContaining('ingest.future-limit'));
    expect(reply).toHaveProperty('message', expect.stringContaining('ingest.max-labels'));
    expect(store.writes.map(({ samples }) => samples)).toEqual([[['m', NOW_MS, 7]]]);
  });
});

describe('text', () => {
  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['', (bytes: Uint8Array) => bytes],
  ])('is taken out of a body in %j, bad parts left out', (encoding, pack) => {
    const { store, ingester } = setUp();
    const text = `a{x="1"} 1\nb{${Array.from({ length: 9 }, (_, i) => `l${i}="1"`).join()}} 2\nc 3 5\nd NaN\n`;
    const body = pack(Buffer.from(text));
    const parameters = [['extra_label', 'job=j']] as const;
    const [reply] = ingester.take([{ kind: 'exposition', body, encoding, parameters }]);
    expect(reply).toMatchObject({
      ok: false,
      samples: 3,
      message: expect.stringContaining('line 2: b{job='),
    });
    expect(store.writes[0]!.samples).toEqual([
      ['a{job="j", x="1"}', NOW_MS, 1],
      ['c{job="j"}', 5, 3],
      ['d{job="j"}', NOW_MS, NaN],
    ]);
  });
});

describe('limits of series', () => {
  const text = (from: number, count: number, more = ''): Buffer =>
    Buffer.from(Array.from({ length: count }, (_, i) => `m{n="${from + i}"${more}} 1\n`).join(''));
  const post = (ingester: Ingester, body: Buffer) => ingester.take([{ kind: 'exposition', body }])[0]!;

  test.each([
    ['ingest.max-series', { maxSeries: 5 }, ''],
    ['ingest.max-new-series', { maxNewSeries: 5 }, ''],
    ['ingest.max-series-per-target', { maxSeriesPerTarget: 5 }, ',instance="i"'],
  ])('%s refuses new series by name, and no known one', (setting, limits, more) => {
    const { store, ingester } = setUp(limits);
    expect(post(ingester, text(0, 5, more))).toEqual(taken(5));
    const reply = post(ingester, text(3, 4, more));
    expect(reply).toMatchObject({ ok: false, code: 'bad_data', retry: false, samples: 2 });
    expect(reply).toHaveProperty('message', expect.stringMatching(/2 lines were refused.*\n.*n="5"/));
    expect(reply).toHaveProperty('message', expect.stringContaining(setting));
    expect(Object.values(ingester.refusedSeries).sort((a, b) => a - b)).toEqual([0, 0, 2]);
    expect(store.seriesCount).toBe(5);
  });

  test('a minute later new series are taken', async () => {
    const { clock, ingester } = setUp({ maxNewSeries: 5 });
    expect(post(ingester, text(0, 6))).toMatchObject({ samples: 5 });
    await clock.advance(60_000);
    expect(post(ingester, text(0, 6))).toEqual(taken(6));
  });

  test('of an agent, frames that need too many are left out of the batch', () => {
    const { store, ingester, batch, schemas } = setUp({ maxSeries: 1 });
    ingester.take([schemas]);
    const [reply] = ingester.take([batch(1)]);
    expect(reply).toMatchObject({ ok: false, code: 'bad_data', retry: false, samples: 0 });
    expect(reply).toHaveProperty('message', expect.stringMatching(/1 frames.*\n.*ingest\.max-series\b/));
    expect(store.writes[0]).toMatchObject({ batch: { sequence: 1, omitted: [0] }, samples: [] });
  });

  test('numbers that the store has given up are not used again', () => {
    const { store, ingester } = setUp();
    post(ingester, text(0, 3));
    store.forget();
    post(ingester, text(2, 1));
    expect(store.writes.at(-1)!.samples).toEqual([['m{n="2"}', NOW_MS, 1]]);
  });
});
