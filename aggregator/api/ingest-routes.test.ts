import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { SettingsOf } from '../../lib/settings.ts';
import { remoteWriteBody } from '../ingest/remote-write.fake.ts';
import { startAggregator } from '../main.ts';
import { aggregatorSettings } from '../settings.ts';

const BODY = remoteWriteBody([{ labels: [['__name__', 'm']], samples: [[1_767_225_600_000, 1]] }]);
const PROTOBUF = 'application/x-protobuf';

async function start(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-ingest-'));
  const settings = Object.fromEntries(
    Object.entries(aggregatorSettings).map(([name, setting]) => [name, setting.default]),
  ) as SettingsOf<typeof aggregatorSettings>;
  const running = await startAggregator(
    { ...settings, dataDir, queryThreads: 1, listen: { host: '127.0.0.1', port: 0 } },
    { log: silentLog, clock: systemClock, registry: new Registry(), version: '0' },
  );
  onTestFinished(async () => {
    await running.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return running.url;
}

test('a remote write is read as what its headers say, or not at all', async () => {
  const url = await start();
  const write = async (headers: Record<string, string>): Promise<[number, string]> => {
    const response = await fetch(`${url}/api/v1/write`, { method: 'POST', body: Buffer.from(BODY), headers });
    return [response.status, await response.text()];
  };
  const taken = [204, ''];
  const refused = (reason: string): unknown => [415, expect.stringContaining(reason)];
  const v1 = `${PROTOBUF};proto=prometheus.WriteRequest`;
  const v2 = `${PROTOBUF};proto=io.prometheus.write.v2.Request`;
  expect(await write({ 'content-type': PROTOBUF })).toEqual(taken);
  expect(await write({ 'content-type': v1, 'content-encoding': 'snappy' })).toEqual(taken);
  expect(await write({ 'content-type': v2, 'content-encoding': 'snappy' })).toEqual(
    refused('the message io.prometheus.write.v2.Request is not taken, only remote write 1.0'),
  );
  expect(await write({ 'content-type': PROTOBUF, 'content-encoding': 'zstd' })).toEqual(
    refused('the content encoding \\"zstd\\" is not snappy'),
  );
  expect(await write({ 'content-type': 'text/plain' })).toEqual(refused('text/plain'));
});
