import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { gzipAnswer } from './gzip-answer.ts';

const long = JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ number: i })));

test.each(['gzip', 'gzip, deflate, br', 'br;q=1, GZIP;q=0.5', '*', 'deflate, *;q=0.1'])(
  'packs for %s',
  async (accepted) => {
    for (const body of [long, Buffer.from(long)]) {
      const packed = (await gzipAnswer(body, 'application/json; charset=utf-8', accepted)) as Buffer;
      expect(packed.length).toBeLessThan(long.length / 3);
      expect(gunzipSync(packed).toString()).toBe(long);
    }
  },
);

test.each([
  ['nothing', '', long, 'application/json'],
  ['another coding', 'br, zstd', long, 'application/json'],
  ['no gzip', 'gzip;q=0, *', long, 'application/json'],
  ['no gzip at all', '*;q=0.0', long, 'application/json'],
  ['what is short', 'gzip', '{}', 'application/json'],
  ['what is packed', 'gzip', long, 'application/x-protobuf'],
])('leaves %s', async (_why, accepted, body, type) => {
  expect(await gzipAnswer(body, type, accepted)).toBeUndefined();
});

test('what is large is packed in pieces', async () => {
  const large = Buffer.from(long.repeat(200));
  for (const body of [large, large.toString()]) {
    const packed = await gzipAnswer(body, 'application/json', 'gzip');
    expect(packed).toBeInstanceOf(Readable);
    expect(gunzipSync(await buffer(packed as Readable)).equals(large)).toBe(true);
  }
});
