import { expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { labelsKey, labelValue, METRIC_NAME } from '../../wire/labels.ts';
import { hostSources } from './host-sources.ts';
import type { Source } from './source.ts';

const JOBS: Readonly<Record<string, readonly string[]>> = {
  host: ['node-exporter'],
  cgroup: ['cadvisor', 'binnacle-agent'],
  process: ['binnacle-agent'],
};

function thisMachine(): Source[] {
  return hostSources({ nodeName: 'n1', version: '1', clock: systemClock, log: silentLog });
}

test('this machine: three sources, no series twice, each with its constant labels', async () => {
  const sources = thisMachine();
  const seen = new Set<string>();
  const names = new Set<string>();
  for (const source of sources) {
    for (const { schema, values } of await source.collect(1_000_000)) {
      expect(values.length).toBe(schema.series.length);
      expect(values.every(Number.isFinite)).toBe(true);
      for (const labels of schema.series) {
        expect(labelValue(labels, 'instance')).toBe('n1');
        expect(JOBS[source.name]).toContain(labelValue(labels, 'job'));
        expect(labelValue(labels, 'node')).toBe(labelValue(labels, 'job') === 'cadvisor' ? 'n1' : '');
        const key = labelsKey(labels);
        expect(seen.has(key), labels.join(' ')).toBe(false);
        seen.add(key);
        names.add(labelValue(labels, METRIC_NAME));
      }
    }
  }
  for (const source of sources) source.close();
  expect([...names]).toEqual(
    expect.arrayContaining([
      'node_cpu_seconds_total',
      'container_memory_working_set_bytes',
      'machine_memory_bytes',
      'binnacle_process_cpu_seconds_total',
    ]),
  );
});

test('a tick costs no more than 15 ms of CPU', async () => {
  const sources = thisMachine();
  const costsMs: number[] = [];
  for (let tick = 0; tick < 90; tick++) {
    const before = process.cpuUsage();
    for (const source of sources) await source.collect(1_000_000 + tick * 5000);
    const { user, system } = process.cpuUsage(before);
    // The first ticks compile the code and open the files.
    if (tick >= 30) costsMs.push((user + system) / 1000);
  }
  for (const source of sources) source.close();
  costsMs.sort((a, b) => a - b);
  expect(costsMs[costsMs.length / 2]).toBeLessThanOrEqual(15);
});
