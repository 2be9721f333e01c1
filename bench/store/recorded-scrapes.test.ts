import { expect, test } from 'vitest';

import { labelsKey, labelsToRecord } from '../../wire/labels.ts';
import { INTERVAL_MS, START_MS } from './dataset.ts';
import { Pages, recordedScrapes } from './recorded-scrapes.ts';

test('the recording has the series and samples that its README tells', () => {
  const series = new Set<string>();
  let samples = 0;
  let ticks = 0;
  for (const { atMs, rows } of recordedScrapes().ticks()) {
    expect(atMs).toBe(START_MS + ticks++ * INTERVAL_MS);
    for (const { target, values } of rows) {
      expect(target.series).toHaveLength(values.length);
      samples += values.length;
      for (const labels of target.series) series.add(labelsKey(labels));
    }
  }
  expect({ ticks, series: series.size, samples }).toEqual({ ticks: 480, series: 1738, samples: 398_456 });
});

test('a page is read as the text format says', () => {
  const pages = new Pages();
  const page = '# TYPE a counter\na{path="C:\\\\x",word="say \\"a}\\""} 1e3\nb -Inf\nc NaN\n';
  const { target, values } = pages.row(page);
  expect([...values]).toEqual([1000, -Infinity, NaN]);
  expect({ ...labelsToRecord(target.series[0] ?? []) }).toEqual({
    __name__: 'a',
    instance: '127.0.0.1:9100',
    job: 'node-exporter',
    path: 'C:\\x',
    word: 'say "a}"',
  });
  expect(pages.row(page).target).toBe(target);
  expect(() => pages.row('a x\n')).toThrow('"x" is not a number');
});
