import { request } from 'node:http';
import { connect } from 'node:net';

import { Counter, Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';

import { createHttpServer, listen, type HealthCheck } from './http.ts';
import { silentLog } from './log.ts';

async function serve(token?: string, checks: HealthCheck[] = []): Promise<string> {
  const registry = new Registry();
  new Counter({ name: 'seen_total', help: 'x', registers: [registry] }).inc(3);
  const server = createHttpServer({
    token,
    maxBodyBytes: 1000,
    registry,
    log: silentLog,
    checks: () => checks,
  });
  server.post('/echo', async (incoming) => incoming.body);
  server.get('/large', async () => ({ text: 'large '.repeat(500_000) }));
  server.get('/broken', async () => {
    throw new Error('BUG: broken');
  });
  onTestFinished(() => server.close());
  return listen(server, { host: '127.0.0.1', port: 0 });
}

/** Status, headers and body of a GET with a `Host` and an `Authorization` of one's own. */
function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

test.each([
  [{}, 401],
  [{ authorization: 'Bearer wrong' }, 401],
  [{ authorization: 'Bearer s3cret' }, 200],
  [{ authorization: 'bearer s3cret' }, 200],
  [{ authorization: basic('anyone:s3cret') }, 200],
  [{ authorization: basic('s3cret:wrong') }, 401],
  [{ authorization: 'Bearer s3cre' }, 401],
  [{ authorization: '' }, 401],
])('with a token, %j is answered %i', async (headers, status) => {
  const url = await serve('s3cret');
  expect((await get(`${url}/metrics`, headers as Record<string, string>)).status).toBe(status);
});

test('large answers are packed while they are sent', async () => {
  const response = await fetch(`${await serve()}/large`);
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(((await response.json()) as { text: string }).text).toBe('large '.repeat(500_000));
  const plain = await fetch(`${await serve()}/large`, { headers: { 'accept-encoding': 'identity' } });
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect((await plain.arrayBuffer()).byteLength).toBeGreaterThan(3_000_000);
});

test('probes need no token and tell no secret', async () => {
  const url = await serve('s3cret');
  for (const path of ['/livez', '/readyz', '/healthz', '/-/healthy', '/-/ready'])
    expect((await get(url + path)).status).toBe(200);
});

test.each([
  ['127.0.0.1', 200],
  ['localhost', 200],
  ['[::1]', 200],
  ['192.168.7.7', 200],
  ['evil.example', 421],
  ['LOCALHOST', 200],
  ['localhost.evil.example', 421],
  ['127.0.0.1.evil.example', 421],
])('without a token, a request for the name %s is answered %i', async (host, status) => {
  const url = await serve();
  expect((await get(`${url}/metrics`, { host })).status).toBe(status);
});

test('probes say which check fails and why; /livez asks the live ones alone', async () => {
  const checks: HealthCheck[] = [
    { name: 'thread', kind: 'live', run: () => undefined },
    { name: 'store', kind: 'ready', run: () => 'the disk is full' },
  ];
  const url = await serve(undefined, checks);
  expect(await get(`${url}/livez`)).toEqual({ status: 200, body: '[+]thread ok\nlivez check passed\n' });
  expect(await get(`${url}/readyz`)).toEqual({
    status: 503,
    body: '[+]thread ok\n[-]store failed: the disk is full\nreadyz check failed\n',
  });
  checks.pop();
  expect((await get(`${url}/readyz`)).status).toBe(200);
});

test('metrics are those of the registry that was given', async () => {
  expect((await get(`${await serve()}/metrics`)).body).toContain('seen_total 3');
});

test('a bug is a 500 and the server lives; unknown paths and too large bodies are told', async () => {
  const url = await serve();
  expect(await get(`${url}/broken`)).toMatchObject({
    status: 500,
    body: expect.stringContaining('BUG: broken'),
  });
  expect(await get(`${url}/nothing`)).toMatchObject({
    status: 404,
    body: expect.stringContaining('GET /nothing'),
  });
  const badUrl = await get(`${url}/%ff`);
  expect(badUrl.status).toBe(400);
  expect(JSON.parse(badUrl.body)).toMatchObject({ status: 'error', errorType: 'bad_data' });
  const large = await fetch(`${url}/echo`, {
    method: 'POST',
    body: JSON.stringify('x'.repeat(2000)),
    headers: { 'content-type': 'application/json' },
  });
  expect(large.status).toBe(413);
  expect((await get(`${url}/livez`)).status).toBe(200);
});

test('every answer keeps the page to itself', async () => {
  const url = await serve('s3cret');
  for (const path of ['/livez', '/metrics', '/nothing']) {
    const { headers } = await fetch(url + path);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  }
});

test('what is no HTTP is hung up on', async () => {
  const { port } = new URL(await serve());
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.end('\0\0nonsense\r\n\r\n'));
    socket.on('data', (data) => (text += data.toString())).on('close', () => resolve(text));
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});
