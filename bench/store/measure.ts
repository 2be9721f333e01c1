/** Feeds one data set to all systems in one run, and reads off what it cost each of them. */
import { labelValue, METRIC_NAME } from '../../wire/labels.ts';
import { waitUntil } from '../../test/tools/wait-until.ts';
import type { Dataset, Target, Tick } from './dataset.ts';
import { BatchFeed, RemoteWriteFeed } from './feeds.ts';
import type { Disk, System } from './system.ts';

const MB = 1e6;
const VISIBLE_MS = 60_000;

/** What taking the samples cost a system. */
export interface Ingest {
  /** Of the receiving process, until it was quiet after the load. */
  readonly cpuSeconds: number;
  /** Of it until half of the scrapes were sent, with the warming up of a process that has just started. */
  readonly firstHalfCpuSeconds: number;
  /** Memory before the load, its peak until the process was quiet after it, and then. */
  readonly emptyAnonymousMb: number;
  readonly peakAnonymousMb: number;
  readonly peakResidentMb: number;
  readonly restAnonymousMb: number;
}

export interface Cost extends Ingest {
  /** What folding or merging the rest took. */
  readonly settleCpuSeconds: number;
  readonly disk: Disk;
  readonly restartSeconds: number;
  readonly retries: number;
}

export interface Load {
  readonly samples: number;
  readonly firstHalfSamples: number;
  readonly series: number;
  readonly loadSeconds: number;
  /** Bytes of remote write: protobuf, and as sent. */
  readonly plainBytes: number;
  readonly sentBytes: number;
  readonly batchBytes: number;
}

export interface Measured {
  readonly load: Load;
  /** In the order of the systems. */
  readonly costs: readonly Cost[];
}

interface Tally {
  samples: number;
  firstHalfSamples: number;
  probed: number;
  lastMs: number;
  readonly series: Set<Target['series'][number]>;
  /** Series of the probed metric that a target has. */
  readonly probes: WeakMap<Target, number>;
}

interface Fed {
  readonly load: Load;
  readonly tally: Tally;
  readonly ingests: readonly Ingest[];
}

/** `byBatches` is one more of our own, fed as agents do; its cost comes last. The systems run when it returns. */
export async function measure(
  dataset: Dataset,
  systems: readonly System[],
  byBatches: System,
): Promise<Measured> {
  const { load, tally, ingests } = await feed(dataset, systems, byBatches);
  const costs: Cost[] = [];
  // One after the other: a restart is timed.
  for (const [i, system] of [...systems, byBatches].entries()) {
    costs.push({ ...(ingests[i] as Ingest), ...(await afterLoad(system, dataset.probe, tally)) });
  }
  return { load, costs };
}

/** Starts the systems, feeds them, and waits until they are quiet. */
export async function feed(dataset: Dataset, systems: readonly System[], byBatches?: System): Promise<Fed> {
  const all = byBatches ? [...systems, byBatches] : systems;
  await Promise.all(all.map((system) => system.start()));
  await Promise.all(all.map((system) => system.quiet()));
  const before = all.map((system) => system.now());
  const remote = new RemoteWriteFeed(systems);
  const batches = byBatches && new BatchFeed(byBatches);
  const tally = newTally();
  const startMs = performance.now();
  let halves: readonly number[] = [];
  let sent = 0;
  for (const tick of dataset.ticks()) {
    count(tick, dataset.probe, tally);
    await Promise.all([remote.send(tick), batches?.send(tick)]);
    if (++sent !== Math.ceil(dataset.tickCount / 2)) continue;
    halves = all.map((system) => system.cpuSeconds);
    tally.firstHalfSamples = tally.samples;
  }
  const loadSeconds = (performance.now() - startMs) / 1000;
  await Promise.all(all.map((system) => system.quiet()));
  const ingests = all.map((system, i): Ingest => {
    const { cpuSeconds, anonymousBytes } = before[i] as (typeof before)[number];
    return {
      cpuSeconds: system.cpuSeconds - cpuSeconds,
      firstHalfCpuSeconds: (halves[i] as number) - cpuSeconds,
      emptyAnonymousMb: anonymousBytes / MB,
      peakAnonymousMb: system.peak.anonymousBytes / MB,
      peakResidentMb: system.peak.residentBytes / MB,
      restAnonymousMb: system.now().anonymousBytes / MB,
    };
  });
  const { samples, firstHalfSamples, series } = tally;
  const sizes = { plainBytes: remote.plainBytes, sentBytes: remote.sentBytes };
  const batchBytes = batches?.sentBytes ?? 0;
  return {
    load: { samples, firstHalfSamples, series: series.size, loadSeconds, ...sizes, batchBytes },
    tally,
    ingests,
  };
}

async function afterLoad(system: System, probe: string, tally: Tally): Promise<Omit<Cost, keyof Ingest>> {
  // The last quarter of an hour holds some samples of every set, and is quickly read.
  const restartSeconds = await system.restart(`count(last_over_time(${probe}[15m]))`, tally.lastMs);
  const settleCpuSeconds = await system.settle();
  await requireAll(system, probe, tally);
  return { settleCpuSeconds, disk: system.kind.disk(), restartSeconds, retries: system.retries };
}

/** A store that has lost something has no figures. */
export async function requireAll(system: System, probe: string, { probed, lastMs }: Tally): Promise<void> {
  const query = `sum(count_over_time(${probe}[30d]))`;
  let found: number | undefined;
  const isThere = async (): Promise<boolean> => (found = await system.number(query, lastMs)) === probed;
  await waitUntil(isThere, {
    what: `${probed} samples of ${probe}`,
    timeoutMs: VISIBLE_MS,
    everyMs: 1000,
  }).catch((cause: unknown) => {
    throw new Error(`${system.kind.name} has ${found} of ${probed} samples of ${probe}`, { cause });
  });
}

function newTally(): Tally {
  return {
    samples: 0,
    firstHalfSamples: 0,
    probed: 0,
    lastMs: 0,
    series: new Set(),
    probes: new WeakMap(),
  };
}

function count({ atMs, rows }: Tick, probe: string, tally: Tally): void {
  for (const { target, atMs: ownMs = atMs } of rows) {
    tally.lastMs = Math.max(tally.lastMs, ownMs);
    let probed = tally.probes.get(target);
    if (probed === undefined) {
      probed = target.series.filter((labels) => labelValue(labels, METRIC_NAME) === probe).length;
      tally.probes.set(target, probed);
      for (const labels of target.series) tally.series.add(labels);
    }
    tally.samples += target.series.length;
    tally.probed += probed;
  }
}
