import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { SettingsOf } from '../../lib/settings.ts';
import { encodeSchemas } from '../../wire/batch.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { otlpProtobuf } from '../ingest/otlp.fake.ts';
import {
  remoteWriteBody,
  remoteWriteMessage2,
  snappyLiteral,
  type FakeHistogram,
  type FakeSeries2,
} from '../ingest/remote-write.fake.ts';
import { startAggregator } from '../main.ts';
import { aggregatorSettings } from '../settings.ts';

const AT_MS = 1_767_225_600_000;
const SERIES = { labels: [['__name__', 'm']], samples: [[AT_MS, 1]] } as const;
const PROTOBUF = 'application/x-protobuf';
const V1 = `${PROTOBUF};proto=prometheus.WriteRequest`;
const V2 = `${PROTOBUF};proto=io.prometheus.write.v2.Request`;

interface Asked {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Of the Written headers: samples, histograms, exemplars. */
  readonly written: string;
}

type Send = (path: string, body: Uint8Array | string, headers?: Record<string, string>) => Promise<Asked>;

async function start(
  settings: Partial<SettingsOf<typeof aggregatorSettings>> = {},
): Promise<{ url: string; send: Send }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-ingest-'));
  const defaults = Object.fromEntries(
    Object.entries(aggregatorSettings).map(([name, setting]) => [name, setting.default]),
  ) as SettingsOf<typeof aggregatorSettings>;
  const running = await startAggregator(
    { ...defaults, ...settings, dataDir, queryThreads: 1, listen: { host: '127.0.0.1', port: 0 } },
    { log: silentLog, clock: systemClock, registry: new Registry(), version: '0' },
  );
  onTestFinished(async () => {
    await running.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const { url } = running;
  const send: Send = async (path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: Buffer.from(body), headers });
    const written = ['samples', 'histograms', 'exemplars'].map((what) =>
      response.headers.get(`x-prometheus-remote-write-${what}-written`),
    );
    const { status, headers: answered } = response;
    return { status, text: await response.text(), headers: answered, written: written.join() };
  };
  return { url, send };
}

test('a remote write is read as what its headers say, or not at all', async () => {
  const { send } = await start();
  const body = remoteWriteBody([SERIES]);
  const body2 = snappyLiteral(remoteWriteMessage2([{ ...SERIES, exemplars: 1 }]));
  const write = (headers: Record<string, string>, bytes = body): Promise<Asked> =>
    send('/api/v1/write', bytes, headers);
  const taken = { status: 204, text: '', written: '1,0,0' };
  const refused = (status: number, reason: string): object => ({
    status,
    text: expect.stringContaining(reason),
    written: '0,0,0',
  });
  expect(await write({ 'content-type': PROTOBUF })).toMatchObject(taken);
  expect(await write({ 'content-type': V1, 'content-encoding': 'snappy' })).toMatchObject(taken);
  expect(await write({ 'content-type': V2, 'content-encoding': 'snappy' }, body2)).toMatchObject(taken);
  expect(await write({ 'content-type': V2 }, body)).toMatchObject(refused(400, 'this is remote write 1.0'));
  expect(await write({ 'content-type': V1 }, body2)).toMatchObject(refused(400, 'this is remote write 2.0'));
  expect(await write({ 'content-type': `${PROTOBUF};proto=other.Message` })).toMatchObject(
    refused(415, 'the message other.Message is not taken'),
  );
  expect(await write({ 'content-type': 'text/plain' })).toMatchObject(refused(415, 'text/plain'));
  expect(await write({})).toMatchObject(refused(415, 'the content type \\"\\" is not one of'));
  const brotli = await write({ 'content-type': V2, 'content-encoding': 'br' });
  expect(brotli).toMatchObject(refused(415, 'the content encoding \\"br\\" is not one of'));
  expect(brotli.headers.get('accept-encoding')).toBe('gzip, deflate, zstd, snappy');
});

