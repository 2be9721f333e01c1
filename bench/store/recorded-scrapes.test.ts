import { expect, test } from 'vitest';

import { labelsKey } from '../../wire/labels.ts';
import { type Dataset, INTERVAL_MS, START_MS } from './dataset.ts';
import { kubeletPages } from './kubelet-pages.ts';
import { NODE_EXPORTER, recordedScrapes } from './recorded-scrapes.ts';

function sizeOf(dataset: Dataset): { ticks: number; series: number; samples: number; times: number[] } {
  const series = new Set<string>();
  const samples = new Set<string>();
  const times: number[] = [];
  let count = 0;
  for (const { atMs, rows } of dataset.ticks()) {
    times.push(atMs);
    for (const { target, values, atMs: ownMs = atMs } of rows) {
      expect(target.series).toHaveLength(values.length);
      expect(Math.floor(ownMs / 86_400_000) * 86_400_000).toBe(START_MS);
      count += values.length;
      for (const labels of target.series) {
        series.add(labelsKey(labels));
        samples.add(`${ownMs} ${labelsKey(labels)}`);
      }
    }
  }
  expect(samples.size).toBe(count);
  expect(times).toHaveLength(dataset.tickCount);
  return { ticks: times.length, series: series.size, samples: count, times };
}

test('the recording has the series and samples that its README tells', () => {
  const scrapes = recordedScrapes({ key: 'scrapes', file: NODE_EXPORTER });
  const { times, ...size } = sizeOf(scrapes);
  expect(size).toEqual({ ticks: 480, series: 1738, samples: 398_456 });
  expect(times).toEqual(times.map((_, i) => START_MS + i * INTERVAL_MS));
  expect(scrapes.probe).toBe('node_interrupts_total');
});

test('several hosts have series of their own', () => {
  const dataset = recordedScrapes({ key: 'hosts', file: NODE_EXPORTER, hosts: 3 });
  const [tick] = dataset.ticks();
  const series = tick?.rows.flatMap(({ target }) => target.series.map(labelsKey)) ?? [];
  expect(new Set(series).size).toBe(series.length);
  const values = tick?.rows.map((row) => row.values.join()) ?? [];
  expect(new Set(values).size).toBe(3);
});

test('the pages of the kubelet are fed as recorded, each sample once', () => {
  const { series, samples } = sizeOf(kubeletPages());
  expect({ series, samples }).toEqual({ series: 2152, samples: 2971 });
});
