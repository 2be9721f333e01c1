import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { atEnd } from './at-end.ts';
import { freePort } from './free-port.ts';
import { queryInstant } from './query-instant.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

test('a free port can be listened on, on loopback', async () => {
  const port = await freePort();
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  server.close();
});

describe('a temporary folder', () => {
  let ofFile: string;
  const ofTests: string[] = [];
  beforeAll(() => {
    ofFile = temporaryFolder();
  });

  test('is there for the test', () => {
    ofTests.push(temporaryFolder());
    writeFileSync(join(ofTests[0] as string, 'x'), 'x');
  });

  test('is gone with the test, and that of a hook is still there', () => {
    expect(existsSync(ofTests[0] as string)).toBe(false);
    expect(existsSync(ofFile)).toBe(true);
  });
});

describe('cleaning up', () => {
  const order: string[] = [];
  test('is registered', () => {
    atEnd(() => void order.push('first'));
    atEnd(() => void order.push('second'));
  });
  test('was done in reverse', () => {
    expect(order).toEqual(['second', 'first']);
  });
});

describe('waitUntil', () => {
  test('gives what the check gives, also after it threw', async () => {
    let calls = 0;
    const check = (): string | undefined => {
      calls++;
      if (calls === 1) throw new Error('not yet');
      return calls < 3 ? undefined : 'there';
    };
    expect(await waitUntil(check, { what: 'it', timeoutMs: 2_000, everyMs: 1 })).toBe('there');
    expect(calls).toBe(3);
  });

  test.each([
    { check: () => [].length, says: 'waited 20 ms for the moon; the last check gave 0' },
    {
      check: () => Promise.reject(new Error('no answer', { cause: new Error('refused') })),
      says: 'waited 20 ms for the moon; the last check threw: no answer: refused',
    },
  ])('$says', async ({ check, says }) => {
    const waiting = waitUntil<unknown>(check, { what: 'the moon', timeoutMs: 20, everyMs: 5 });
    await expect(waiting).rejects.toThrow(says);
  });
});

describe('queryInstant', () => {
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test('gives labels, time and numbers', async () => {
    const result = [
      { metric: { __name__: 'up', job: 'a' }, value: [1_700_000_000.5, '1'] },
      { metric: {}, value: [1_700_000_000.5, '+Inf'] },
    ];
    const bodies: string[] = [];
    const url = await serve((request, answer) => {
      request.on('data', (part) => bodies.push(String(part)));
      const body = JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
      request.on('end', () => answer.end(body));
    });
    expect(await queryInstant(url, 'up + 1')).toEqual([
      { labels: { __name__: 'up', job: 'a' }, atMs: 1_700_000_000_500, value: 1 },
      { labels: {}, atMs: 1_700_000_000_500, value: Infinity },
    ]);
    expect(bodies.join('')).toBe('query=up+%2B+1');
  });

  test('throws what the server says', async () => {
    const url = await serve((_, answer) => answer.writeHead(400).end('{"error":"parse error at 2"}'));
    await expect(queryInstant(url, 'u(')).rejects.toThrow(/query u\(: 400 .*parse error at 2/);
  });
});
