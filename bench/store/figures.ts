import type { Figure } from '../bench.ts';
import type { Cost, Ingest, Load, Measured } from './measure.ts';

/** Goals as shares of what the peers need. */
const DISK_OF_PROMETHEUS = 0.3;
/** Noisy counters have a floor of entropy: no store beats another by much there. */
const DISK_OF_VICTORIA: Readonly<Record<string, number>> = { scrapes: 0.75, cluster: 1 };
const REMOTE_WRITE_OF_BETTER = 1.2;
const BATCHES_OF_BETTER = 4;
/** Data sets that keep a process busy for long enough to say what a sample costs. */
const LONG = new Set(['hosts', 'cluster']);
const BYTES_A_SERIES = 1536;
const MB = 1e6;

/** Costs stand in the order ours, Prometheus's, VictoriaMetrics's, and ours by batches. */
type Costs = readonly [Cost, Cost, Cost, Cost];

type MakeFigure = (key: string, what: string, unit: string, of: (cost: Cost) => number) => Figure;

function figureOf(dataset: string, costs: readonly Cost[], by = ''): MakeFigure {
  return (key, what, unit, of) => {
    const [ours, ...peers] = costs.map(of) as [number, ...number[]];
    return { key: `${dataset}_${by}${key}`, what: `${dataset}: ${what}`, unit, ours, peers };
  };
}

/** What is on the disk after settling. */
export function diskFigures(dataset: string, { load, costs }: Measured): Figure[] {
  const [, , , batches] = costs as Costs;
  const figure = figureOf(dataset, costs.slice(0, 3));
  const { samples, series } = load;
  const bytesOf = ({ disk }: Cost): number => disk.samples + disk.index;
  const disk = figure('disk_bytes_per_sample', 'disk with index', 'bytes a sample', (cost) => {
    return bytesOf(cost) / samples;
  });
  const ofVictoria = DISK_OF_VICTORIA[dataset];
  const goal = ofVictoria !== undefined && {
    atMost: Math.min(DISK_OF_PROMETHEUS * peerOf(disk, 0), ofVictoria * peerOf(disk, 1)),
  };
  return [
    { ...disk, ...goal },
    figure('data_bytes_per_sample', 'of it samples', 'bytes a sample', ({ disk }) => disk.samples / samples),
    figure('index_bytes_per_sample', 'of it index', 'bytes a sample', ({ disk }) => disk.index / samples),
    {
      ...disk,
      key: `${dataset}_batch_disk_bytes_per_sample`,
      what: `${dataset}: disk by own batches`,
      ours: bytesOf(batches) / samples,
      ...goal,
    },
    figure('disk_bytes_per_series', 'disk with index', 'bytes a series', (cost) => bytesOf(cost) / series),
    figure('log_mb', 'WAL or journal beside it', 'MB', ({ disk }) => disk.log / MB),
  ];
}

/** CPU, with the goals where the data set is long enough. */
export function cpuFigures(dataset: string, { load, costs }: Measured): Figure[] {
  const [, , , batches] = costs as Costs;
  const figure = figureOf(dataset, costs.slice(0, 3));
  const byBatches = figureOf(dataset, [batches], 'batch_');
  const speedOf = ({ cpuSeconds }: Cost): number => load.samples / cpuSeconds;
  const speed = figure('samples_per_cpu_second', 'remote write', SPEED, speedOf);
  const better = Math.max(peerOf(speed, 0), peerOf(speed, 1));
  const isLong = LONG.has(dataset);
  const lateOf = (cost: Cost): number => secondHalf(load, cost).samples / secondHalf(load, cost).cpuSeconds;
  const late = figure('second_half_samples_per_cpu_second', 'remote write, second half', SPEED, lateOf);
  return [
    { ...speed, ...(isLong && { atLeast: REMOTE_WRITE_OF_BETTER * better }) },
    late,
    figure('settled_samples_per_cpu_second', 'remote write with settling', SPEED, settledSpeed(load)),
    {
      ...speed,
      key: `${dataset}_batch_samples_per_cpu_second`,
      what: `${dataset}: own batches`,
      ours: speedOf(batches),
      ...(isLong && { atLeast: BATCHES_OF_BETTER * better }),
    },
    {
      ...late,
      key: `${dataset}_batch_second_half_samples_per_cpu_second`,
      what: `${dataset}: own batches, second half`,
      ours: lateOf(batches),
    },
    byBatches('settled_samples_per_cpu_second', 'own batches with settling', SPEED, settledSpeed(load)),
    figure('ingest_cpu_seconds', 'CPU of remote write, until quiet', 's', ({ cpuSeconds }) => cpuSeconds),
    figure('settle_cpu_seconds', 'CPU of settling', 's', ({ settleCpuSeconds }) => settleCpuSeconds),
    byBatches('ingest_cpu_seconds', 'CPU of own batches, until quiet', 's', ({ cpuSeconds }) => cpuSeconds),
    byBatches('settle_cpu_seconds', 'CPU of settling these', 's', ({ settleCpuSeconds }) => settleCpuSeconds),
  ];
}

