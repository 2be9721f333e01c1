import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { remoteWriteBody } from '../../aggregator/ingest/remote-write.fake.ts';
import { systemClock } from '../../lib/clock.ts';
import { samplesOf, startBinnacle } from '../tools/binnacle.ts';
import { freePort } from '../tools/free-port.ts';
import { smallDisk } from '../tools/small-disk.ts';
import { waitUntil } from '../tools/wait-until.ts';
import { type Answer, ask, Feeder } from './feeder.ts';

const MINUTE_MS = 60_000;

/** Takes all that is free, or so many bytes, as another program would. */
function fill(file: string, bytes = Infinity): void {
  const descriptor = openSync(file, 'w');
  const zeros = Buffer.alloc(4096);
  try {
    for (let left = bytes; left > 0; left -= zeros.length) writeSync(descriptor, zeros);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
  } finally {
    closeSync(descriptor);
  }
}

/** One sample by each of the ways that are not the agents'. */
async function sendOtherwise(url: string): Promise<Answer[]> {
  const atMs = systemClock.nowMs();
  const body = remoteWriteBody([{ labels: [['__name__', 'by_remote_write']], samples: [[atMs, 1]] }]);
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  return Promise.all([
    ask(`${url}/api/v1/write`, { method: 'POST', headers, body: new Uint8Array(body) }),
    ask(`${url}/api/v1/import/prometheus`, { method: 'POST', body: `by_text 1 ${atMs}\n` }),
  ]);
}

test(
  'a full disk: ingest says 503, queries are answered, nothing acknowledged is lost, it goes on by itself',
  async () => {
    const disk = smallDisk(8);
    const [data, other] = [join(disk, 'data'), join(disk, 'other')];
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const settings = { 'store.fold-after': '1s', 'store.open-data-size': '1MiB' };
    let program = await startBinnacle('aggregator', port, data, settings);
    const feeder = new Feeder(url, 20_000);
    for (let n = 0; n < 20; n++) expect(await feeder.send()).toMatchObject({ status: 200 });
    // Folded, so that there is something in files too.
    await waitUntil(async () => (await ask(`${url}/metrics`)).text.includes('binnacle_store_partitions 2'), {
      what: 'a fold',
      timeoutMs: 10_000,
    });

    fill(other, 4 << 20);
    let refusals = 0;
    for (let n = 0; n < 400 && refusals < 5; n++) {
      const { status, retryAfter, text } = await feeder.send();
      if (status === 200) continue;
      expect([status, retryAfter], text).toEqual([503, '5']);
      refusals++;
    }
    expect(refusals).toBe(5);
    fill(join(disk, 'rest'));
    expect(await feeder.send()).toMatchObject({ status: 503, retryAfter: '5' });
    expect(await feeder.sendNewSchemas()).toMatchObject({ status: 503, retryAfter: '5' });
    for (const answer of await sendOtherwise(url)) {
      expect(answer).toMatchObject({ status: 503, retryAfter: '5' });
    }
    // Time for some folds that fail.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await feeder.faults()).toEqual([]);
    expect((await ask(`${url}/livez`)).status).toBe(200);
    const ready = await ask(`${url}/readyz`);
    expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('[-]store failed: ')]);

    rmSync(other);
    rmSync(join(disk, 'rest'));
    await waitUntil(async () => (await feeder.send()).status === 200, {
      what: 'batches to be taken again',
      timeoutMs: 15_000,
    });
    for (let n = 0; n < 20; n++) expect(await feeder.send()).toMatchObject({ status: 200 });
    expect(await feeder.faults()).toEqual([]);
    for (const answer of await sendOtherwise(url)) expect(answer).toMatchObject({ status: 204 });
    const isReady = async (): Promise<boolean> => {
      const { status, text } = await ask(`${url}/readyz`);
      if (status !== 200) throw new Error(text);
      return true;
    };
    await waitUntil(isReady, { what: 'to be ready again', timeoutMs: 20_000 });
    await program.kill('SIGKILL');
    program = await startBinnacle('aggregator', port, data, settings);
    expect(await feeder.faults()).toEqual([]);
    for (const metric of ['by_remote_write', 'by_text']) {
      const times = (await samplesOf(url, metric)).map(({ atMs }) => atMs);
      expect(times, `${metric}: what was refused is not there`).toHaveLength(1);
    }
  },
  2 * MINUTE_MS,
);
