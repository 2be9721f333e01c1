import { expect, test } from 'vitest';

import type { Figure } from '../bench.ts';
import { cpuFigures, diskFigures, memoryFigures, requestFigures } from './figures.ts';
import type { Cost } from './measure.ts';

const cost = (cpuSeconds: number, bytes: number): Cost => ({
  cpuSeconds,
  firstHalfCpuSeconds: 0.75 * cpuSeconds,
  settleCpuSeconds: cpuSeconds,
  disk: { samples: bytes, index: bytes, log: 0 },
  emptyAnonymousMb: 50,
  peakAnonymousMb: 52,
  peakResidentMb: 60,
  restAnonymousMb: 51,
  restartSeconds: 1,
  retries: 0,
});
const load = {
  samples: 1000,
  firstHalfSamples: 500,
  series: 1000,
  loadSeconds: 1,
  plainBytes: 0,
  sentBytes: 0,
  batchBytes: 0,
};

function finder(figures: readonly Figure[]): (key: string) => Figure | undefined {
  return (key) => figures.find((figure) => figure.key === key);
}

test.each([
  { dataset: 'scrapes', prometheus: 2000, victoria: 400, disk: 0.6 },
  { dataset: 'scrapes', prometheus: 1000, victoria: 400, disk: 0.6 },
  { dataset: 'cluster', prometheus: 2000, victoria: 400, disk: 0.8 },
  { dataset: 'cluster', prometheus: 1000, victoria: 400, disk: 0.6 },
])(
  'the goals of the disk follow the better peer of the run: %o',
  ({ dataset, prometheus, victoria, disk }) => {
    const costs = [cost(4, 500), cost(10, prometheus), cost(2, victoria), cost(1, 700)];
    const of = finder(diskFigures(dataset, { load, costs }));
    expect(of(`${dataset}_disk_bytes_per_sample`)).toMatchObject({
      ours: 1,
      peers: [(2 * prometheus) / 1000, (2 * victoria) / 1000],
      atMost: expect.closeTo(disk),
    });
    expect(of(`${dataset}_batch_disk_bytes_per_sample`)).toMatchObject({
      ours: 1.4,
      atMost: expect.closeTo(disk),
    });
  },
);

test('the goals of CPU follow the better peer, where a data set is long enough to tell', () => {
  const costs = [cost(4, 1), cost(10, 1), cost(2, 1), cost(1, 1)];
  const of = finder(cpuFigures('hosts', { load, costs }));
  expect(of('hosts_samples_per_cpu_second')).toMatchObject({ ours: 250, peers: [100, 500], atLeast: 600 });
  expect(of('hosts_batch_samples_per_cpu_second')).toMatchObject({ ours: 1000, atLeast: 2000 });
  expect(of('hosts_settled_samples_per_cpu_second')).toMatchObject({ ours: 125, peers: [50, 250] });
  expect(of('hosts_second_half_samples_per_cpu_second')).toMatchObject({ ours: 500, peers: [200, 1000] });
  expect(of('hosts_batch_settle_cpu_seconds')).toMatchObject({ ours: 1 });
  const short = finder(cpuFigures('scrapes', { load, costs }));
  expect(short('scrapes_samples_per_cpu_second')).not.toHaveProperty('atLeast');
});

test('memory is told above that of the empty process, requests without warming up', () => {
  const of = finder(memoryFigures(load, [cost(1, 1)], [53]));
  expect(of('memory_peak_bytes_per_series')).toMatchObject({ ours: 3000, peers: [], atMost: 1536 });
  expect(of('memory_load_peak_bytes_per_series')).toMatchObject({ ours: 2000 });
  expect(of('memory_rest_bytes_per_series')).toMatchObject({ ours: 1000 });
  const costs = [cost(4, 1), cost(10, 1), cost(2, 1), cost(1, 1)];
  const requests = finder(requestFigures(load, costs));
  expect(requests('request_cpu_ms')).toMatchObject({ ours: 2, peers: [5, 1] });
  expect(requests('batch_request_cpu_ms')).toMatchObject({ ours: 0.5 });
});