const SPEED = 'samples a CPU second';

function settledSpeed({ samples }: Load): (cost: Cost) => number {
  return ({ cpuSeconds, settleCpuSeconds }) => samples / (cpuSeconds + settleCpuSeconds);
}

function secondHalf(load: Load, ingest: Ingest): { samples: number; cpuSeconds: number } {
  return {
    samples: load.samples - load.firstHalfSamples,
    cpuSeconds: ingest.cpuSeconds - ingest.firstHalfCpuSeconds,
  };
}

export function processFigures(dataset: string, { costs }: Measured): Figure[] {
  const figure = figureOf(dataset, costs.slice(0, 3));
  return [
    figure('peak_anonymous_mb', 'peak memory', 'MB', (cost) => cost.peakAnonymousMb),
    figure('peak_resident_mb', 'peak memory with file pages', 'MB', (cost) => cost.peakResidentMb),
    figure('rest_anonymous_mb', 'memory at rest', 'MB', (cost) => cost.restAnonymousMb),
    figure('restart_seconds', 'restart until the first answer', 's', (cost) => cost.restartSeconds),
    figure('retries', 'requests sent again', 'number', (cost) => cost.retries),
  ];
}

/** `ingests`: ours, and those of the peers that were measured; `peaksMb`: their peaks, with settling. */
export function memoryFigures(
  { series }: Load,
  ingests: readonly Ingest[],
  peaksMb: readonly number[],
): Figure[] {
  const figure = (key: string, what: string, unit: string, values: readonly number[]): Figure => {
    const [ours, ...peers] = values as [number, ...number[]];
    return { key: `memory_${key}`, what: `memory: ${what}`, unit, ours, peers };
  };
  const aSeries = (megabytes: readonly number[]): number[] =>
    megabytes.map((each, i) => ((each - (ingests[i] as Ingest).emptyAnonymousMb) * MB) / series);
  const loaded = ingests.map(({ peakAnonymousMb }) => peakAnonymousMb);
  const rest = ingests.map(({ restAnonymousMb }) => restAnonymousMb);
  const empty = ingests.map(({ emptyAnonymousMb }) => emptyAnonymousMb);
  const atMost = BYTES_A_SERIES;
  return [
    { ...figure('peak_bytes_per_series', 'a series, peak with settling', 'bytes', aSeries(peaksMb)), atMost },
    figure('load_peak_bytes_per_series', 'a series, peak of the load', 'bytes', aSeries(loaded)),
    { ...figure('rest_bytes_per_series', 'a series, at rest after it', 'bytes', aSeries(rest)), atMost },
    figure('empty_anonymous_mb', 'of the empty process', 'MB', empty),
    figure('peak_anonymous_mb', 'peak with settling', 'MB', peaksMb),
  ];
}

/** What a request costs beside its samples, from the second half of requests with one sample each. */
export function requestFigures(load: Load, ingests: readonly Ingest[]): Figure[] {
  const [ours, prometheus, victoria, batches] = ingests.map((ingest) => {
    const { samples, cpuSeconds } = secondHalf(load, ingest);
    return (cpuSeconds / samples) * 1000;
  }) as [number, number, number, number];
  const unit = 'CPU ms';
  return [
    { key: 'request_cpu_ms', what: 'a request of one sample', unit, ours, peers: [prometheus, victoria] },
    { key: 'batch_request_cpu_ms', what: 'an own batch of one sample', unit, ours: batches },
  ];
}

function peerOf({ peers = [] }: Figure, index: number): number {
  return peers[index] as number;
}
