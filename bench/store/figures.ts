import type { Figure } from '../bench.ts';
import type { Cost, Measured } from './measure.ts';

/** Goals as shares of what the peers need. */
const DISK_OF_PROMETHEUS = 0.3;
/** Noisy counters have a floor of entropy: no store beats another by much there. */
const DISK_OF_VICTORIA: Readonly<Record<string, number>> = { scrapes: 0.75, cluster: 1 };
const REMOTE_WRITE_OF_BETTER = 1.2;
const BATCHES_OF_BETTER = 4;

/** The figures of one data set; the costs are ours, Prometheus's, VictoriaMetrics's, and ours by batches. */
export function figuresOf(dataset: string, { load, costs }: Measured): Figure[] {
  const [own, prometheus, victoria, batches] = costs as [Cost, Cost, Cost, Cost];
  const { samples } = load;
  const figure = (key: string, what: string, unit: string, of: (cost: Cost) => number): Figure => ({
    key: `${dataset}_${key}`,
    what: `${dataset}: ${what}`,
    unit,
    ours: of(own),
    peers: [of(prometheus), of(victoria)],
  });
  const disk = figure(
    'disk_bytes_per_sample',
    'disk with index',
    'bytes a sample',
    ({ disk }) => (disk.samples + disk.index) / samples,
  );
  const atMost = Math.min(
    DISK_OF_PROMETHEUS * peerOf(disk, 0),
    (DISK_OF_VICTORIA[dataset] ?? 1) * peerOf(disk, 1),
  );
  const speed = figure(
    'samples_per_cpu_second',
    'remote write',
    'samples a CPU second',
    (cost) => samples / cost.ingestCpuSeconds,
  );
  const better = Math.max(peerOf(speed, 0), peerOf(speed, 1));
  const withSettling = (cost: Cost): number => samples / (cost.ingestCpuSeconds + cost.settleCpuSeconds);
  const batchSpeed: Figure = {
    key: `${dataset}_batch_samples_per_cpu_second`,
    what: `${dataset}: own batches`,
    unit: 'samples a CPU second',
    ours: samples / batches.ingestCpuSeconds,
    peers: speed.peers ?? [],
    atLeast: BATCHES_OF_BETTER * better,
  };
  const batchDisk = (batches.disk.samples + batches.disk.index) / samples;
  return [
    { ...disk, atMost },
    figure('data_bytes_per_sample', 'of it samples', 'bytes a sample', ({ disk }) => disk.samples / samples),
    figure('index_bytes_per_sample', 'of it index', 'bytes a sample', ({ disk }) => disk.index / samples),
    {
      ...disk,
      key: `${dataset}_batch_disk_bytes_per_sample`,
      what: `${dataset}: disk by own batches`,
      ours: batchDisk,
      atMost,
    },
    figure('log_mb', 'WAL or journal beside it', 'MB', ({ disk }) => disk.log / 1e6),
    { ...speed, atLeast: REMOTE_WRITE_OF_BETTER * better },
    figure('settled_samples_per_cpu_second', 'the same with settling', 'samples a CPU second', withSettling),
    batchSpeed,
    figure('peak_anonymous_mb', 'peak memory', 'MB', (cost) => cost.peakAnonymousMb),
    figure('peak_resident_mb', 'peak memory with file pages', 'MB', (cost) => cost.peakResidentMb),
    figure('rest_anonymous_mb', 'memory at rest', 'MB', (cost) => cost.restAnonymousMb),
    figure('restart_seconds', 'restart until the first answer', 's', (cost) => cost.restartSeconds),
    figure('retries', 'requests sent again', 'number', (cost) => cost.retries),
  ];
}

function peerOf({ peers = [] }: Figure, index: number): number {
  return peers[index] as number;
}
