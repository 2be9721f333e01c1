import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { labelValue, METRIC_NAME } from '../../../wire/labels.ts';
import { plantTree } from '../fixtures/plant-tree.ts';
import type { HostSourcesOptions } from '../host-sources.ts';
import { hostSources } from '../host-sources.ts';
import type { Frame, Source } from '../source.ts';

const ID1 = `aaaaaaaa${'0123456789abcdef'.repeat(3)}00000001`;
const ID2 = `bbbbbbbb${'0123456789abcdef'.repeat(3)}00000002`;
const ID3 = `cccccccc${'0123456789abcdef'.repeat(3)}00000003`;
const UID = '8c2f3a10-1b2c-4d5e-8f90-a1b2c3d4e5f6';
const POD_V2 = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;
const V2 = `${POD_V2}/cri-containerd-${ID1}.scope`;
const V1 = `/kubepods/burstable/pod${UID}/${ID1}`;
const AT_MS = 1_700_000_100_000;

const roots: string[] = [];
const sources: Source[] = [];
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function plant(name: 'hybrid' | 'v1' | 'v2'): string {
  const root = plantTree(name);
  roots.push(root);
  return root;
}

function cgroupSource(root: string, limits: HostSourcesOptions['limits'] = {}): Source {
  const [, source, ...rest] = hostSources({
    nodeName: 'n1',
    version: '1',
    clock: new FakeClock(),
    log: silentLog,
    procRoot: join(root, 'proc'),
    sysRoot: join(root, 'sys'),
    rootfs: root,
    limits,
  }) as [Source, Source, Source];
  sources.push(source, ...rest);
  return source;
}

/** Values by id, then by name and device. */
function byId(frames: readonly Frame[]): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>();
  for (const { schema, values } of frames) {
    schema.series.forEach((labels, i) => {
      const id = labelValue(labels, 'id');
      const device = labelValue(labels, 'device');
      const name = labelValue(labels, METRIC_NAME) + (device && ` ${device}`);
      const series = found.get(id) ?? new Map<string, number>();
      found.set(id, series.set(name, values[i] as number));
    });
  }
  return found;
}

async function read(source: Source, atMs = AT_MS): Promise<Map<string, Map<string, number>>> {
  return byId(await source.collect(atMs));
}

test('v2', async () => {
  const expected: [id: string, series: Record<string, number | undefined>][] = [
    [
      V2,
      {
        container_cpu_usage_seconds_total: 45,
        container_cpu_user_seconds_total: 33.75,
        container_cpu_system_seconds_total: 11.25,
        container_cpu_cfs_periods_total: 594,
        container_cpu_cfs_throttled_periods_total: 96,
        container_cpu_cfs_throttled_seconds_total: 3.745894,
        container_memory_usage_bytes: 1e9,
        container_memory_working_set_bytes: 875e6,
        container_memory_rss: 5e8,
        container_memory_cache: 25e7,
        container_memory_swap: 8192,
        container_memory_mapped_file: 4096,
        container_memory_max_usage_bytes: 1_000_004_096,
        container_memory_failcnt: 5,
        container_oom_events_total: 1,
        container_processes: 3,
        container_threads: 7,
        container_threads_max: 1000,
        container_pressure_cpu_waiting_seconds_total: 4.5,
        container_pressure_cpu_stalled_seconds_total: 2.25,
        container_last_seen: 1_700_000_100,
        container_spec_cpu_period: 100_000,
        container_spec_cpu_quota: 20_000,
        container_spec_cpu_shares: 80,
        container_spec_memory_limit_bytes: 1_073_741_824,
        container_spec_memory_swap_limit_bytes: 0,
        'container_fs_reads_bytes_total /dev/nvme0n1': 4096,
        'container_fs_writes_bytes_total /dev/nvme0n1': 8192,
        'container_fs_reads_total /dev/nvme0n1': 1,
        'container_fs_writes_total /dev/nvme0n1': 2,
        'container_fs_reads_bytes_total /dev/sda': 512,
      },
    ],
    // More inactive file pages than memory in use: not below 0.
    [`${POD_V2}/cri-containerd-${ID2}.scope`, { container_memory_working_set_bytes: 0 }],
    [
      '/system.slice/containerd.service',
      {
        container_spec_memory_limit_bytes: 0,
        container_spec_cpu_quota: undefined,
        container_cpu_cfs_periods_total: undefined,
        container_spec_cpu_shares: 2597,
        container_threads_max: 18_000,
      },
    ],
    // The root has no memory.current: the machine's use stands in.
    [
      '/',
      {
        container_cpu_usage_seconds_total: 9,
        container_memory_usage_bytes: 10_240_000_000,
        container_memory_working_set_bytes: 8_240_000_000,
        container_memory_swap: 1_048_576_000,
        container_spec_memory_limit_bytes: 16_777_216_000,
        container_processes: 3,
      },
    ],
    [
      '',
      {
        machine_cpu_cores: 4,
        machine_memory_bytes: 16_777_216_000,
        binnacle_agent_cgroups: 16,
        binnacle_agent_cgroups_skipped: 0,
      },
    ],
  ];
  const found = await read(cgroupSource(plant('v2')));
  for (const [id, series] of expected) {
    for (const [name, value] of Object.entries(series)) {
      expect.soft(found.get(id)?.get(name), `${name} of ${id}`).toBe(value);
    }
  }
});

