import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { httpDeliver } from './http-deliver.ts';
import type { Delivery } from './sender.ts';

async function deliverTo(status: number, answer: string): Promise<Delivery> {
  const server = createServer((_request, response) => response.writeHead(status).end(answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { deliver, close } = httpDeliver({ url, token: () => undefined });
  onTestFinished(() => {
    close();
    server.close();
  });
  return deliver('batch', new Uint8Array(10));
}

const error = (rest: object): string => JSON.stringify({ status: 'error', ...rest });

test('a batch is taken when the aggregator says so', async () => {
  expect(await deliverTo(200, '{"status":"ok","repeated":0}')).toEqual({ ok: true });
});

test.each([
  ['a proxy that welcomes everything', 200, '<html>Hello</html>'],
  ['a proxy that wants TLS', 400, '<html>The plain HTTP request was sent to HTTPS port</html>'],
  ['a proxy with a lower limit', 413, '<html>413 Request Entity Too Large</html>'],
  ['a wrong token', 401, error({ errorType: 'unauthorized', error: 'a token is needed' })],
  ['a full queue', 503, error({ code: 'busy', error: 'come again' })],
  ['a bug there', 500, error({ code: 'internal', error: 'BUG' })],
])('a batch is kept and sent again after the answer of %s', async (_what, status, answer) => {
  const delivery = await deliverTo(status, answer);
  expect(delivery).toMatchObject({ ok: false, retry: true });
  expect(delivery).toHaveProperty('message', expect.stringContaining(` answers ${status}: `));
});

test.each([
  [400, error({ code: 'malformed', error: 'not a batch' }), 'malformed'],
  [413, error({ errorType: 'bad_data', error: 'Request body is too large' }), 'http_413'],
])('a batch is given up when the aggregator itself answers %i', async (status, answer, code) => {
  expect(await deliverTo(status, answer)).toMatchObject({ ok: false, retry: false, code });
});

test('the schemas that are wanted are told', async () => {
  const answer = error({ code: 'unknown_schema', error: 'x', schemas: ['a', 5] });
  expect(await deliverTo(409, answer)).toMatchObject({ ok: false, code: 'unknown_schema', schemas: ['a'] });
});
