import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import type { Running } from '../../lib/running.ts';
import type { SettingsOf } from '../../lib/settings.ts';
import { startAggregator } from '../main.ts';
import { aggregatorSettings, type AggregatorSettings } from '../settings.ts';

/** A real aggregator in a folder of its own that ends with the test; returns its URL. */
export async function runAggregator(changes: Partial<AggregatorSettings> = {}): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-api-'));
  const running = await startIn(dataDir, changes);
  onTestFinished(async () => {
    await running.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return running.url;
}

/** A real aggregator with default settings but the changes. */
export async function startIn(dataDir: string, changes: Partial<AggregatorSettings> = {}): Promise<Running> {
  const defaults = Object.fromEntries(
    Object.entries(aggregatorSettings).map(([name, setting]) => [name, setting.default]),
  ) as SettingsOf<typeof aggregatorSettings>;
  const listen = { host: '127.0.0.1', port: 0 };
  return startAggregator(
    { ...defaults, dataDir, queryThreads: 1, listen, ...changes },
    { log: silentLog, clock: systemClock, registry: new Registry(), version: '0' },
  );
}

/** The values that an instant query gives, by their series. */
export async function ask(url: string, query: string, timeMs: number): Promise<Record<string, string>> {
  const parameters = new URLSearchParams({ query, time: String(timeMs / 1000) });
  const response = await fetch(`${url}/api/v1/query?${parameters.toString()}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return Object.fromEntries(data.result.map(({ metric, value }) => [JSON.stringify(metric), value[1]]));
}
