import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { labelValue } from '../../../wire/labels.ts';
import { hostSources } from '../host-sources.ts';
import type { Source } from '../source.ts';
import { Text } from '../text.ts';
import type { StatFs } from './filesystem.ts';
import { EXCLUDED_FILESYSTEMS, EXCLUDED_MOUNTS } from './filesystem.ts';
import { NETWORK_FILESYSTEMS, parseMounts } from './mounts.ts';

const ANSWER: StatFs = { bsize: 4096, blocks: 10, bfree: 5, bavail: 4, files: 3, ffree: 2 };

describe('hanging file systems', () => {
  let root: string;
  let source: Source;
  let asked: string[];
  const hanging = new Map<string, (answer: StatFs) => void>();

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'binnacle-mounts-'));
    asked = [];
  });
  afterEach(() => {
    source.close();
    rmSync(root, { recursive: true });
  });

  function start(mountpoints: readonly string[], hang: ReadonlySet<string>): void {
    mkdirSync(join(root, 'self'), { recursive: true });
    writeFileSync(
      join(root, 'self/mounts'),
      mountpoints.map((path) => `/dev/x ${path} ext4 rw 0 0\n`).join(''),
    );
    const statfs = (path: string): Promise<StatFs> => {
      asked.push(path);
      if (!hang.has(path)) return Promise.resolve(ANSWER);
      return new Promise((resolve) => hanging.set(path, resolve));
    };
    const limits = { statfsTimeoutMs: 30, maxStatfsInFlight: 2 };
    const options = { nodeName: 'n', version: '1', clock: systemClock, log: silentLog };
    [source] = hostSources({ ...options, procRoot: root, sysRoot: root, statfs, limits }) as [Source];
  }

  async function errors(atMs: number): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const { schema, values } of await source.collect(atMs)) {
      schema.series.forEach((labels, i) => {
        if (labelValue(labels, '__name__') !== 'node_filesystem_device_error') return;
        found[labelValue(labels, 'mountpoint')] = values[i] as number;
      });
    }
    return found;
  }

  test('one is asked once, tells its error, and is well again when it answers', async () => {
    start(['/a', '/stuck', '/b'], new Set(['/stuck']));
    expect(await errors(1000)).toEqual({ '/a': 0, '/stuck': 1, '/b': 0 });
    expect(await errors(2000)).toEqual({ '/a': 0, '/stuck': 1, '/b': 0 });
    expect(await errors(3000)).toEqual({ '/a': 0, '/stuck': 1, '/b': 0 });
    expect(asked.filter((path) => path === '/stuck')).toHaveLength(1);
    hanging.get('/stuck')?.(ANSWER);
    await systemClock.sleep(5);
    start(['/a', '/stuck', '/b'], new Set());
    expect(await errors(4000)).toEqual({ '/a': 0, '/stuck': 0, '/b': 0 });
  });

  test('after its late answer it is asked again', async () => {
    start(['/stuck'], new Set(['/stuck']));
    await errors(1000);
    hanging.get('/stuck')?.(ANSWER);
    await systemClock.sleep(5);
    await errors(2000);
    expect(asked).toEqual(['/stuck', '/stuck']);
  });

  test('no more hang than may, however many are dead', async () => {
    const dead = ['/d1', '/d2', '/d3', '/d4'];
    start([...dead, '/a'], new Set(dead));
    for (let atMs = 1000; atMs < 5000; atMs += 1000) {
      expect(await errors(atMs)).toEqual({ '/d1': 1, '/d2': 1, '/d3': 1, '/d4': 1, '/a': 1 });
    }
    expect(asked).toEqual(['/d1', '/d2']);
  });
});

test.each([
  [
    EXCLUDED_MOUNTS,
    ['/dev', '/dev/shm', '/proc', '/sys/fs/x', '/var/lib/docker/overlay2/a', '/var/lib/kubelet/pods/1/v'],
  ],
  [EXCLUDED_FILESYSTEMS, ['cgroup2', 'overlay', 'proc', 'tracefs']],
  [NETWORK_FILESYSTEMS, ['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', '9p', 'fuse.sshfs']],
])('%s is left out', (pattern, names) => {
  for (const name of names) expect(pattern.test(name), name).toBe(true);
});

test.each([
  [EXCLUDED_MOUNTS, ['/', '/home', '/run', '/development', '/var/lib/docker']],
  [EXCLUDED_FILESYSTEMS, ['ext4', 'tmpfs', 'xfs', 'zfs']],
  [NETWORK_FILESYSTEMS, ['ext4', 'nfsd2x', 'fuse', 'virtiofs']],
])('%s leaves in', (pattern, names) => {
  for (const name of names) expect(pattern.test(name), name).toBe(false);
});

test('any bytes are mounts or nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const mount of parseMounts(new Text(Buffer.from(bytes)))) expect(mount.mountpoint).toMatch(/^\//);
    }),
  );
});
