import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';

import { addAlertingRoutes, type RemoteAlerting } from './alerting-routes.ts';

function routes(alerting?: Partial<RemoteAlerting>) {
  const server = fastify();
  addAlertingRoutes(
    server,
    alerting && { url: 'http://127.0.0.1:1', token: () => undefined, fetch, ...alerting },
  );
  onTestFinished(() => server.close());
  return async (url: string) => {
    const { statusCode, body } = await server.inject(url);
    return { status: statusCode, body: JSON.parse(body) as unknown };
  };
}

async function alertingAnswers(status: number): Promise<string> {
  const server = createServer((request, response) => {
    const { url, headers } = request;
    response.writeHead(status).end(JSON.stringify({ url, authorization: headers.authorization }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('without alerting there are no rules, and that is no error', async () => {
  const get = routes();
  expect(await get('/api/v1/rules?type=alert')).toEqual({
    status: 200,
    body: { status: 'success', data: { groups: [] } },
  });
  expect((await get('/api/v1/alerts')).body).toEqual({ status: 'success', data: { alerts: [] } });
  expect((await get('/alertmanager/api/v2/alerts')).body).toEqual([]);
});

test.each([200, 400])('what alerting says is handed on, also %i', async (status) => {
  const get = routes({ url: await alertingAnswers(status), token: () => 's3cret' });
  expect(await get('/api/v1/rules?type=alert&file[]=a')).toEqual({
    status,
    body: { url: '/api/v1/rules?type=alert&file[]=a', authorization: 'Bearer s3cret' },
  });
});

test.each([
  [async () => 'http://127.0.0.1:1', 'api.alerting-url'],
  [() => alertingAnswers(401), 'api.alerting-token-file'],
])('what is wrong with it is told', async (url, setting) => {
  const get = routes({ url: await url() });
  expect(await get('/api/v1/alerts')).toEqual({
    status: 503,
    body: { status: 'error', errorType: 'unavailable', error: expect.stringContaining(setting) },
  });
});
