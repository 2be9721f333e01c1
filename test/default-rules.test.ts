import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { MemorySeries } from '../aggregator/query/promql/fakes/memory-reader.ts';
import type { Notification } from '../alerting/notify/notification.ts';
import { labelsFrom } from '../wire/labels.ts';
import { evaluateRules, RULE_STEP_MS } from './tools/evaluate-rules.ts';

/** The default rules of alerting, evaluated by the real engine over made-up hosts. */
const START_MS = 1_700_000_000_000;
/** Rules look back for 6 hours; they are evaluated from here on. */
const NOW_S = 7 * 3600;
const STEPS = (NOW_S + 3600) / 15;

const GIB = 2 ** 30;

/** What a host shows at a time in seconds; undefined: nothing. */
interface Host {
  readonly busy?: (s: number) => number;
  readonly memory?: (s: number) => number;
  readonly diskFree?: (s: number) => number | undefined;
  readonly up?: (s: number) => number | undefined;
}

function series(
  name: string,
  labels: Record<string, string>,
  value: (s: number) => number | undefined,
): MemorySeries {
  const timestamps: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const one = value((i * RULE_STEP_MS) / 1000);
    if (one === undefined) continue;
    timestamps.push(START_MS + i * RULE_STEP_MS);
    values.push(one);
  }
  return {
    labels: labelsFrom({ __name__: name, job: 'node-exporter', ...labels }),
    timestampsMs: Float64Array.from(timestamps),
    values: Float64Array.from(values),
  };
}

function hostSeries(instance: string, host: Host): MemorySeries[] {
  const { busy = () => 0.3, memory = () => 0.5, diskFree = () => 50 * GIB, up = () => 1 } = host;
  const disk = { instance, device: '/dev/sda1', fstype: 'ext4', mountpoint: '/' };
  const cpu = (core: string): MemorySeries[] => {
    let idle = 0;
    let user = 0;
    return [
      series(
        'node_cpu_seconds_total',
        { instance, cpu: core, mode: 'idle' },
        (s) => (idle += (1 - busy(s)) * 15),
      ),
      series('node_cpu_seconds_total', { instance, cpu: core, mode: 'user' }, (s) => (user += busy(s) * 15)),
    ];
  };
  return [
    ...cpu('0'),
    ...cpu('1'),
    series('node_memory_MemTotal_bytes', { instance }, () => 8 * GIB),
    series('node_memory_MemAvailable_bytes', { instance }, (s) => (1 - memory(s)) * 8 * GIB),
    series('node_filesystem_avail_bytes', disk, diskFree),
    series('node_filesystem_size_bytes', disk, () => 100 * GIB),
    series('node_filesystem_readonly', disk, () => 0),
    series('up', { instance }, up),
  ];
}

/** What the rules notify over some minutes. */
function run(hosts: Readonly<Record<string, Host>>, minutes: number): Promise<Notification[]> {
  return evaluateRules({
    file: join(import.meta.dirname, '../alerting/rules/host.yaml'),
    series: Object.entries(hosts).flatMap(([name, host]) => hostSeries(name, host)),
    startMs: START_MS + NOW_S * 1000,
    minutes,
  });
}

const from = (atS: number, before: number, after: number) => (s: number) => (s < atS ? before : after);

const CASES = [
  {
    name: 'Excessive CPU load',
    host: { busy: from(NOW_S + 60, 0.3, 0.93) },
    minutes: 10,
    summary: /^CPU of bad is 93 % busy$/,
    description: /more than 80 % busy for 5 minutes, now 9[23]\.\d %\.\nLook at the busiest processes/,
  },
  {
    name: 'Memory nearly full',
    host: { memory: from(NOW_S, 0.5, 0.97) },
    minutes: 8,
    summary: /^Memory of bad is 97\.0 % full$/,
    description: /97\.0 % are in use/,
  },
  {
    name: 'Disk full within 24 hours',
    host: { diskFree: (s: number) => 30 * GIB - (s / 3600) * GIB },
    minutes: 35,
    summary: /^\/ on bad is full within 24 hours$/,
    description: /^22\.\d+GiB are free on \/ \(\/dev\/sda1, ext4\) of bad\. At the pace of the last 6 hours/,
  },
  {
    name: 'Disk full within 24 hours',
    host: { diskFree: () => 2 * GIB },
    minutes: 35,
    summary: /^\/ on bad is full within 24 hours$/,
    description: /^2GiB are free on \//,
  },
  {
    name: 'No data from an agent',
    host: { up: (s: number) => (s < NOW_S ? 1 : undefined) },
    minutes: 10,
    summary: /^No data from bad$/,
    description: /has sent no metrics of the host for more than 2 minutes/,
  },
  {
    name: 'No data from an agent',
    host: { up: from(NOW_S, 1, 0) },
    minutes: 5,
    summary: /^No data from bad$/,
    description: /Look at whether the host is up/,
  },
];

describe('a default rule tells of its fault, and of no other host', () => {
  test.each(CASES)('$name %#', async ({ name, host, minutes, summary, description }) => {
    const sent = await run({ bad: host, good: {} }, minutes);
    const told = sent.flatMap(({ alerts }) => alerts);
    expect(told.map(({ labels, status }) => [labels['alertname'], labels['instance'], status])).toEqual([
      [name, 'bad', 'firing'],
    ]);
    expect(told[0]?.annotations['summary']).toMatch(summary);
    expect(told[0]?.annotations['description']).toMatch(description);
  });
});

test('what passes by itself is told to nobody', async () => {
  const short = (s: number): boolean => s >= NOW_S + 120 && s < NOW_S + 240;
  const sent = await run(
    {
      // Two minutes at full load; one big file; a short peak and a short break; a disk known for less than an hour.
      a: { busy: (s) => (short(s) ? 1 : 0.3) },
      b: { diskFree: from(NOW_S - 1200, 35 * GIB, 30 * GIB) },
      c: { memory: (s) => (short(s) ? 0.99 : 0.5) },
      e: { diskFree: (s) => (s < NOW_S ? undefined : 35 * GIB - ((s - NOW_S) / 3600) * 4 * GIB) },
      d: { up: (s) => (s >= NOW_S + 120 && s < NOW_S + 180 ? 0 : 1) },
    },
    50,
  );
  expect(sent).toEqual([]);
});
