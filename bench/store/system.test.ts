import { expect, test } from 'vitest';

import { atEnd } from '../../test/tools/at-end.ts';
import { freePort } from '../../test/tools/free-port.ts';
import { System, type SystemKind } from './system.ts';

/** A store that is busy at every other request, and tells how many bodies it has taken. */
const SCRIPT = `
  let bodies = 0, asked = 0;
  require('node:http').createServer((request, answer) => {
    const value = request.url.includes('none') ? [] : [{ value: [1, String(bodies)] }];
    if (request.method === 'GET') return answer.end(JSON.stringify({ data: { result: value } }));
    if (request.url === '/bad') return answer.writeHead(400).end('no');
    if (asked++ % 2 === 0) return answer.writeHead(503).end();
    bodies++;
    answer.writeHead(204).end();
  }).listen(Number(process.argv[1]), '127.0.0.1');`;

async function startSystem(): Promise<System> {
  const port = await freePort();
  const kind: SystemKind = {
    name: 'fake',
    url: `http://127.0.0.1:${port}`,
    command: process.execPath,
    args: () => ['-e', SCRIPT, String(port)],
    restartsToSettle: true,
    settle: () => Promise.resolve(),
    disk: () => ({ samples: 0, index: 0, log: 0 }),
  };
  const system = new System(kind);
  atEnd(() => system.stop());
  await system.start();
  return system;
}

test('a body is sent again while the store is busy, and not when it is refused', async () => {
  const system = await startSystem();
  const body = new Uint8Array(3);
  for (let i = 0; i < 3; i++) expect(await system.post('/write', body, {})).toMatchObject({ status: 204 });
  expect(system.retries).toBe(3);
  expect(await system.number('all', 0)).toBe(3);
  expect(await system.number('none', 0)).toBeUndefined();
  expect(await system.post('/bad', body, {})).toEqual({ ok: false, status: 400, text: 'no' });
});

test('its CPU goes on over a restart, which is timed', async () => {
  const system = await startSystem();
  const before = system.cpuSeconds;
  expect(before).toBeGreaterThan(0);
  expect(await system.restart('all', 0)).toBeGreaterThan(0.01);
  expect(system.cpuSeconds).toBeGreaterThan(before);
  expect(system.now().anonymousBytes).toBeGreaterThan(1e6);
});
