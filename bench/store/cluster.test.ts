import { expect, test } from 'vitest';

import { labelsKey, labelValue } from '../../wire/labels.ts';
import { cluster } from './cluster.ts';
import { INTERVAL_MS, START_MS } from './dataset.ts';
import { SERIES_A_POD } from './pod.ts';

const SMALL = { series: 1000, ticks: 480 };

test('a fifth of the series is replaced in an hour', () => {
  const seen = new Set<string>();
  let ticks = 0;
  for (const { atMs, rows } of cluster(SMALL).ticks()) {
    expect(atMs).toBe(START_MS + ticks++ * INTERVAL_MS);
    expect(rows).toHaveLength(1000 / SERIES_A_POD);
    for (const { target } of rows) for (const labels of target.series) seen.add(labelsKey(labels));
  }
  expect(ticks).toBe(480);
  expect(seen.size).toBeGreaterThan(1300);
  expect(seen.size).toBeLessThanOrEqual(1400);
});

test('counters of a pod never fall, and buckets hold what lies below their bound', () => {
  const last = new Map<string, number>();
  for (const { rows } of cluster({ series: 500, ticks: 48 }).ticks()) {
    for (const { target, values } of rows) {
      let below = 0;
      for (const [i, labels] of target.series.entries()) {
        const value = values[i] as number;
        expect(Number.isFinite(value)).toBe(true);
        const name = labelValue(labels, '__name__');
        if (/_(total|bucket|count|sum)$/.test(name)) {
          expect(value).toBeGreaterThanOrEqual(last.get(labelsKey(labels)) ?? 0);
          last.set(labelsKey(labels), value);
        }
        if (name.endsWith('_bucket')) {
          expect(value).toBeGreaterThanOrEqual(below);
          below = value;
        }
      }
    }
  }
  expect(last.size).toBeGreaterThan(300);
});

test('every run has the same data', () => {
  const [one, two] = [cluster(SMALL), cluster(SMALL)].map((made) => {
    const [tick] = made.ticks();
    return tick?.rows.map(({ target, values }) => [target.series, [...values]]);
  });
  expect(one).toEqual(two);
});