test('v1', async () => {
  const expected: [id: string, series: Record<string, number | undefined>][] = [
    [
      V1,
      {
        container_cpu_usage_seconds_total: 45.123456789,
        container_cpu_user_seconds_total: 30,
        container_cpu_system_seconds_total: 15,
        container_cpu_cfs_periods_total: 10,
        container_cpu_cfs_throttled_periods_total: 3,
        container_cpu_cfs_throttled_seconds_total: 1.5,
        container_memory_usage_bytes: 8e8,
        container_memory_working_set_bytes: 7e8,
        container_memory_rss: 4e8,
        container_memory_cache: 2e8,
        container_memory_swap: 8192,
        container_memory_failcnt: 5,
        container_oom_events_total: 2,
        container_processes: 3,
        container_threads: 7,
        container_threads_max: 1000,
        container_spec_cpu_quota: 20_000,
        container_spec_cpu_shares: 102,
        container_spec_memory_limit_bytes: 1_073_741_824,
        container_spec_memory_swap_limit_bytes: 0,
        container_pressure_cpu_waiting_seconds_total: undefined,
        'container_fs_reads_bytes_total /dev/nvme0n1': 4096,
        'container_fs_writes_total /dev/nvme0n1': 2,
      },
    ],
    [`/docker/${ID3}`, { container_memory_working_set_bytes: 0, container_spec_cpu_quota: undefined }],
    ['/', { container_memory_usage_bytes: 9e9, container_spec_memory_limit_bytes: 16_777_216_000 }],
    ['', { machine_cpu_cores: 4, binnacle_agent_cgroups: 14 }],
  ];
  const found = await read(cgroupSource(plant('v1')));
  for (const [id, series] of expected) {
    for (const [name, value] of Object.entries(series)) {
      expect.soft(found.get(id)?.get(name), `${name} of ${id}`).toBe(value);
    }
  }
});

test('hybrid: v1 tells what it has, pressure comes from v2', async () => {
  const found = await read(cgroupSource(plant('hybrid')));
  expect([...found.keys()].sort()).toEqual(
    ['', '/', '/machine.slice', '/machine.slice/one', '/machine.slice/two'].sort(),
  );
  const root = found.get('/');
  expect(root?.get('container_memory_rss')).toBeGreaterThan(0);
  expect(root?.get('container_pressure_cpu_waiting_seconds_total')).toBe(50.981468);
  expect(root?.get('container_cpu_usage_seconds_total')).toBeGreaterThan(0);
  expect(found.get('/machine.slice/one')?.get('container_memory_usage_bytes')).toBe(161_357_824);
});

test('the labels are those of cAdvisor', async () => {
  const frames = await cgroupSource(plant('v2')).collect(AT_MS);
  const labels = frames.flatMap((frame) => frame.schema.series);
  const usage = labels.find(
    (l) => labelValue(l, 'id') === V2 && labelValue(l, METRIC_NAME).endsWith('working_set_bytes'),
  );
  expect(usage).toEqual([
    '__name__',
    'container_memory_working_set_bytes',
    'id',
    V2,
    'instance',
    'n1',
    'job',
    'cadvisor',
    'node',
    'n1',
  ]);
  const cores = labels.find((l) => labelValue(l, METRIC_NAME) === 'machine_cpu_cores') ?? [];
  expect(labelValue(cores, 'boot_id')).toBe('5d3c7c0e-0000-4000-8000-000000000001');
  expect(labelValue(cores, 'system_uuid')).toBe('4c4c4544-0000-2010-8020-80c04f202020');
});

test('new numbers are seen at once, settings within a minute', async () => {
  const root = plant('v2');
  const source = cgroupSource(root);
  const folder = join(root, 'sys/fs/cgroup', V2);
  await read(source);
  writeFileSync(join(folder, 'memory.current'), '2000000000\n');
  writeFileSync(join(folder, 'memory.max'), '3000000000\n');
  expect((await read(source)).get(V2)?.get('container_memory_usage_bytes')).toBe(2e9);
  let ticks = 0;
  while ((await read(source)).get(V2)?.get('container_spec_memory_limit_bytes') !== 3e9) {
    expect(++ticks).toBeLessThan(12);
  }
});

