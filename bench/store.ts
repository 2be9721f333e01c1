/**
 * `npm run bench:store`: the store beside Debian's Prometheus and VictoriaMetrics, all fed the same data by remote
 * write at the same time, and one more of ours as agents feed it.
 *
 *     --only PART,...     of scrapes kubelet hosts requests cluster memory start; else all
 *     --quick             cluster of 10,000 series x 2 h instead of 20,000 x 6 h
 *     --full              cluster of 100,000 series x 6 h, memory of the peers too, start with 1,000,000 series a day
 *     --scrapes FILE      another recording in place of ours: a tar in zstd, a page a file
 *     --profile DIR       V8's CPU profiles of our threads, for `bench/profile.ts`; such a run takes long, and its
 *                         figures of ours count for nothing
 *
 * CPU is that of the receiving process alone, in two parts: until it was quiet after the load, and for settling.
 * Each figure of the disk is read after settling, and only when the store has given back as many samples as it
 * was sent. The scrapes of one host keep nobody busy for long, so that starting and warming up a process is most of
 * its CPU: what a sample costs stands at `hosts` and `cluster`, `second half` is without warming up, and `requests` has
 * the cost of a request alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { cacheFolder } from '../scripts/peers/table.ts';
import { freePort } from '../test/tools/free-port.ts';
import { type Figure, reportOf } from './bench.ts';
import { agedStore } from './store/aged-store.ts';
import { cluster } from './store/cluster.ts';
import type { Dataset } from './store/dataset.ts';
import { cpuFigures, diskFigures, memoryFigures, processFigures, requestFigures } from './store/figures.ts';
import { kubeletPages } from './store/kubelet-pages.ts';
import { feed, type Load, measure, type Measured, requireAll } from './store/measure.ts';
import { oneSeries } from './store/one-series.ts';
import { ours } from './store/ours.ts';
import { prometheus, prometheusName, VICTORIA_METRICS, victoriaMetrics } from './store/peers.ts';
import { NODE_EXPORTER, recordedScrapes } from './store/recorded-scrapes.ts';
import { measureStart, startFigures } from './store/start.ts';
import { System } from './store/system.ts';

const root = resolve(import.meta.dirname, '..');
const HOSTS = 10;
const REQUESTS = 2000;
const SCRAPES_AN_HOUR = 240;
const CLUSTER = {
  quick: { series: 10_000, ticks: 2 * SCRAPES_AN_HOUR },
  usual: { series: 20_000, ticks: 6 * SCRAPES_AN_HOUR },
  full: { series: 100_000, ticks: 6 * SCRAPES_AN_HOUR },
};
const MEMORY = { key: 'memory', series: 1_000_000, ticks: 5, churn: 0 };
const AGED = { usual: { series: 100_000, days: 30 }, full: { series: 1_000_000, days: 30 } };

interface Options {
  readonly size: 'quick' | 'usual' | 'full';
  readonly scrapes: string;
  readonly profile: string | undefined;
}

/** Runs `use` with fresh systems: ours, Prometheus, VictoriaMetrics, ours by batches. */
async function withSystems<T>(
  key: string,
  { profile: profileFolder }: Options,
  use: (systems: [System, System, System, System]) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-bench-store-'));
  const folderOf = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };
  const profile = (name: string): string[] =>
    profileFolder === undefined
      ? []
      : ['--cpu-prof', '--cpu-prof-dir', join(profileFolder, `${key}-${name}`)];
  const systems: [System, System, System, System] = [
    new System(ours(folderOf('ours'), await freePort(), profile('remote-write'))),
    new System(prometheus(folderOf('prometheus'), await freePort())),
    new System(victoriaMetrics(folderOf('victoria-metrics'), await freePort())),
    new System(ours(folderOf('ours-batches'), await freePort(), profile('batches'))),
  ];
  try {
    return await use(systems);
  } finally {
    await Promise.all(systems.map((system) => system.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(
  datasetOf: (options: Options) => Dataset,
  figuresOf: readonly ((key: string, measured: Measured) => Figure[])[],
): (options: Options) => Promise<Figure[]> {
  return async (options) => {
    const dataset = datasetOf(options);
    const measured = await withSystems(dataset.key, options, ([own, one, other, byBatches]) =>
      measure(dataset, [own, one, other], byBatches),
    );
    tell(dataset, measured.load);
    return figuresOf.flatMap((figures) => figures(dataset.key, measured));
  };
}

async function requests(options: Options): Promise<Figure[]> {
  const dataset = oneSeries(REQUESTS);
  return withSystems(dataset.key, options, async ([own, one, other, byBatches]) => {
    const { load, ingests } = await feed(dataset, [own, one, other], byBatches);
    tell(dataset, load);
    return requestFigures(load, ingests);
  });
}

async function memory(options: Options): Promise<Figure[]> {
  const dataset = cluster(MEMORY);
  return withSystems(dataset.key, options, async ([own, one, other]) => {
    const systems = options.size === 'full' ? [own, one, other] : [own];
    const { load, tally, ingests } = await feed(dataset, systems);
    tell(dataset, load);
    const peaks: number[] = [];
    for (const system of systems) {
      await system.settle();
      await requireAll(system, dataset.probe, tally);
      peaks.push(system.peak.anonymousBytes / 1e6);
    }
    return memoryFigures(load, ingests, peaks);
  });
}

async function start({ size }: Options): Promise<Figure[]> {
  const age = size === 'full' ? AGED.full : AGED.usual;
  const { folder, lastMs, samples, madeInSeconds } = await agedStore(age, join(cacheFolder(), 'bench'));
  const made = madeInSeconds === undefined ? 'made before' : `made in ${Math.round(madeInSeconds)} s`;
  console.log(`start: ${age.series.toLocaleString('en-US')} series on each of ${age.days} days, ${made}`);
  return startFigures(await measureStart(folder, lastMs), folder, samples);
}

const PARTS: Readonly<Record<string, (options: Options) => Promise<Figure[]>>> = {
  scrapes: compare(
    ({ scrapes }) => recordedScrapes({ key: 'scrapes', file: scrapes }),
    [diskFigures, cpuFigures, processFigures],
  ),
  kubelet: compare(kubeletPages, [diskFigures]),
  hosts: compare(
    ({ scrapes }) => recordedScrapes({ key: 'hosts', file: scrapes, hosts: HOSTS }),
    [cpuFigures],
  ),
  requests,
  cluster: compare(({ size }) => cluster(CLUSTER[size]), [diskFigures, cpuFigures, processFigures]),
  memory,
  start,
};

function tell({ key, title }: Dataset, load: Load): void {
  const { samples, series, loadSeconds, plainBytes, sentBytes, batchBytes } = load;
  const each = (bytes: number): string => (bytes / samples).toFixed(1);
  const inBatches = batchBytes > 0 ? `, ${each(batchBytes)} in batches` : '';
  console.log(
    `${key}: ${title}: ${samples.toLocaleString('en-US')} samples of ${series.toLocaleString('en-US')} series ` +
      `in ${Math.round(loadSeconds)} s; bytes a sample: ${each(plainBytes)} protobuf, ${each(sentBytes)} in Snappy${inBatches}`,
  );
}

function readOptions(): { options: Options; parts: string[] } {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      only: { type: 'string', default: Object.keys(PARTS).join() },
      scrapes: { type: 'string', default: NODE_EXPORTER },
      profile: { type: 'string' },
    },
  });
  const { quick, full, only, scrapes, profile } = values;
  const parts = only.split(',');
  const unknown = parts.filter((part) => !(part in PARTS));
  if (unknown.length > 0) throw new Error(`--only knows ${Object.keys(PARTS).join()}, not ${unknown.join()}`);
  return { options: { size: full ? 'full' : quick ? 'quick' : 'usual', scrapes, profile }, parts };
}

async function main(): Promise<void> {
  const { options, parts } = readOptions();
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'ignore' });
  // So that the programs are ended, too.
  process.once('SIGINT', () => process.exit(130));
  const startMs = performance.now();
  const figures: Figure[] = [];
  for (const part of parts) figures.push(...(await (PARTS[part] as (typeof PARTS)[string])(options)));
  console.log(`all in ${Math.round((performance.now() - startMs) / 1000)} s`);
  const peers = [
    { name: prometheusName(), key: 'prometheus' },
    { name: VICTORIA_METRICS, key: 'victoria_metrics' },
  ];
  console.log(`\n${reportOf({ title: 'The store beside its peers', peers, figures })}`);
}

await main();
