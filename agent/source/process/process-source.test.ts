import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { labelsToRecord, METRIC_NAME } from '../../../wire/labels.ts';
import type { HostSourcesOptions } from '../host-sources.ts';
import { hostSources } from '../host-sources.ts';
import type { Frame, Source } from '../source.ts';

const BOOT_SECONDS = 1_700_000_000;
const START_MS = (BOOT_SECONDS + 1000) * 1000;

let proc: string;
const sources: Source[] = [];
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'binnacle-proc-'));
  writeFileSync(join(proc, 'stat'), `btime ${BOOT_SECONDS}\n`);
});
afterEach(() => {
  for (const source of sources.splice(0)) source.close();
  rmSync(proc, { recursive: true });
});

interface Fake {
  readonly comm?: string;
  readonly cpuTicks?: number;
  readonly startTicks?: number;
  readonly pages?: number;
  readonly readBytes?: number;
  readonly sockets?: number;
  readonly flags?: number;
}

function put(pid: number, fake: Fake): void {
  const { comm = `p${pid}`, cpuTicks = 0, startTicks = 500, pages = 0, readBytes = 0, flags = 0 } = fake;
  const folder = join(proc, String(pid));
  mkdirSync(join(folder, 'fd'), { recursive: true });
  writeFileSync(
    join(folder, 'stat'),
    `${pid} (${comm}) S 1 1 1 0 -1 ${flags} 0 0 0 0 ${cpuTicks} 0 0 0 20 0 1 0 ${startTicks} 0 ${pages} 0\n`,
  );
  writeFileSync(
    join(folder, 'io'),
    `rchar: 1\nread_bytes: ${readBytes}\nwrite_bytes: 7\ncancelled_write_bytes: 3\n`,
  );
  writeFileSync(join(folder, 'cgroup'), `0::/g${pid}\n`);
  for (let i = 0; i < (fake.sockets ?? 0); i++)
    symlinkSync(`socket:[${i}]`, join(folder, 'fd', String(i + 10)));
}

function processSource(limits: HostSourcesOptions['limits'] = {}, procRoot = proc): Source {
  const all = hostSources({
    nodeName: 'n1',
    version: '1',
    clock: systemClock,
    log: silentLog,
    procRoot,
    sysRoot: join(proc, 'no'),
    limits,
  }) as [Source, Source, Source];
  sources.push(...all);
  return all[2];
}

interface Shown extends Record<string, number | string | undefined> {
  pid: string;
}

function shown(frames: readonly Frame[]): Shown[] {
  return frames.map(({ schema, values }) => {
    const row: Shown = { pid: '' };
    schema.series.forEach((series, i) => {
      const { [METRIC_NAME]: name = '', pid = '', comm, id, job } = labelsToRecord(series);
      expect(job).toBe('binnacle-agent');
      Object.assign(row, { pid, comm, id, [name.replace('binnacle_process_', '')]: values[i] });
    });
    return row;
  });
}

async function pids(source: Source, atMs: number): Promise<string[]> {
  return shown(await source.collect(atMs)).map((row) => row.pid);
}

test('the busiest of each kind, with all that is known of them', async () => {
  put(10, { comm: 'burner', cpuTicks: 5000 });
  put(11, { comm: 'big', pages: 1000 });
  put(12, { comm: 'reader' });
  put(13, { comm: 'server', sockets: 3 });
  put(14, { comm: 'idle' });
  put(15, { comm: 'kworker', cpuTicks: 90_000, flags: 0x00200000 });
  const source = processSource({ maxBusiestProcesses: 1 });
  await source.collect(START_MS);
  put(12, { comm: 'reader', cpuTicks: 1, readBytes: 5_000_000 });
  const rows = shown(await source.collect(START_MS + 5000)).sort((a, b) => a.pid.localeCompare(b.pid));
  expect(rows).toEqual([
    {
      pid: '10',
      comm: 'burner',
      id: '/g10',
      cpu_seconds_total: 50,
      resident_memory_bytes: 0,
      read_bytes_total: 0,
      written_bytes_total: 7,
      open_sockets: 0,
      start_time_seconds: BOOT_SECONDS + 5,
    },
    expect.objectContaining({ comm: 'big', resident_memory_bytes: 4_096_000 }),
    expect.objectContaining({ comm: 'reader', read_bytes_total: 5_000_000 }),
    expect.objectContaining({ comm: 'server', open_sockets: 3 }),
  ]);
});

