import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { createApi as apiOf, createAsk } from './client.ts';
import type { Api } from './client.ts';

const createApi = (fetch: typeof globalThis.fetch, base: string): Api => apiOf(createAsk(fetch, base));

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Seen {
  method: string | undefined;
  url: string | undefined;
  body: string;
}

/** A real server that gives one answer and remembers what it was asked. */
async function serve(answer: {
  status?: number;
  type?: string;
  body: string;
}): Promise<{ base: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, body });
      response.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'application/json' });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/deep/path/?view=x`, seen };
}

const VECTOR = JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } });
const WINDOW = { startSeconds: 10, endSeconds: 30, stepSeconds: 5 };

test('addresses lie below the page, whatever its path', async () => {
  const { base, seen } = await serve({ body: VECTOR });
  await createApi(fetch, base).query('up{a="b"}', 12);
  await createApi(fetch, base).queryRange('up', WINDOW);
  expect(seen.map(({ url }) => url)).toEqual([
    '/deep/path/api/v1/query?query=up%7Ba%3D%22b%22%7D&time=12',
    '/deep/path/api/v1/query_range?query=up&start=10&end=30&step=5',
  ]);
});

test('a long question goes in the body', async () => {
  const { base, seen } = await serve({ body: VECTOR });
  const long = `up{a="${'x'.repeat(3000)}"}`;
  await createApi(fetch, base).query(long, 12);
  expect(seen[0]).toMatchObject({ method: 'POST', url: '/deep/path/api/v1/query' });
  expect(new URLSearchParams(seen[0]?.body).get('query')).toBe(long);
});

test("an error's text is the API's, whatever its status", async () => {
  const body = JSON.stringify({
    status: 'error',
    errorType: 'execution',
    error: 'limit of 50000000 samples',
  });
  const { base } = await serve({ status: 422, body });
  await expect(createApi(fetch, base).query('up', 1)).rejects.toMatchObject({
    code: 'execution',
    message: 'limit of 50000000 samples',
  });
});

test('a page of a proxy is named', async () => {
  const { base } = await serve({
    status: 502,
    type: 'text/html; charset=utf-8',
    body: '<h1>Bad Gateway</h1>',
  });
  await expect(createApi(fetch, base).query('up', 1)).rejects.toMatchObject({
    code: 'unreadable',
    retry: true,
    message: 'api/v1/query answered 502 with text/html instead of JSON',
  });
});

test('a part that is not there is told from an error', async () => {
  const body = JSON.stringify({ status: 'error', errorType: 'not_found', error: 'there is nothing' });
  const { base, seen } = await serve({ status: 404, body });
  await expect(createAsk(fetch, base)('api/logs/labels', new URLSearchParams())).rejects.toMatchObject({
    code: 'absent',
    message: 'This server has no api/logs/labels',
  });
  expect(seen[0]?.url).toBe('/deep/path/api/logs/labels');
});

test('nobody there', async () => {
  const { base } = await serve({ body: VECTOR });
  for (const close of closers.splice(0)) close();
  await expect(createApi(fetch, base).query('up', 1)).rejects.toMatchObject({
    code: 'unreachable',
    retry: true,
  });
});

test('a call that is called off rejects with AbortError', async () => {
  const { base } = await serve({ body: VECTOR });
  const abort = new AbortController();
  const asked = createApi(fetch, base).query('up', 1, abort.signal);
  abort.abort();
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
});

test('label values are cut at the limit even if the server does not know it', async () => {
  const { base, seen } = await serve({ body: JSON.stringify({ status: 'success', data: ['a', 'b', 'c'] }) });
  const values = await createApi(fetch, base).labelValues('__name__', { match: '{a!=""}', limit: 2 });
  expect(values).toEqual(['a', 'b']);
  expect(seen[0]?.url).toBe(
    '/deep/path/api/v1/label/__name__/values?limit=2&match%5B%5D=%7Ba%21%3D%22%22%7D',
  );
});
