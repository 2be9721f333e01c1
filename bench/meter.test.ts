import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { atEnd } from '../test/tools/at-end.ts';
import { freePort } from '../test/tools/free-port.ts';
import { startMeter } from './meter.ts';

test('bytes of both directions are counted and arrive', async () => {
  const server = createServer((request, answer) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => answer.end(`${'x'.repeat(50_000)}${bytes}`));
  }).listen(0, '127.0.0.1');
  atEnd(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const meter = await startMeter((server.address() as AddressInfo).port);
  atEnd(() => meter.close());

  const url = `http://127.0.0.1:${meter.port}/`;
  const answer = await fetch(url, { method: 'POST', body: new Uint8Array(30_000) });
  expect(await answer.text()).toMatch(/^x{50000}30000$/);
  expect(meter.sentBytes()).toBeGreaterThan(30_000);
  expect(meter.sentBytes()).toBeLessThan(31_000);
  expect(meter.receivedBytes()).toBeGreaterThan(50_000);
  expect(meter.receivedBytes()).toBeLessThan(51_000);
});

test('a target that is not there breaks the connection off', async () => {
  const meter = await startMeter(await freePort());
  atEnd(() => meter.close());
  await expect(fetch(`http://127.0.0.1:${meter.port}/`)).rejects.toThrow(/fetch failed/);
});
