import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { labelsFrom, labelValue, METRIC_NAME, printLabels, withLabels } from '../../../wire/labels.ts';
import { hostSources } from '../host-sources.ts';
import { EXCLUDED_DISKS } from './diskstats.ts';
import { EXCLUDED_FILESYSTEMS, EXCLUDED_MOUNTS } from './filesystem.ts';
import { EXCLUDED_NETWORK_DEVICES } from './netdev.ts';

/** Debian's prometheus-node-exporter, unpacked. */
const PEER = join(homedir(), '.cache/binnacle/prometheus-node-exporter/usr/bin/prometheus-node-exporter');

const COLLECTORS =
  'arp bonding conntrack cpu diskstats entropy filefd filesystem loadavg mdadm meminfo netclass netdev netstat pressure processes sockstat softnet stat tcpstat time uname vmstat'.split(
    ' ',
  );

/** What the peer tells and we don't, and why. */
const NOT_OURS: readonly RegExp[] = [
  // About itself.
  /^(?:node_scrape_collector|promhttp)_/,
  /^node_exporter_build_info/,
  // A stat of every thread of the host is too dear.
  /^node_processes_threads_state/,
  // udev's names of disks, the packets nobody wanted (netlink only), time zones and clock chips.
  /^node_disk_(?:info|ata_|device_mapper|filesystem)/,
  /^node_network_receive_nohandler_total/,
  /^node_time_(?:zone|clocksource)/,
];

/** What we tell and this version (1.5) of the peer does not. */
const NOT_THEIRS: readonly RegExp[] = [
  /^node_exporter_build_info/,
  /^node_pressure_irq_/,
  /^node_netstat_TcpExt_(?:TCPOFOQueue|TCPRcvQDrop)$/,
  // It leaves out states in which nothing is; we keep their series at 0.
  /^node_(?:tcp_connection_states|processes_state)\{/,
];

/** How far a gauge may move while it is measured three times, apart from a tenth of itself. */
const SLACK: readonly (readonly [name: RegExp, slack: number])[] = [
  [/^node_memory_/, 256 * 1024 * 1024],
  [/^node_filesystem_(?:avail|free)_bytes/, 256 * 1024 * 1024],
  [/^node_filesystem_files_free/, 20_000],
  [/^node_filefd_allocated/, 1000],
  [/^node_tcp_connection_states.*queued_bytes/, 1024 * 1024],
  [/^node_sockstat_.*_bytes$/, 16 * 1024 * 1024],
  [/^node_(?:sockstat|tcp_connection|nf_conntrack_entries|netstat_Tcp_CurrEstab|arp)/, 300],
  [/^node_(?:procs|processes)_/, 60],
  [/^node_load/, 1],
  [/^node_time_seconds/, 2],
  [/^node_entropy/, 256],
  [/^node_disk_io_now/, 64],
  // Counters that step between the peer's readings by their resolution.
  [/^node_(?:cpu|pressure|disk)_.*_total/, 0.011],
  [/^node_boot_time_seconds/, 1],
];

let peer: ChildProcess;
let address: string;

beforeAll(async () => {
  if (!existsSync(PEER)) {
    throw new Error(
      `${PEER} is missing: fetch Debian's prometheus-node-exporter with \`npx node scripts/peers.ts\``,
    );
  }
  const port = await freePort();
  address = `http://127.0.0.1:${port}/metrics`;
  peer = spawn(
    PEER,
    [
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.disable-exporter-metrics',
      '--collector.disable-defaults',
      ...COLLECTORS.map((name) => `--collector.${name}`),
      `--collector.filesystem.mount-points-exclude=${EXCLUDED_MOUNTS.source}`,
      `--collector.filesystem.fs-types-exclude=${EXCLUDED_FILESYSTEMS.source}`,
      `--collector.diskstats.device-exclude=${EXCLUDED_DISKS.source}`,
      `--collector.netdev.device-exclude=${EXCLUDED_NETWORK_DEVICES.source}`,
      `--collector.netclass.ignored-devices=${EXCLUDED_NETWORK_DEVICES.source}`,
      '--collector.netclass.ignore-invalid-speed',
    ],
    { stdio: 'ignore' },
  );
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(address).catch(() => undefined);
    if (answer?.ok) return;
    await systemClock.sleep(50);
  }
  throw new Error(`${PEER} does not answer at ${address}`);
});
afterAll(() => peer?.kill());

test('names, labels and values are those of node_exporter', async () => {
  const sources = hostSources({ nodeName: 'n', version: '1', clock: systemClock, log: silentLog });
  const host = sources.find((source) => source.name === 'host');
  try {
    let differences: string[] = [];
    // A host does not stand still: a process or a socket between two readings is no fault of ours.
    for (let round = 0; round < 3; round++) {
      const before = await peerSeries();
      const ours = new Map<string, number>();
      for (const { schema, values } of (await host?.collect(systemClock.nowMs())) ?? []) {
        schema.series.forEach((labels, i) => {
          expect(labelValue(labels, 'instance')).toBe('n');
          ours.set(printLabels(withLabels(labels, { instance: '', job: '' })), values[i] as number);
        });
      }
      const after = await peerSeries();
      expect(after.size).toBeGreaterThan(300);
      differences = compare(ours, before, after);
      if (differences.length === 0) break;
    }
    expect(differences).toEqual([]);
  } finally {
    for (const source of sources) source.close();
  }
});

interface PeerValue {
  readonly value: number;
  readonly isCounter: boolean;
}

function compare(
  ours: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, PeerValue>,
  after: ReadonlyMap<string, PeerValue>,
): string[] {
  const differences: string[] = [];
  for (const series of after.keys()) {
    if (!ours.has(series) && before.has(series) && !NOT_OURS.some((pattern) => pattern.test(series))) {
      differences.push(`missing: ${series}`);
    }
  }
  for (const [series, value] of ours) {
    const first = before.get(series);
    const last = after.get(series);
    if (first === undefined || last === undefined) {
      if (!NOT_THEIRS.some((pattern) => pattern.test(series))) differences.push(`not theirs: ${series}`);
      continue;
    }
    const low = Math.min(first.value, last.value);
    const high = Math.max(first.value, last.value);
    const named = SLACK.find(([pattern]) => pattern.test(series))?.[1] ?? 0;
    const slack = named + Math.abs(high) * (last.isCounter || named === 0 ? 1e-9 : 0.1);
    if (value < low - slack || value > high + slack) {
      differences.push(`${series}: ${value} is not within ${low} and ${high}`);
    }
  }
  return differences;
}

async function peerSeries(): Promise<Map<string, PeerValue>> {
  const found = new Map<string, PeerValue>();
  const counters = new Set<string>();
  const text = await (await fetch(address)).text();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) counter$/.exec(line);
    if (type !== null) counters.add(type[1] as string);
    const sample = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) continue;
    const [, name = '', pairs = '', value = ''] = sample;
    const labels: Record<string, string> = { [METRIC_NAME]: name };
    for (const [, key = '', quoted = ''] of pairs.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)) {
      labels[key] = JSON.parse(quoted) as string;
    }
    found.set(printLabels(labelsFrom(labels)), { value: Number(value), isCounter: counters.has(name) });
  }
  return found;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      server.close(() =>
        typeof bound === 'object' && bound !== null ? resolve(bound.port) : reject(new Error('BUG: no port')),
      );
    });
  });
}
