import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import type { Fields } from '../../../lib/log.ts';
import { silentLog } from '../../../lib/log.ts';
import { labelValue, printLabels, withLabels } from '../../../wire/labels.ts';
import { plantTree } from '../fixtures/plant-tree.ts';
import type { HostSourcesOptions } from '../host-sources.ts';
import { hostSources } from '../host-sources.ts';
import type { Frame, Source } from '../source.ts';

const ANSWER = { bsize: 4096, blocks: 1000, bfree: 500, bavail: 400, files: 100, ffree: 60 };

let root: string;
const sources: Source[] = [];
beforeEach(() => {
  root = plantTree('hybrid');
});
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  rmSync(root, { recursive: true });
});

function hostSource(options: Partial<HostSourcesOptions> = {}): Source {
  const all = hostSources({
    nodeName: 'n1',
    version: '1.2.3',
    clock: new FakeClock(1_700_000_000_500),
    log: silentLog,
    procRoot: join(root, 'proc'),
    sysRoot: join(root, 'sys'),
    statfs: () => Promise.resolve(ANSWER),
    ...options,
  });
  sources.push(...all);
  return all[0] as Source;
}

function byName(frames: readonly Frame[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { schema, values } of frames) {
    expect(schema.series.length).toBe(values.length);
    schema.series.forEach((labels, i) => {
      expect(labelValue(labels, 'job')).toBe('node-exporter');
      found.set(printLabels(withLabels(labels, { job: '', instance: '' })), values[i] as number);
    });
  }
  return found;
}

describe('on a captured host', () => {
  const expected: readonly (readonly [series: string, value: number])[] = [
    ['node_boot_time_seconds', 1_795_164_238],
    ['node_time_seconds', 1_700_000_000.5],
    ['node_exporter_build_info{version="1.2.3"}', 1],
    ['node_memory_MemTotal_bytes', 24_684_096 * 1024],
    ['node_memory_HugePages_Total', 0],
    ['node_vmstat_oom_kill', 0],
    ['node_entropy_pool_size_bits', 256],
    ['node_nf_conntrack_entries_limit', 262_144],
    ['node_nf_conntrack_stat_drop', 0],
    ['node_network_up{device="eth0"}', 1],
    ['node_network_up{device="lo"}', 0],
    ['node_network_flags{device="eth0"}', 0x1003],
    ['node_network_mtu_bytes{device="eth0"}', 1400],
    ['node_network_speed_bytes{device="bond0"}', 1.25e9],
    ['node_arp_entries{device="eth0"}', 1],
    ['node_bonding_slaves{master="bond0"}', 2],
    ['node_bonding_active{master="bond0"}', 1],
    ['node_cpu_core_throttles_total{core="1", package="0"}', 4],
    ['node_cpu_package_throttles_total{package="0"}', 7],
    ['node_md_disks_required{device="md0"}', 2],
    ['node_md_disks{device="md0", state="active"}', 2],
    ['node_md_disks_required{device="md1"}', 3],
    ['node_md_disks{device="md1", state="active"}', 2],
    ['node_md_disks{device="md1", state="failed"}', 1],
    ['node_md_disks{device="md1", state="spare"}', 1],
    ['node_md_state{device="md1", state="recovering"}', 1],
    ['node_md_disks{device="md2", state="active"}', 2],
    ['node_md_state{device="md3", state="inactive"}', 1],
    ['node_tcp_connection_states{state="listen"}', 2],
    ['node_tcp_connection_states{state="established"}', 1],
    ['node_tcp_connection_states{state="close_wait"}', 1],
    ['node_tcp_connection_states{state="time_wait"}', 1],
    ['node_tcp_connection_states{state="tx_queued_bytes"}', 16],
    ['node_tcp_connection_states{state="rx_queued_bytes"}', 258],
    ['node_filesystem_size_bytes{device="/dev/vda", fstype="ext4", mountpoint="/"}', 4_096_000],
    ['node_filesystem_readonly{device="/dev/vdb", fstype="xfs", mountpoint="/srv/two words"}', 1],
    ['node_filesystem_avail_bytes{device="tmpfs", fstype="tmpfs", mountpoint="/run"}', 1_638_400],
    ['node_processes_pids', 1],
    ['node_processes_max_processes', 32_768],
  ];
  test('series and their values', async () => {
    const found = byName(await hostSource().collect(1_000_000));
    for (const [series, value] of expected) expect.soft(found.get(series), series).toBe(value);
  });

  test('what is excluded has no series', async () => {
    const found = byName(await hostSource().collect(1_000_000));
    const names = [...found.keys()].join('\n');
    expect(names).not.toMatch(/nfs4|kubelet|fstype="proc"|loop0|zram0/);
    const network = byName(await hostSource({ networkFilesystems: true }).collect(1_000_000));
    expect([...network.keys()].join('\n')).toContain('mountpoint="/net/export"');
  });

  test('schemas stay the same objects from tick to tick', async () => {
    const source = hostSource();
    const first = await source.collect(1_000_000);
    const second = await source.collect(1_005_000);
    expect(second.map((frame) => frame.schema)).toEqual(first.map((frame) => frame.schema));
    second.forEach((frame, i) => expect(frame.schema).toBe(first[i]?.schema));
  });
});