test('one that begins to burn is there in the next tick, and schemas stay', async () => {
  for (let pid = 10; pid < 40; pid++) put(pid, { cpuTicks: 400 });
  const source = processSource({ maxBusiestProcesses: 3 });
  await source.collect(START_MS);
  const before = await source.collect(START_MS + 5000);
  put(35, { cpuTicks: 900 });
  const after = await source.collect(START_MS + 10_000);
  expect(shown(after).map((row) => row.pid)).toContain('35');
  for (const frame of after) {
    const pid = shown([frame])[0]?.pid;
    const old = before.find((other) => shown([other])[0]?.pid === pid);
    if (old !== undefined) expect(frame.schema).toBe(old.schema);
  }
});

test('a pid that is used again is another process, exec() another name', async () => {
  put(10, { comm: 'old', cpuTicks: 900 });
  const source = processSource();
  const [old] = await source.collect(START_MS);
  put(10, { comm: 'new', cpuTicks: 5, startTicks: 90_000, pages: 1 });
  const [reused] = await source.collect(START_MS + 5000);
  expect(shown([reused as Frame])[0]).toMatchObject({ comm: 'new', start_time_seconds: BOOT_SECONDS + 900 });
  expect(reused?.schema).not.toBe(old?.schema);
  put(10, { comm: 'exec', cpuTicks: 6, startTicks: 90_000, pages: 1 });
  const [renamed] = await source.collect(START_MS + 10_000);
  expect(shown([renamed as Frame])[0]).toMatchObject({ comm: 'exec', cpu_seconds_total: 0.06 });
});

test('one that ends is gone, also in the middle of a tick', async () => {
  put(10, { cpuTicks: 900 });
  put(11, { cpuTicks: 900 });
  const source = processSource();
  expect(await pids(source, START_MS)).toHaveLength(2);
  rmSync(join(proc, '10'), { recursive: true });
  writeFileSync(join(proc, '11/stat'), '11 (p1');
  expect(await pids(source, START_MS + 5000)).toEqual([]);
});

describe('on a host with more processes than a tick looks at', () => {
  test('all have their turn', async () => {
    for (let pid = 100; pid < 200; pid++) put(pid, { pages: 1 });
    put(177, { pages: 9000 });
    const source = processSource({ maxProcessStatReads: 10, maxBusiestProcesses: 1 });
    let ticks = 0;
    while (!(await pids(source, START_MS + ticks * 5000)).includes('177')) expect(++ticks).toBeLessThan(11);
    put(142, { pages: 90_000 });
    while (!(await pids(source, START_MS + ticks * 5000)).includes('142')) expect(++ticks).toBeLessThan(30);
  });

  test('sockets are counted over as many ticks as it takes', async () => {
    put(10, { cpuTicks: 900, sockets: 25 });
    put(11, { cpuTicks: 900, sockets: 2 });
    const source = processSource({ maxSocketLinks: 10 });
    const counts: unknown[] = [];
    for (let tick = 0; tick < 5; tick++) {
      const rows = shown(await source.collect(START_MS + tick * 1000));
      counts.push(rows.map((row) => row['open_sockets']));
    }
    expect(counts[0]).toEqual([undefined, undefined]);
    expect(counts.at(-1)).toEqual([25, 2]);
  });
});

test('this machine: a child that burns CPU is among the busiest', async () => {
  const child = spawn(process.execPath, ['-e', 'for(;;);']);
  try {
    const source = processSource({}, '/proc');
    let found: Shown | undefined;
    for (let tick = 0; tick < 50 && found === undefined; tick++) {
      await systemClock.sleep(100);
      const rows = shown(await source.collect(systemClock.nowMs()));
      found = rows.find((row) => row.pid === String(child.pid) && Number(row['cpu_seconds_total']) > 0);
    }
    expect(found).toMatchObject({
      comm: expect.stringMatching(/node|Main/),
      id: expect.stringMatching(/^\//),
    });
  } finally {
    child.kill('SIGKILL');
  }
});
