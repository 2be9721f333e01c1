import { request as rawRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';

import { beforeAll, afterAll, describe, expect, test } from 'vitest';

import { FakeAggregator } from './asking.fake.ts';

const AT_MS = 1_700_000_000_000;
const AT = String(AT_MS / 1000);

/** 40 series of `load` over 11 minutes, a counter with a name of its own, and two targets. */
function exposition(): string {
  const lines: string[] = [];
  for (let i = 0; i <= 44; i++) {
    const atMs = AT_MS - 660_000 + i * 15_000;
    for (let n = 0; n < 40; n++)
      lines.push(`load{host="h${n % 4}",number="${String(n).padStart(2, '0')}"} ${n + i} ${atMs}`);
    lines.push(`{"http.requests","http.method"="GET"} ${i * 3} ${atMs}`);
    lines.push(`up{job="node",instance="a:9100"} 1 ${atMs}`, `up{job="node",instance="b:9100"} 0 ${atMs}`);
  }
  return `${lines.join('\n')}\n`;
}

const aggregator = new FakeAggregator();
beforeAll(async () => {
  await aggregator.start();
  await aggregator.push(exposition());
});
afterAll(() => aggregator.stop());

const get = (path: string, parameters: Record<string, string> | [string, string][] = {}) =>
  aggregator.get(path, parameters);

describe('query and query_range', () => {
  test('a posted form asks as the address does', async () => {
    const form = { query: 'sum(load)', time: AT };
    const posted = await aggregator.post('/api/v1/query', form);
    expect(posted).toEqual(await get('/api/v1/query', form));
    expect(posted.body).toEqual({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [AT_MS / 1000, '2540'] }] },
    });
    const range = { query: 'sum(load)', start: String(AT_MS / 1000 - 60), end: AT, step: '15' };
    expect(await aggregator.post('/api/v1/query_range', range)).toEqual(
      await get('/api/v1/query_range', range),
    );
  });

  test.each([
    ['/api/v1/query', { query: 'load', time: AT, limit: '3' }],
    ['/api/v1/query_range', { query: 'load', start: AT, end: AT, step: '15', limit: '3' }],
    ['/api/v1/query', { query: 'load[1m]', time: AT, limit: '3' }],
  ])('%s %j tells the first series and that there are more', async (path, parameters) => {
    const { status, body } = await get(path, parameters);
    expect(status).toBe(200);
    expect(body.data.result).toHaveLength(3);
    expect(body.warnings).toEqual(['results truncated due to limit']);
    const { body: all } = await get(path, { ...parameters, limit: '40' });
    expect(all.data.result).toHaveLength(40);
    expect(all.warnings).toBeUndefined();
  });

  test('lookback_delta says how old a sample may be', async () => {
    const time = String(AT_MS / 1000 + 100);
    const count = async (parameters: Record<string, string>) =>
      (await get('/api/v1/query', { query: 'count(load)', time, ...parameters })).body.data.result.length;
    expect(await count({})).toBe(1);
    expect(await count({ lookback_delta: '90' })).toBe(0);
    expect(await count({ lookback_delta: '2m' })).toBe(1);
    for (const lookback_delta of ['0', '-5', 'soon']) {
      const { status, body } = await get('/api/v1/query', { query: 'load', time, lookback_delta });
      expect([status, body.errorType]).toEqual([400, 'bad_data']);
      expect(body.error).toContain('lookback_delta');
    }
  });

  test('stats tell what the query cost', async () => {
    const { body } = await get('/api/v1/query', { query: 'sum(load)', time: AT, stats: 'all' });
    expect(body.data.stats).toEqual({
      timings: { evalTotalTime: expect.any(Number), execTotalTime: expect.any(Number) },
      samples: { totalQueryableSamples: expect.any(Number), peakSamples: expect.any(Number) },
    });
    expect(body.data.stats.samples.peakSamples).toBeGreaterThan(40);
    expect((await get('/api/v1/query', { query: '1', time: AT })).body.data.stats).toBeUndefined();
  });

  test.each([
    ['/api/v1/query', {}, 400, 'bad_data', '"query"'],
    ['/api/v1/query', { query: 'sum(load' }, 400, 'bad_data', '1:9: parse error'],
    ['/api/v1/query', { query: 'a\n + rate(load)' }, 400, 'bad_data', '2:9: parse error'],
    ['/api/v1/query', { query: 'load', time: 'noon' }, 400, 'bad_data', '"time"'],
    ['/api/v1/query', { query: 'load', timeout: 'soon' }, 400, 'bad_data', '"timeout"'],
    ['/api/v1/query', { query: 'load', limit: '-1' }, 400, 'bad_data', '"limit"'],
    ['/api/v1/query', { query: 'load + on (host) load', time: AT }, 422, 'execution', 'many-to-many'],
    ['/api/v1/query_range', { query: 'load', start: AT, end: AT }, 400, 'bad_data', '"step"'],
    [
      '/api/v1/query_range',
      { query: 'load', start: AT, end: AT, step: '0' },
      400,
      'bad_data',
      'zero or negative',
    ],
    [
      '/api/v1/query_range',
      { query: 'load', start: AT, end: '1', step: '1' },
      400,
      'bad_data',
      'end timestamp',
    ],
    [
      '/api/v1/query_range',
      { query: 'load', start: '0', end: AT, step: '1' },
      400,
      'bad_data',
      '11000 points',
    ],
    ['/api/v1/query_range', { query: '"text"', start: AT, end: AT, step: '1' }, 400, 'bad_data', 'string'],
    ['/api/v1/series', {}, 400, 'bad_data', 'match[]'],
    ['/api/v1/series', { 'match[]': '{}' }, 400, 'bad_data', 'non-empty matcher'],
    ['/api/v1/series', { 'match[]': 'rate(load[5m])' }, 400, 'bad_data', 'match[]'],
    ['/api/v1/labels', { 'match[]': '{host=~"("}' }, 400, 'bad_data', '1:1: parse error'],
    ['/api/v1/nothing', {}, 404, 'not_found', '/api/v1/nothing'],
  ])('%s %j is %i', async (path, parameters, status, errorType, part) => {
    const answer = await get(path, parameters);
    expect(answer.status).toBe(status);
    expect(answer.type).toBe('application/json; charset=utf-8');
    expect(answer.body).toMatchObject({ status: 'error', errorType, error: expect.stringContaining(part) });
  });

  test('time that is up is 503', async () => {
    const query = `sum_over_time(load[600s:1s])${' + sum_over_time(load[600s:1s])'.repeat(40)}`;
    const { status, body } = await get('/api/v1/query_range', {
      query,
      start: String(AT_MS / 1000 - 600),
      end: AT,
      step: '1',
      timeout: '1ms',
    });
    expect([status, body.errorType]).toEqual([503, 'timeout']);
  });
});

