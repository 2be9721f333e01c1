import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { ask, runAggregator } from './running.fake.ts';

const AT_MS = 1_767_225_600_000;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const { status, headers } = response;
  return { status, body: text === '' ? '' : (JSON.parse(text) as unknown), headers };
}

const post = (
  url: string,
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer> => send(url, { method: 'POST', body, headers });

test('lines are stored as their parameters say', async () => {
  const url = await runAggregator();
  const taken = { status: 204, body: '' };
  expect(await post(`${url}/write?db=telegraf`, `cpu,host=a usage=1.5 ${AT_MS}000000`)).toMatchObject(taken);
  const gzip = gzipSync(`cpu,host=b usage=2 ${AT_MS / 1000}`);
  expect(
    await post(`${url}/api/v2/write?org=o&bucket=b&precision=s`, gzip, { 'content-encoding': 'gzip' }),
  ).toMatchObject(taken);
  // A client that names no type at all.
  const untyped = new Blob([`cpu,host=c usage=3 ${AT_MS}`]).stream();
  const streamed: RequestInit = { method: 'POST', body: untyped, duplex: 'half' };
  expect(await send(`${url}/write?precision=ms`, streamed)).toMatchObject(taken);
  expect(await ask(url, 'cpu_usage', AT_MS)).toEqual({
    '{"__name__":"cpu_usage","db":"telegraf","host":"a"}': '1.5',
    '{"__name__":"cpu_usage","host":"b"}': '2',
    '{"__name__":"cpu_usage","host":"c"}': '3',
  });
  const before = Date.parse(
    (await post(`${url}/write`, 'now value=1,text="a"')).headers.get('date') as string,
  );
  expect(await ask(url, 'now', before + 2000)).toEqual({ '{"__name__":"now"}': '1' });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('binnacle_ingest_samples_total{source="influx"} 4');
  expect(metrics).toContain('binnacle_ingest_skipped_values_total{source="influx"} 1');
});

test('a bad line is named by its number, the others are taken', async () => {
  const url = await runAggregator();
  const error =
    'partial write: 1 lines were refused, the others taken:\nline 2: field "x": "?" is no value dropped=1';
  const { status, body } = await post(`${url}/write?precision=ms`, `m x=1 ${AT_MS}\nm x=?\nm y=2 ${AT_MS}`);
  expect([status, body]).toEqual([400, { error, code: 'invalid', message: error }]);
  expect(await ask(url, '{__name__=~"m_.*"}', AT_MS)).toEqual({
    '{"__name__":"m_x"}': '1',
    '{"__name__":"m_y"}': '2',
  });
});

test.each([
  ['precision=y', 'm x=1', {}, 400, 'the precision "y"'],
  ['', 'm x=1', { 'content-encoding': 'br' }, 415, '"br" is not one of gzip, '],
  ['', 'x'.repeat(2000), {}, 413, 'too large'],
])('%s %j %j is refused with %i', async (parameters, lines, headers, expected, error) => {
  const url = await runAggregator({ maxBodyBytes: 1000 });
  const answer = await post(`${url}/write?${parameters}`, lines, headers);
  expect(answer.status).toBe(expected);
  expect(answer.body).toHaveProperty('error', expect.stringContaining(error));
});

test('who comes when nothing can be stored is told to come again', async () => {
  const url = await runAggregator({ queueBytes: 0 });
  const { status, headers, body } = await post(`${url}/write`, 'm x=1');
  expect([status, headers.get('retry-after')]).toEqual([503, '5']);
  expect(body).toHaveProperty('error', expect.stringContaining('ingest.queue-size'));
});

test('what clients ask before they write is answered', async () => {
  const url = await runAggregator();
  for (const method of ['GET', 'HEAD']) {
    const { status, headers } = await send(`${url}/ping`, { method });
    expect([status, headers.get('x-influxdb-version')]).toEqual([204, '1.8.0']);
  }
  const ok = { results: [{ statement_id: 0 }] };
  const create = 'CREATE DATABASE "telegraf"';
  expect((await send(`${url}/query?q=${encodeURIComponent(create)}`)).body).toEqual(ok);
  const { body, headers } = await send(`${url}/query`, {
    method: 'POST',
    body: new URLSearchParams({ q: create }),
  });
  expect(body).toEqual(ok);
  expect(headers.get('x-influxdb-version')).toBe('1.8.0');
  const two = `${create}; CREATE RETENTION POLICY "d" ON k8s DURATION 0d REPLICATION 1 DEFAULT;`;
  expect((await send(`${url}/query?q=${encodeURIComponent(two)}`)).body).toEqual({
    results: [{ statement_id: 0 }, { statement_id: 1 }],
  });
  for (const [q, error] of [
    ['SELECT 1', 'is asked by PromQL'],
    ['DROP DATABASE x', 'is not answered here'],
    ['', 'missing required parameter'],
  ]) {
    const answer = await send(`${url}/query?q=${encodeURIComponent(q as string)}`);
    expect(answer.status).toBe(400);
    expect(answer.body).toHaveProperty('error', expect.stringContaining(error as string));
  }
});
