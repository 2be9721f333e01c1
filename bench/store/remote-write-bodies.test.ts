import { expect, test } from 'vitest';

import { collect } from '../../aggregator/ingest/collected.fake.ts';
import { readRemoteWrite } from '../../aggregator/ingest/remote-write.ts';
import { snappyDecode } from '../../lib/snappy.ts';
import { labelsFrom, printLabels } from '../../wire/labels.ts';
import { INTERVAL_MS, START_MS, targetOf } from './dataset.ts';
import { RemoteWriteBodies } from './remote-write-bodies.ts';

const LIMITS = { maxSamples: 1e6, maxLabels: 64, maxLabelLength: 4096, maxHistogramBuckets: 100 };

test('what a receiver reads is what the ticks say', () => {
  const series = Array.from({ length: 10_003 }, (_, i) =>
    labelsFrom({ __name__: 'a_total', instance: 'host:9100', number: String(i), word: 'é'.repeat(i % 70) }),
  );
  const target = targetOf(series);
  const values = Float64Array.from(series, (_, i) => i / 7);
  const writer = new RemoteWriteBodies();
  const atMs = START_MS + INTERVAL_MS;
  const bodies = [...writer.of({ atMs, rows: [{ target, values }] })];
  expect(bodies.map(({ samples }) => samples)).toEqual([10_000, 3]);
  const samples = bodies.flatMap(({ bytes }) => {
    const { taken, refused } = collect(atMs, LIMITS, 'series', (collected) =>
      readRemoteWrite(snappyDecode(bytes, 1 << 25), collected),
    );
    expect(refused).toBe('');
    return taken;
  });
  expect(samples).toEqual(series.map((labels, i) => [printLabels(labels), atMs, values[i]]));
});