describe('series, labels and their values', () => {
  test('of some time and of selectors', async () => {
    const { body } = await get('/api/v1/series', [
      ['match[]', 'load{number=~"0[01]"}'],
      ['match[]', 'load{number="01"}'],
      ['start', AT],
    ]);
    expect(body).toEqual({
      status: 'success',
      data: [
        { __name__: 'load', host: 'h0', number: '00' },
        { __name__: 'load', host: 'h1', number: '01' },
      ],
    });
    const later = { 'match[]': 'load', start: String(AT_MS / 1000 + 1) };
    expect((await get('/api/v1/series', later)).body.data).toEqual([]);
    expect((await get('/api/v1/labels', { 'match[]': 'load' })).body.data).toEqual([
      '__name__',
      'host',
      'number',
    ]);
    expect((await get('/api/v1/label/__name__/values')).body.data).toEqual(['http.requests', 'load', 'up']);
  });

  test('a name that needs it comes escaped', async () => {
    expect((await get('/api/v1/label/U__http_2e_method/values')).body.data).toEqual(['GET']);
    expect((await get('/api/v1/label/http.method/values')).body.data).toEqual(['GET']);
    expect(
      (await get('/api/v1/label/U__number/values', { 'match[]': 'load{host="h3"}' })).body.data,
    ).toHaveLength(10);
  });

  test.each(['/api/v1/series', '/api/v1/labels', '/api/v1/label/number/values'])(
    '%s has a limit',
    async (path) => {
      const parameters = { 'match[]': 'load', limit: '2' };
      const { body } = await aggregator.post(path, parameters);
      expect(body.data).toHaveLength(2);
      expect(body.warnings).toEqual(['results truncated due to limit']);
      expect((await get(path, { 'match[]': 'load', limit: '0' })).body.warnings).toBeUndefined();
    },
  );
});

test('answers are packed for whoever takes gzip', async () => {
  const path = `/api/v1/query?query=load[10m]&time=${AT}`;
  const plain = await raw(path, {});
  const packed = await raw(path, { 'accept-encoding': 'gzip' });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
  expect(packed.body.length).toBeLessThan(plain.body.length / 4);
  expect(gunzipSync(packed.body).toString()).toBe(plain.body.toString());
});

test('pages from elsewhere may not read', async () => {
  const { headers } = await raw('/api/v1/labels', { origin: 'https://elsewhere.example' });
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
});

function raw(path: string, headers: Record<string, string>) {
  return new Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }>((resolve, reject) => {
    rawRequest(`${aggregator.url}${path}`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });
}
