/** Feeds one data set to all systems in one run, and reads off what it cost each of them. */
import { waitUntil } from '../../test/tools/wait-until.ts';
import type { Dataset, Target, Tick } from './dataset.ts';
import { BatchFeed, RemoteWriteFeed } from './feeds.ts';
import { labelValue, METRIC_NAME } from '../../wire/labels.ts';
import type { Disk, System } from './system.ts';

const MB = 1e6;
const VISIBLE_MS = 60_000;

export interface Cost {
  /** Of the receiving process, until it was quiet after the load. */
  readonly ingestCpuSeconds: number;
  /** What folding or merging the rest took. */
  readonly settleCpuSeconds: number;
  readonly disk: Disk;
  readonly peakAnonymousMb: number;
  readonly peakResidentMb: number;
  readonly restAnonymousMb: number;
  readonly restartSeconds: number;
  readonly retries: number;
}

export interface Load {
  readonly samples: number;
  readonly loadSeconds: number;
  /** Bytes of remote write a sample: protobuf, and as sent. */
  readonly plainBytes: number;
  readonly sentBytes: number;
  readonly batchBytes: number;
}

interface Tally {
  samples: number;
  probed: number;
  lastMs: number;
  /** Series of the probed metric that a target has. */
  readonly probes: WeakMap<Target, number>;
}

export interface Measured {
  readonly load: Load;
  /** In the order of the systems. */
  readonly costs: readonly Cost[];
}

/** `byBatches` is one more of our own, fed as agents do; its cost comes last. The systems run when it returns. */
export async function measure(
  dataset: Dataset,
  systems: readonly System[],
  byBatches: System,
): Promise<Measured> {
  const all = [...systems, byBatches];
  await Promise.all(all.map((system) => system.start()));
  await Promise.all(all.map((system) => system.quiet()));
  const cpuBefore = all.map((system) => system.cpuSeconds);
  const remote = new RemoteWriteFeed(systems);
  const batches = new BatchFeed(byBatches);
  const tally: Tally = { samples: 0, probed: 0, lastMs: 0, probes: new WeakMap() };
  const startMs = performance.now();
  for (const tick of dataset.ticks()) {
    count(tick, dataset.probe, tally);
    await Promise.all([remote.send(tick), batches.send(tick)]);
  }
  const loadSeconds = (performance.now() - startMs) / 1000;
  await Promise.all(all.map((system) => system.quiet()));
  const ingestCpu = all.map((system, i) => system.cpuSeconds - (cpuBefore[i] as number));
  const costs: Cost[] = [];
  // One after the other: a restart is timed.
  for (const [i, system] of all.entries()) {
    costs.push(await afterLoad(system, dataset.probe, tally, ingestCpu[i] as number));
  }
  const sizes = { plainBytes: remote.plainBytes, sentBytes: remote.sentBytes, batchBytes: batches.sentBytes };
  return { load: { samples: tally.samples, loadSeconds, ...sizes }, costs };
}

async function afterLoad(
  system: System,
  probe: string,
  { probed, lastMs }: Tally,
  ingestCpuSeconds: number,
): Promise<Cost> {
  const { anonymousBytes: rest } = system.now();
  const { anonymousBytes, residentBytes } = system.peak;
  // The last quarter of an hour holds some samples of every set, and is quickly read.
  const restartSeconds = await system.restart(`count(last_over_time(${probe}[15m]))`, lastMs);
  const settleCpuSeconds = await system.settle();
  await requireAll(system, probe, probed, lastMs);
  return {
    ingestCpuSeconds,
    settleCpuSeconds,
    disk: system.kind.disk(),
    peakAnonymousMb: anonymousBytes / MB,
    peakResidentMb: residentBytes / MB,
    restAnonymousMb: rest / MB,
    restartSeconds,
    retries: system.retries,
  };
}

/** A store that has lost something has no figures. */
async function requireAll(system: System, probe: string, probed: number, lastMs: number): Promise<void> {
  const query = `sum(count_over_time(${probe}[1d]))`;
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

function count({ atMs, rows }: Tick, probe: string, tally: Tally): void {
  tally.lastMs = atMs;
  for (const { target } of rows) {
    let probed = tally.probes.get(target);
    if (probed === undefined) {
      probed = target.series.filter((labels) => labelValue(labels, METRIC_NAME) === probe).length;
      tally.probes.set(target, probed);
    }
    tally.samples += target.series.length;
    tally.probed += probed;
  }
}
