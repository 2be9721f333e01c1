import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';

import type { FastifyInstance } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import { aggregatorSettings, type AggregatorSettings } from '../settings.ts';

export interface StatusApi {
  readonly clock: Clock;
  readonly version: string;
  readonly settings: AggregatorSettings;
}

/** The Prometheus whose API is spoken; clients choose by it what they ask. */
const PROMETHEUS = '3.5.0';

/**
 * Prometheus's `/api/v1/status/...` about the program itself. `features` is left out of buildinfo: by it Grafana
 * would take this for Mimir.
 */
export function addStatusApi(server: FastifyInstance, { clock, version, settings }: StatusApi): void {
  const startTime = new Date(clock.nowMs()).toISOString();
  const shown = shownSettings(settings);
  const route = (name: string, data: () => unknown): void => {
    server.get(`/api/v1/status/${name}`, async () => ({ status: 'success', data: data() }));
  };
  route('buildinfo', () => ({
    version: PROMETHEUS,
    revision: `binnacle-${version}`,
    branch: '',
    buildUser: '',
    buildDate: '',
    goVersion: '',
  }));
  route('runtimeinfo', () => ({
    startTime,
    CWD: resolve('.'),
    hostname: hostname(),
    serverTime: new Date(clock.nowMs()).toISOString(),
    // Settings are read once.
    reloadConfigSuccess: true,
    lastConfigTime: startTime,
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: availableParallelism(),
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: ['store.retention-age', 'store.retention-size']
      .flatMap((key) => shown.get(key) ?? [])
      .join(' or '),
  }));
  route('flags', () => Object.fromEntries(shown));
  // JSON's strings are YAML's, too.
  route('config', () => ({
    yaml: Array.from(shown, ([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join(''),
  }));
}

/** As they hold, by key, for people: without secrets, and without those that are absent. */
function shownSettings(settings: AggregatorSettings): Map<string, string> {
  const shown = new Map<string, string>();
  for (const [name, setting] of Object.entries(aggregatorSettings)) {
    const value: unknown = settings[name as keyof AggregatorSettings];
    const text = (setting as { show(value: unknown): string }).show(value);
    if (text !== '') shown.set(setting.key, text);
  }
  return shown;
}