test('cgroups come and go, and schemas stay as long as they do', async () => {
  const root = plant('v2');
  const source = cgroupSource(root);
  const first = await source.collect(AT_MS);
  const again = await source.collect(AT_MS);
  again.forEach((frame, i) => expect(frame.schema).toBe(first[i]?.schema));
  const folder = join(root, 'sys/fs/cgroup/system.slice/new.service');
  mkdirSync(folder);
  writeFileSync(join(folder, 'memory.current'), '4096\n');
  rmSync(join(root, 'sys/fs/cgroup', V2), { recursive: true });
  const found = await read(source);
  expect(found.get('/system.slice/new.service')?.get('container_memory_usage_bytes')).toBe(4096);
  expect(found.get('/system.slice/new.service')?.get('container_start_time_seconds')).toBe(
    Math.floor(statSync(folder).mtimeMs / 1000),
  );
  expect(found.has(V2)).toBe(false);
});

test('110 pods of three containers each are measured by default', async () => {
  const root = plant('v2');
  const parent = dirname(dirname(V2));
  const ids: string[] = [];
  for (let pod = 0; pod < 110; pod++) {
    for (let container = 0; container < 3; container++) {
      const of = `${pod}${container}`.padStart(64, '0');
      const id = `${parent}/kubepods-burstable-pod${pod}.slice/cri-containerd-${of}.scope`;
      mkdirSync(join(root, 'sys/fs/cgroup', id), { recursive: true });
      writeFileSync(join(root, 'sys/fs/cgroup', id, 'cpu.stat'), `usage_usec ${pod}000000\n`);
      writeFileSync(join(root, 'sys/fs/cgroup', id, 'memory.current'), `${4096 * pod}\n`);
      ids.push(id);
    }
  }
  const found = await read(cgroupSource(root));
  for (const [i, id] of ids.entries()) {
    const pod = Math.floor(i / 3);
    expect(found.get(id)?.get('container_cpu_usage_seconds_total'), id).toBe(pod);
    expect(found.get(id)?.get('container_memory_usage_bytes'), id).toBe(4096 * pod);
  }
  expect(found.get('')?.get('binnacle_agent_cgroups_skipped')).toBe(0);
});

test('a new container of v1 is there at once with all its controllers', async () => {
  const root = plant('v1');
  const source = cgroupSource(root);
  await read(source);
  for (const [controller, file] of [
    ['memory', 'memory.usage_in_bytes'],
    ['cpu,cpuacct', 'cpuacct.usage'],
    ['pids', 'pids.current'],
  ]) {
    const folder = join(root, 'sys/fs/cgroup', controller as string, 'docker/new');
    mkdirSync(folder);
    writeFileSync(join(folder, file as string), '1000000000\n');
  }
  const found = (await read(source)).get('/docker/new');
  expect(found?.get('container_cpu_usage_seconds_total')).toBe(1);
  expect(found?.get('container_memory_usage_bytes')).toBe(1e9);
  expect(found?.get('container_threads')).toBe(1e9);
});

test('no more cgroups than the limit, the others are counted', async () => {
  const found = await read(cgroupSource(plant('v2'), { maxCgroups: 5 }));
  expect(found.get('')?.get('binnacle_agent_cgroups')).toBe(5);
  expect(found.get('')?.get('binnacle_agent_cgroups_skipped')).toBeGreaterThan(0);
});

test('a host without cgroups still has a machine', async () => {
  const root = plant('v2');
  rmSync(join(root, 'sys/fs/cgroup'), { recursive: true });
  const found = await read(cgroupSource(root));
  expect([...found.keys()]).toEqual(['']);
  expect(found.get('')?.get('machine_cpu_cores')).toBe(4);
});

test.each(['v1', 'v2', 'hybrid'] as const)('%s: any bytes give finite numbers or nothing', async (name) => {
  const root = plant(name);
  const files = readdirSync(join(root, 'sys/fs/cgroup'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        'max',
        'anon ',
        'usage_usec ',
        '259:0 rbytes=',
        'some total=',
        '8:0 Read ',
        '\n',
        ' ',
        '-1',
        '=',
      )
      .map((text) => Buffer.from(text)),
    fc.double().map((value) => Buffer.from(String(value))),
  );
  const odd = fc.array(piece, { maxLength: 20 }).map((pieces) => Buffer.concat(pieces));
  const source = cgroupSource(root);
  await fc.assert(
    fc.asyncProperty(odd, fc.nat(6), async (content, start) => {
      for (let at = start; at < files.length; at += 7) writeFileSync(files[at] as string, content);
      for (const series of (await read(source)).values()) {
        for (const value of series.values()) expect(Number.isFinite(value)).toBe(true);
      }
    }),
    { numRuns: 25 },
  );
});