test('the good part of a remote write 2.0 is kept and counted, the bad one named', async () => {
  const { url, send } = await start();
  const series = (name: string, histograms: readonly FakeHistogram[] = []): FakeSeries2 => ({
    ...SERIES,
    labels: [['__name__', name]],
    histograms,
  });
  const good = { atMs: AT_MS, count: 1, sum: 1, positiveSpans: [[0, 1]], positiveDeltas: [1] } as const;
  const all = [series('kept'), series('heat', [good, { ...good, schema: 9 }]), series('kept_too')];
  const answer = await send('/api/v1/write', snappyLiteral(remoteWriteMessage2(all)), { 'content-type': V2 });
  expect(answer).toMatchObject({
    status: 400,
    text: expect.stringContaining('heat: a native histogram with schema 9'),
    written: '3,1,0',
  });
  const found = await fetch(`${url}/api/v1/query?query=count({__name__=~"kept.*"})&time=${AT_MS / 1000}`);
  expect(await found.text()).toContain(',"2"]');
});

test('what does not fit now is to come again, with nothing written', async () => {
  const { send } = await start({ queueBytes: 1 });
  const answer = await send('/api/v1/write', remoteWriteBody([SERIES]), { 'content-type': PROTOBUF });
  expect(answer).toMatchObject({ status: 503, written: '0,0,0' });
  expect(answer.headers.get('retry-after')).toBe('5');
});

test('every way in takes packed bodies, up to the size that they have unpacked', async () => {
  const maxBodyBytes = 64 * 1024;
  const { send } = await start({ maxBodyBytes });
  const text = Buffer.from('a 1\n');
  const schemas = encodeSchemas([[labelsFrom({ __name__: 'a' })]]);
  const packers = [
    ['identity', (bytes: Uint8Array) => bytes],
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
    ['snappy', snappyLiteral],
  ] as const;
  const bomb = Buffer.alloc(8 * 1024 ** 2, '#');
  for (const [encoding, pack] of packers) {
    const headers = { 'content-encoding': encoding, 'content-type': 'application/octet-stream' };
    const status = async (path: string, bytes: Uint8Array): Promise<number> =>
      (await send(path, pack(bytes), headers)).status;
    expect(await status('/api/v1/import/prometheus', text), encoding).toBe(204);
    expect(await status('/api/v1/agent/schemas', schemas), encoding).toBe(200);
    expect(await status('/api/v1/write', remoteWriteMessage2([])), encoding).toBe(204);
    const binaryOtlp = { ...headers, 'content-type': PROTOBUF };
    const otlp = await send('/v1/metrics', pack(otlpProtobuf({ resourceMetrics: [] })), binaryOtlp);
    expect(otlp.status, encoding).toBe(200);
    expect(await status('/write', Buffer.from('a value=1')), encoding).toBe(204);
    expect((await send('/v1/metrics', pack(bomb), binaryOtlp)).status, `${encoding} OTLP`).toBe(413);
    for (const path of ['/api/v1/import/prometheus', '/api/v1/agent/batches', '/api/v1/write', '/write'])
      expect(await status(path, bomb), `${encoding} ${path}`).toBe(413);
  }
});

test('text is imported, its bad lines named', async () => {
  const { url, send } = await start();
  const path = '/api/v1/import/prometheus?extra_label=job=test&extra_label=zone=%C3%BC';
  const ok = await send(path, gzipSync('a{x="1"} 1\n{"my.metric"} 2\n'), { 'content-encoding': 'gzip' });
  expect(ok).toMatchObject({ status: 204, text: '' });
  expect(await send(path, 'b 3\nc\nd 4\n', { 'content-type': 'text/plain' })).toMatchObject({
    status: 400,
    text: expect.stringContaining('line 2: it has no value'),
  });
  expect(await send(path, '{}', { 'content-type': 'application/json' })).toMatchObject({ status: 415 });
  expect(await send('/api/v1/import/prometheus?extra_label=x', 'a 1')).toMatchObject({
    status: 400,
    text: expect.stringContaining('not name=value'),
  });
  expect(await send(path, '')).toMatchObject({ status: 204 });
  const found = await fetch(`${url}/api/v1/query?query={job="test",zone="ü"}`);
  const { data } = (await found.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  expect(data.result.map(({ metric, value }) => `${metric['__name__']} ${value[1]}`).sort()).toEqual([
    'a 1',
    'b 3',
    'd 4',
    'my.metric 2',
  ]);
});
