import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { otlpProtobuf, type FakeMetric, type FakeOtlp } from '../ingest/otlp.fake.ts';
import { ask, runAggregator } from './running.fake.ts';

const AT_MS = 1_767_225_600_000;
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const metric = (name: string, temporality: number): FakeMetric => ({
  name,
  sum: {
    aggregationTemporality: temporality,
    isMonotonic: true,
    dataPoints: [{ timeUnixNano: `${AT_MS}000000`, asInt: '5' }],
  },
});
const request = (...metrics: FakeMetric[]): FakeOtlp => ({
  resourceMetrics: [{ scopeMetrics: [{ metrics }] }],
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly retryAfter: string | null;
  readonly body: Buffer;
}

async function post(url: string, body: Uint8Array, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${url}/v1/metrics`, { method: 'POST', body: Buffer.from(body), headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    retryAfter: response.headers.get('retry-after'),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** Field 1, a number, and field 2, a text. */
function numberAndText(message: ProtobufReader): [number, string] {
  const read: [number, string] = [0, ''];
  while (message.next()) {
    if (message.field === 1) read[0] = message.int64();
    else read[1] = message.text();
  }
  return read;
}

test('metrics in both encodings, packed and not, are stored', async () => {
  const url = await runAggregator();
  const sent = [
    [otlpProtobuf(request(metric('a', 2))), { 'content-type': PROTOBUF }],
    [
      gzipSync(otlpProtobuf(request(metric('b', 2)))),
      { 'content-type': PROTOBUF, 'content-encoding': 'gzip' },
    ],
    [Buffer.from(JSON.stringify(request(metric('c', 2)))), { 'content-type': `${JSON_TYPE}; charset=utf-8` }],
    [
      gzipSync(JSON.stringify(request(metric('d', 2)))),
      { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' },
    ],
  ] as const;
  for (const [body, headers] of sent) {
    const { status, type, body: answer } = await post(url, body, headers);
    const json = headers['content-type'].startsWith(JSON_TYPE);
    expect([status, type, answer.toString()]).toEqual([
      200,
      expect.stringMatching(json ? JSON_TYPE : PROTOBUF),
      json ? '{}' : '',
    ]);
  }
  expect(await ask(url, 'sum by (__name__) ({__name__=~".+"})', AT_MS)).toEqual(
    Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`{"__name__":"${name}_total"}`, '5'])),
  );
});

test('an answer is in the encoding of the request and names what was not taken', async () => {
  const url = await runAggregator();
  const some = request(metric('good', 2), metric('bad', 1));
  const errorMessage =
    '1 points were refused, the others taken:\nbad: a sum of deltas is not taken: set the exporter to cumulative temporality';
  const json = await post(url, Buffer.from(JSON.stringify(some)), { 'content-type': JSON_TYPE });
  expect(json.status).toBe(200);
  expect(JSON.parse(json.body.toString())).toEqual({
    partialSuccess: { rejectedDataPoints: '1', errorMessage },
  });
  const protobuf = await post(url, otlpProtobuf(some), { 'content-type': PROTOBUF });
  expect([protobuf.status, protobuf.type]).toEqual([200, PROTOBUF]);
  const response = new ProtobufReader(protobuf.body);
  expect([response.next(), response.field]).toEqual([true, 1]);
  expect(numberAndText(response.message())).toEqual([1, errorMessage]);
  expect(response.next()).toBe(false);
  expect(await ask(url, 'good_total', AT_MS)).toEqual({ '{"__name__":"good_total"}': '5' });
});

test('a body that can not be read is told so by a google.rpc.Status', async () => {
  const url = await runAggregator({ maxBodyBytes: 1000 });
  const status = async (
    body: string | Uint8Array,
    headers: Record<string, string>,
  ): Promise<[number, number, string]> => {
    const answer = await post(url, Buffer.from(body), headers);
    if (answer.type?.startsWith(JSON_TYPE)) {
      const { code, message } = JSON.parse(answer.body.toString()) as { code: number; message: string };
      return [answer.status, code, message];
    }
    expect(answer.type).toBe(PROTOBUF);
    return [answer.status, ...numberAndText(new ProtobufReader(answer.body))];
  };
  const json = { 'content-type': JSON_TYPE };
  const protobuf = { 'content-type': PROTOBUF };
  const containing = (text: string): unknown => expect.stringContaining(text);
  expect(await status('{"resourceMetrics":1}', json)).toEqual([400, 3, 'resourceMetrics is 1, not an array']);
  expect(await status('{', json)).toEqual([400, 3, containing('not JSON')]);
  expect(await status('\u000a\u007f', protobuf)).toEqual([
    400,
    3,
    containing('not the protobuf that was expected'),
  ]);
  expect(await status(new Uint8Array(2000), protobuf)).toEqual([413, 3, containing('too large')]);
  expect(await status(gzipSync(new Uint8Array(2000)), { ...protobuf, 'content-encoding': 'gzip' })).toEqual([
    413,
    3,
    containing('larger than 1000 bytes when decompressed'),
  ]);
  expect(await status('x', { ...json, 'content-encoding': 'br' })).toEqual([
    415,
    3,
    containing('"br" is not one of gzip, '),
  ]);
  expect(await status('x', { 'content-type': 'text/plain' })).toEqual([415, 3, containing('text/plain')]);
});

test('who comes when nothing can be stored is told to come again', async () => {
  const url = await runAggregator({ queueBytes: 0 });
  const body = Buffer.from(JSON.stringify(request(metric('a', 2))));
  const { status, retryAfter, body: answer } = await post(url, body, { 'content-type': JSON_TYPE });
  expect([status, retryAfter]).toEqual([503, '5']);
  expect(JSON.parse(answer.toString())).toEqual({
    code: 14,
    message: expect.stringContaining('ingest.queue-size'),
  });
});
