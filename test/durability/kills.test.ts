import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { beginBinnacle, ownMetric, startBinnacle } from '../tools/binnacle.ts';
import { freePort } from '../tools/free-port.ts';
import type { Program } from '../tools/program.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { waitUntil } from '../tools/wait-until.ts';
import { checkFiles } from './checksums.ts';
import { HOURS, keyOf, MIDNIGHT_MS, threeWriters, type Writer } from './three-writers.ts';

/** How often the aggregator is killed; the long form has 200 and more. */
const KILLS = Number(process.env['BINNACLE_KILLS'] ?? 10);
const TIMEOUT_MS = 60_000 + 10_000 * KILLS;
/** Every so many kills come while it starts; of the others half come during a fold. */
const AT_START_EVERY = 5;
/** Of a process that has little to replay; the slowest machine that runs the tests included. */
const RESTART_MS = 10_000;
/** Small, so that it folds all the time. */
const SETTINGS = { 'store.fold-after': '1s', 'store.open-data-size': '1MiB' };
const FOLD_BEGINS_MS = 30_000;
/** What one of this size still takes then, over the second day and the journal. */
const FOLD_MS = 10;

interface Series {
  readonly metric: { readonly series: string };
  readonly value: readonly [number, string];
  readonly values: readonly (readonly [number, string])[];
}

async function query(url: string, expression: string): Promise<Series[]> {
  const time = String(MIDNIGHT_MS / 1000 + HOURS * 3600);
  const body = new URLSearchParams({ query: expression, time });
  const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return (JSON.parse(text) as { data: { result: Series[] } }).data.result;
}

/** Compares all samples of a writer with what is there: by their values, and by their number. */
async function faultsOf(url: string, { metric, acknowledged, inDoubt }: Writer): Promise<string[]> {
  const faults: string[] = [];
  const range = `[${2 * HOURS}h]`;
  const found = new Set<string>();
  const counts = new Map<string, number>();
  for (const { metric: labels, values } of await query(url, metric + range)) {
    counts.set(labels.series, values.length);
    for (const [seconds, text] of values) {
      const key = keyOf({ series: Number(labels.series), atMs: Math.round(seconds * 1000) });
      const wanted = acknowledged.get(key) ?? inDoubt.get(key);
      if (found.has(key)) faults.push(`twice: ${key}`);
      if (Number(text) !== wanted) faults.push(`${key} is ${text} instead of ${wanted}`);
      found.add(key);
    }
  }
  for (const key of acknowledged.keys()) if (!found.has(key)) faults.push(`lost: ${key}`);
  for (const { metric: labels, value } of await query(url, `count_over_time(${metric}${range})`)) {
    const counted = counts.get(labels.series);
    if (Number(value[1]) !== counted)
      faults.push(`series ${labels.series} counts ${value[1]}, not ${counted}`);
  }
  return faults.slice(0, 20).map((fault) => `${metric} ${fault}`);
}

async function expectAllThere(url: string, writers: readonly Writer[]): Promise<void> {
  for (const writer of writers) expect(await faultsOf(url, writer)).toEqual([]);
}

/** Resolves when the next fold or merge has begun to write; the files of days are written by these alone. */
async function foldBegins(days: string): Promise<void> {
  const signal = AbortSignal.timeout(FOLD_BEGINS_MS);
  for await (const { eventType, filename } of watch(days, { signal })) {
    if (eventType === 'change' && /\.db(-wal)?$/.test(filename ?? '')) return;
  }
}

/** Kills it while all three write: at any moment, or shortly after a fold has begun. */
async function killUnderLoad(
  url: string,
  program: Program,
  writers: readonly Writer[],
  days?: string,
): Promise<void> {
  const stop = new AbortController();
  const writing = Promise.all(writers.map((writer) => writer.run(url, stop.signal)));
  await Promise.race([days === undefined ? sleep(50 + Math.random() * 1500) : foldBegins(days), writing]);
  if (days !== undefined) await sleep(Math.random() * FOLD_MS);
  const killed = program.kill('SIGKILL');
  stop.abort();
  expect(await killed).toMatchObject({ signal: 'SIGKILL' });
  await writing;
}

test(
  `${KILLS} x SIGKILL under three writers, over midnight: each acknowledged sample is there once`,
  async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const folder = temporaryFolder();
    const writers = threeWriters();
    let program = await startBinnacle('aggregator', port, folder, SETTINGS);
    const days = join(folder, 'store/metrics');
    let slowestMs = 0;
    for (let kills = 1; kills <= KILLS; kills++) {
      await killUnderLoad(url, program, writers, kills % 2 === 0 ? days : undefined);
      if (kills % AT_START_EVERY === AT_START_EVERY - 1) {
        kills++;
        const starting = await beginBinnacle('aggregator', port, folder, SETTINGS);
        await sleep(Math.random() * 1000);
        expect(await starting.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
      }
      const startMs = performance.now();
      program = await startBinnacle('aggregator', port, folder, SETTINGS);
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      await expectAllThere(url, writers);
    }
    expect(slowestMs).toBeLessThan(RESTART_MS);
    for (const { metric, acknowledged } of writers) {
      expect(acknowledged.size, metric).toBeGreaterThan(20 * KILLS);
    }
    const isFolded = async (): Promise<boolean> =>
      (await ownMetric(url, 'binnacle_store_open_samples')) === 0;
    await waitUntil(isFolded, { what: 'all open data to be folded', timeoutMs: 30_000 });
    await expectAllThere(url, writers);
    await program.end();
    expectWhole(join(folder, 'store'));
  },
  TIMEOUT_MS,
);

/** Every file, and in both days something to check. */
function expectWhole(store: string): void {
  const files = checkFiles(store);
  expect(files.flatMap(({ file, faults }) => faults.map((fault) => `${file}: ${fault}`))).toEqual([]);
  const withBodies = files.filter(({ bodies }) => bodies > 0).map(({ file }) => file);
  expect(withBodies).toEqual(expect.arrayContaining(['metrics/2026-01-10.db', 'metrics/2026-01-11.db']));
}
