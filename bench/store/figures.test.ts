import { expect, test } from 'vitest';

import { figuresOf } from './figures.ts';
import type { Cost } from './measure.ts';

const cost = (ingestCpuSeconds: number, bytes: number): Cost => ({
  ingestCpuSeconds,
  settleCpuSeconds: ingestCpuSeconds,
  disk: { samples: bytes, index: bytes, log: 0 },
  peakAnonymousMb: 1,
  peakResidentMb: 1,
  restAnonymousMb: 1,
  restartSeconds: 1,
  retries: 0,
});
const load = { samples: 1000, loadSeconds: 1, plainBytes: 0, sentBytes: 0, batchBytes: 0 };

test.each([
  { dataset: 'scrapes', prometheus: 2000, victoria: 400, disk: 0.6 },
  { dataset: 'scrapes', prometheus: 1000, victoria: 400, disk: 0.6 },
  { dataset: 'cluster', prometheus: 2000, victoria: 400, disk: 0.8 },
  { dataset: 'cluster', prometheus: 1000, victoria: 400, disk: 0.6 },
])('the goals follow the better peer of the run: %o', ({ dataset, prometheus, victoria, disk }) => {
  const costs = [cost(4, 500), cost(10, prometheus), cost(2, victoria), cost(1, 700)];
  const figures = new Map(figuresOf(dataset, { load, costs }).map((figure) => [figure.key, figure]));
  const of = (key: string): unknown => figures.get(`${dataset}_${key}`);
  expect(of('disk_bytes_per_sample')).toMatchObject({
    ours: 1,
    peers: [(2 * prometheus) / 1000, (2 * victoria) / 1000],
    atMost: expect.closeTo(disk),
  });
  expect(of('batch_disk_bytes_per_sample')).toMatchObject({ ours: 1.4, atMost: expect.closeTo(disk) });
  expect(of('samples_per_cpu_second')).toMatchObject({ ours: 250, peers: [100, 500], atLeast: 600 });
  expect(of('batch_samples_per_cpu_second')).toMatchObject({ ours: 1000, atLeast: 2000 });
  expect(of('settled_samples_per_cpu_second')).toMatchObject({ ours: 125, peers: [50, 250] });
});
