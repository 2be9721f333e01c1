import { afterAll, beforeAll, expect, test } from 'vitest';

import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { snappyEncode } from '../../lib/snappy-encode.ts';
import { snappyDecode } from '../../lib/snappy.ts';
import { readHistogram } from '../ingest/native-histogram.ts';
import { remoteWriteBody } from '../ingest/remote-write.fake.ts';
import { FakeAggregator } from './asking.fake.ts';

const AT_MS = 1_700_000_000_000;
const STALE = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);

const aggregator = new FakeAggregator();
beforeAll(async () => {
  await aggregator.start();
  const at = (i: number): number => AT_MS + i * 15_000;
  await aggregator.push(
    `one{x="b"} 1 ${at(0)}\none{x="b"} -2.5 ${at(1)}\none{x="b"} +Inf ${at(2)}\none{x="a"} 7 ${at(0)}\ntwo 9 ${at(0)}\n`,
  );
  const histogram = {
    atMs: at(1),
    count: 9,
    sum: 12.5,
    schema: 1,
    zeroCount: 2,
    positiveSpans: [[-2, 2] as const, [3, 1] as const],
    positiveDeltas: [1, 1, 0],
    negativeSpans: [[0, 1] as const],
    negativeDeltas: [2],
  };
  const body = remoteWriteBody([
    { labels: [['__name__', 'latency']], samples: [], histograms: [histogram, { atMs: at(2), sum: STALE }] },
  ]);
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  const written = await fetch(`${aggregator.url}/api/v1/write`, { method: 'POST', headers, body });
  expect(written.status).toBe(204);
});
afterAll(() => aggregator.stop());

interface Query {
  readonly from?: number;
  readonly to?: number;
  readonly matchers: readonly (readonly [type: number, name: string, value: string])[];
}

function readRequest(queries: readonly Query[], types: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const request = new ProtobufWriter();
  for (const { from = AT_MS, to = AT_MS + 60_000, matchers } of queries) {
    const query = new ProtobufWriter();
    query.uint(1, from);
    query.uint(2, to);
    for (const [type, name, value] of matchers) {
      const matcher = new ProtobufWriter();
      matcher.uint(1, type);
      matcher.text(2, name);
      matcher.text(3, value);
      query.block(3, matcher.bytes());
    }
    // Hints: passed over.
    query.block(4, new Uint8Array([8, 1]));
    request.block(1, query.bytes());
  }
  for (const type of types) request.uint(2, type);
  return snappyEncode(request.bytes());
}

const HEADERS = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };

async function ask(
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = HEADERS,
): Promise<Response> {
  return fetch(`${aggregator.url}/api/v1/read`, { method: 'POST', headers, body });
}

/** `[labels, [time, value][]][]` of each query; a histogram's value is the histogram. */
async function read(response: Response): Promise<[string, [number, unknown][]][][]> {
  expect(response.status, 'status').toBe(200);
  expect(response.headers.get('content-encoding')).toBe('snappy');
  expect(response.headers.get('content-type')).toBe('application/x-protobuf');
  const message = new ProtobufReader(snappyDecode(new Uint8Array(await response.arrayBuffer()), 1 << 24));
  const results: [string, [number, unknown][]][][] = [];
  while (message.next()) results.push(readResult(message.message()));
  return results;
}

function readResult(result: ProtobufReader): [string, [number, unknown][]][] {
  const series: [string, [number, unknown][]][] = [];
  while (result.next()) {
    const one = result.message();
    const labels: string[] = [];
    const samples: [number, unknown][] = [];
    while (one.next()) {
      if (one.field === 4) {
        const { atMs, histogram } = readHistogram(one.message(), 100);
        samples.push([atMs - AT_MS, histogram]);
        continue;
      }
      const fields = one.message();
      let [first, second]: [number, string | number] = [0, 0];
      while (fields.next()) {
        if (one.field === 1) labels.push(fields.text());
        else if (fields.field === 1) first = fields.double();
        else second = fields.int64();
      }
      if (one.field === 2) samples.push([second - AT_MS, first]);
    }
    series.push([labels.join(','), samples]);
  }
  return series;
}

test('samples of each query, series in order', async () => {
  const queries = [
    { matchers: [[0, '__name__', 'one']] },
    {
      matchers: [
        [2, '__name__', 'one|two'],
        [3, 'x', 'a.*'],
      ],
      to: AT_MS,
    },
    { matchers: [[0, '__name__', 'nothing']] },
    {
      matchers: [
        [1, 'x', ''],
        [0, 'x', 'a'],
      ],
    },
  ] as const;
  expect(await read(await ask(readRequest(queries, [1, 0])))).toEqual([
    [
      ['__name__,one,x,a', [[0, 7]]],
      [
        '__name__,one,x,b',
        [
          [0, 1],
          [15_000, -2.5],
          [30_000, Infinity],
        ],
      ],
    ],
    [
      ['__name__,one,x,b', [[0, 1]]],
      ['__name__,two', [[0, 9]]],
    ],
    [],
    [['__name__,one,x,a', [[0, 7]]]],
  ]);
});

test('native histograms', async () => {
  const [result] = await read(await ask(readRequest([{ matchers: [[0, '__name__', 'latency']] }])));
  expect(result).toEqual([
    [
      '__name__,latency',
      [
        [
          15_000,
          expect.objectContaining({
            schema: 1,
            count: 9,
            sum: 12.5,
            zeroCount: 2,
            positive: [
              [-2, 1],
              [-1, 2],
              [3, 2],
            ],
            negative: [[0, 2]],
          }),
        ],
        [30_000, expect.objectContaining({ sum: NaN })],
      ],
    ],
  ]);
});

test.each([
  ['only chunks', readRequest([], [1]), HEADERS, 400],
  ['a wrong expression', readRequest([{ matchers: [[2, 'x', '(']] }]), HEADERS, 400],
  ['an unknown operator', readRequest([{ matchers: [[9, 'x', 'y']] }]), HEADERS, 400],
  ['what is no protobuf', snappyEncode(Uint8Array.of(255, 255)), HEADERS, 400],
  ['what is not packed', Uint8Array.of(255, 255, 255), HEADERS, 400],
  ['another packing', readRequest([]), { ...HEADERS, 'content-encoding': 'gzip' }, 400],
  ['another type', readRequest([]), { ...HEADERS, 'content-type': 'text/plain' }, 415],
])('refuses %s', async (_what, body, headers, status) => {
  const response = await ask(body, headers);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(await response.json()).toMatchObject({ status: 'error' });
});