describe('CPU times', () => {
  const series = 'node_cpu_seconds_total{cpu="0", mode="idle"}';
  const line = (idle: number): void =>
    writeFileSync(join(root, 'proc/stat'), `cpu  1 2 3 4\ncpu0 100 0 50 ${idle} 7 0 0 5 1 0\n`);

  test('never fall by a tick, and begin anew with the CPU', async () => {
    const source = hostSource();
    const seen: (number | undefined)[] = [];
    for (const idle of [1000, 998, 1001, 20]) {
      line(idle);
      seen.push(byName(await source.collect(1_000_000 + seen.length * 5000)).get(series));
    }
    expect(seen).toEqual([10, 10, 10.01, 0.2]);
  });

  test('columns that a kernel lacks are absent', async () => {
    writeFileSync(join(root, 'proc/stat'), 'cpu0 100 0 50 7\n');
    const found = byName(await hostSource().collect(1_000_000));
    expect(found.get('node_cpu_seconds_total{cpu="0", mode="user"}')).toBe(1);
    expect(found.has('node_cpu_seconds_total{cpu="0", mode="steal"}')).toBe(false);
  });
});

test('a network device that goes takes its series along, a new one brings its own', async () => {
  const source = hostSource();
  await source.collect(1_000_000);
  rmSync(join(root, 'sys/class/net/ifb0'), { recursive: true });
  mkdirSync(join(root, 'sys/class/net/eth9'));
  writeFileSync(join(root, 'sys/class/net/eth9/operstate'), 'up\n');
  const found = byName(await source.collect(1_005_000));
  expect(found.get('node_network_up{device="eth9"}')).toBe(1);
  expect(found.has('node_network_up{device="ifb0"}')).toBe(false);
});

test('a host with too many TCP sockets is not asked for their states', async () => {
  const told: string[] = [];
  const log = { ...silentLog, warn: (message: string) => told.push(message) };
  const found = byName(await hostSource({ limits: { maxTcpSockets: 0 }, log }).collect(1_000_000));
  expect([...found.keys()].join('\n')).not.toContain('node_tcp_connection_states');
  expect(told).toContain('too many TCP sockets, states are left out');
});

test('nothing at all under the roots is no failure', async () => {
  const source = hostSource({ procRoot: join(root, 'no'), sysRoot: join(root, 'no') });
  const found = byName(await source.collect(1_000_000));
  expect(found.get('node_time_seconds')).toBe(1_700_000_000.5);
  expect(found.has('node_load1')).toBe(false);
});

test('a collector that fails is told of once, the others go on', async () => {
  const told: Fields[] = [];
  const log = { ...silentLog, warn: (_: string, fields: Fields = {}) => told.push(fields) };
  rmSync(join(root, 'sys/class/net'), { recursive: true });
  const source = hostSource({ log });
  await source.collect(1_000_000);
  const found = byName(await source.collect(1_005_000));
  expect(found.has('node_load1')).toBe(true);
  expect(told.filter((fields) => fields['name'] === 'netclass')).toHaveLength(1);
});

test('any bytes in any file give finite numbers or nothing', async () => {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('cgroup'))
    .map((entry) => join(entry.parentPath, entry.name));
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        'cpu0 ',
        'Tcp: ',
        'TCP: inuse ',
        ' md0 : active ',
        '[2/1] [_U]\n',
        'some total=',
        ':',
        '\n',
        ' ',
        '-',
      )
      .map((text) => Buffer.from(text)),
    fc.double().map((value) => Buffer.from(` ${value} `)),
  );
  const odd = fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.concat(pieces));
  const source = hostSource();
  let atMs = 1_000_000;
  await fc.assert(
    fc.asyncProperty(fc.array(odd, { minLength: 5, maxLength: 5 }), fc.nat(), async (contents, start) => {
      contents.forEach((content, i) => {
        for (let at = (start + i) % 5; at < files.length; at += 5)
          writeFileSync(files[at] as string, content);
      });
      const frames = await source.collect((atMs += 5000));
      for (const value of byName(frames).values()) expect(Number.isFinite(value)).toBe(true);
    }),
    { numRuns: 30 },
  );
});
