/**
 * `npm run bench:store [-- --full] [-- --series N --hours H] [-- --only scrapes|cluster] [-- --profile DIR]`: the
 * store beside Debian's Prometheus and VictoriaMetrics, all fed the same data by remote write at the same time,
 * and one more of ours as agents feed it.
 *
 * CPU is that of the receiving process alone. Each figure of the disk is read after settling, and only when the
 * store has given back as many samples as it was sent. `--profile` writes V8's CPU profiles of our threads, for
 * `bench/profile.ts`; the profiler works all the time, so that such a run takes long and its figures of ours
 * count for nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { freePort } from '../test/tools/free-port.ts';
import { type Figure, reportOf } from './bench.ts';
import { cluster } from './store/cluster.ts';
import type { Dataset } from './store/dataset.ts';
import { figuresOf } from './store/figures.ts';
import { type Measured, measure } from './store/measure.ts';
import { ours } from './store/ours.ts';
import { prometheus, victoriaMetrics } from './store/peers.ts';
import { recordedScrapes } from './store/recorded-scrapes.ts';
import { System } from './store/system.ts';

const root = resolve(import.meta.dirname, '..');
/** So much that the run stays below ten minutes on two busy cores. */
const USUAL = { series: 10_000, hours: 2 };
const FULL = { series: 20_000, hours: 6 };

interface Run {
  readonly names: readonly string[];
  readonly measured: Measured;
}

async function run(dataset: Dataset, profileFolder: string | undefined): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-bench-store-'));
  const folderOf = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };
  const profile = (name: string): string[] =>
    profileFolder === undefined
      ? []
      : ['--cpu-prof', '--cpu-prof-dir', join(profileFolder, `${dataset.key}-${name}`)];
  const kinds = [
    ours(folderOf('ours'), await freePort(), profile('remote-write')),
    prometheus(folderOf('prometheus'), await freePort()),
    victoriaMetrics(folderOf('victoria-metrics'), await freePort()),
    ours(folderOf('ours-batches'), await freePort(), profile('batches')),
  ];
  const systems = kinds.map((kind) => new System(kind));
  try {
    const measured = await measure(dataset, systems.slice(0, 3), systems[3] as System);
    return { names: kinds.map(({ name }) => name), measured };
  } finally {
    await Promise.all(systems.map((system) => system.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      full: { type: 'boolean' },
      series: { type: 'string' },
      hours: { type: 'string' },
      only: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const size = options.full ? FULL : USUAL;
  const wanted = {
    series: Number(options.series ?? size.series),
    hours: Number(options.hours ?? size.hours),
  };
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'ignore' });
  // So that the programs are ended, too.
  process.once('SIGINT', () => process.exit(130));
  const figures: Figure[] = [];
  let names: readonly string[] = [];
  for (const dataset of [recordedScrapes(), cluster(wanted)]) {
    if (options.only !== undefined && options.only !== dataset.key) continue;
    const { measured, names: these } = await run(dataset, options.profile);
    names = these;
    const { samples, loadSeconds, plainBytes, sentBytes, batchBytes } = measured.load;
    const each = (bytes: number): string => (bytes / samples).toFixed(1);
    console.log(
      `${dataset.key}: ${dataset.title}: ${samples.toLocaleString('en-US')} samples in ${Math.round(loadSeconds)} s; ` +
        `bytes a sample: ${each(plainBytes)} protobuf, ${each(sentBytes)} in Snappy, ${each(batchBytes)} in batches`,
    );
    figures.push(...figuresOf(dataset.key, measured));
  }
  const [, prometheusName = '', victoriaName = ''] = names;
  const peers = [
    { name: prometheusName, key: 'prometheus' },
    { name: victoriaName, key: 'victoria_metrics' },
  ];
  console.log(`\n${reportOf({ title: 'The store beside its peers', peers, figures })}`);
}

await main();
