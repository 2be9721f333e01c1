import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { atEnd } from '../test/tools/at-end.ts';
import { countSamples, scrape, sumOf } from './exposition.ts';

const TEXT = `# HELP a_total Things.
# TYPE a_total counter
a_total{kind="x y",other="} 7"} 3
a_total{kind="z"} 1.5e1 1700000000000

a_total_more 9
up 1
`;

test('samples are counted and summed', () => {
  expect(countSamples(TEXT)).toBe(4);
  expect(sumOf(TEXT, 'a_total')).toBe(18);
  expect(sumOf(TEXT, 'up')).toBe(1);
  expect(() => sumOf(TEXT, 'a')).toThrow('no metric a');
});

test('a scrape tells the bytes of the compressed body', async () => {
  const server = createServer((request, answer) => {
    expect(request.headers['accept-encoding']).toBe('gzip');
    if (request.url === '/gone') answer.writeHead(404).end();
    else answer.end(request.url === '/plain' ? TEXT : gzipSync(TEXT));
  }).listen(0, '127.0.0.1');
  atEnd(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await scrape(url)).toEqual({ text: TEXT, gzipBytes: gzipSync(TEXT).length });
  expect(await scrape(`${url}/plain`)).toEqual({ text: TEXT, gzipBytes: TEXT.length });
  await expect(scrape(`${url}/gone`)).rejects.toThrow(/404/);
});
