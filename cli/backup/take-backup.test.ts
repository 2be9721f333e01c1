import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { Journal } from '../../aggregator/store/sqlite/journal.ts';
import { LogPartition } from '../../aggregator/store/sqlite/log-partition.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { restore } from './restore.ts';
import { takeBackup, type BackupOptions } from './take-backup.ts';

function dataFolder(): string {
  const folder = join(temporaryFolder(), 'data');
  mkdirSync(join(folder, 'store/logs'), { recursive: true });
  const journal = new Journal(join(folder, 'store/journal.db'), 0);
  journal.commit([{ kind: 1, newestMs: 0, body: Uint8Array.of(1, 2, 3) }]);
  journal.close();
  for (const day of ['2026-01-09', '2026-01-10']) addLine(folder, day, 1);
  return folder;
}

function addLine(folder: string, day: string, number: number): void {
  const partition = new LogPartition(join(folder, `store/logs/${day}.db`));
  partition.begin();
  partition.add(['a', 'b'], {
    timesNs: BigInt64Array.of(BigInt(number)),
    ends: Uint32Array.of(1),
    bytes: Buffer.of(65),
  });
  partition.commit(number);
  partition.close();
}

function options(dataDir: string, more: Partial<BackupOptions> = {}): BackupOptions {
  const { signal } = new AbortController();
  // Long after all changes, so that each counts as settled.
  const nowMs = Date.UTC(2100, 0);
  const target = join(dataDir, '../backup');
  return { dataDir, target, base: undefined, version: '1', nowMs, signal, onProgress: () => {}, ...more };
}

describe('a backup that is stopped', () => {
  test.each(['a new folder', 'an empty folder'])('leaves nothing in %s', async (what) => {
    const dataDir = dataFolder();
    const target = join(dataDir, '../backup');
    if (what === 'an empty folder') mkdirSync(target);
    const stop = new AbortController();
    const onProgress = (path: string): void => {
      if (path.startsWith('store/logs/')) stop.abort();
    };
    const taking = takeBackup(options(dataDir, { signal: stop.signal, onProgress }));
    await expect(taking).rejects.toThrow('it was asked to stop');
    expect(existsSync(target) ? readdirSync(target) : 'no folder').toEqual(
      what === 'an empty folder' ? [] : 'no folder',
    );
  });

  test('and a restore, leave the data folder as it was', async () => {
    const dataDir = dataFolder();
    await takeBackup(options(dataDir));
    const target = join(dataDir, '../restored');
    const stop = new AbortController();
    const onProgress = (): void => stop.abort();
    const restoring = restore({
      source: join(dataDir, '../backup'),
      dataDir: target,
      signal: stop.signal,
      onProgress,
    });
    await expect(restoring).rejects.toThrow('it was asked to stop');
    expect(readdirSync(target)).toEqual([]);
  });
});

describe('a backup with a base', () => {
  const inode = (folder: string, day: string): number => statSync(join(folder, `store/logs/${day}.db`)).ino;

  test('links what has not changed', async () => {
    const dataDir = dataFolder();
    const [base, target] = [join(dataDir, '../base'), join(dataDir, '../backup')];
    await takeBackup(options(dataDir, { target: base }));
    addLine(dataDir, '2026-01-10', 2);
    const { linked, manifest } = await takeBackup(options(dataDir, { target, base }));
    expect(linked).toBe(2);
    expect(inode(target, '2026-01-09')).toBe(inode(base, '2026-01-09'));
    expect(inode(target, '2026-01-10')).not.toBe(inode(base, '2026-01-10'));
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'store/journal.db',
      'store/logs/2026-01-10.db',
      'store/logs/2026-01-09.db',
    ]);
    // Its entries are good for the next one.
    const third = await takeBackup(options(dataDir, { target: join(dataDir, '../third'), base: target }));
    expect(third.linked).toBe(3);
  });

  test('copies what is damaged there', async () => {
    const dataDir = dataFolder();
    const [base, target] = [join(dataDir, '../base'), join(dataDir, '../backup')];
    await takeBackup(options(dataDir, { target: base }));
    writeFileSync(join(base, 'store/logs/2026-01-09.db'), 'nothing');
    expect((await takeBackup(options(dataDir, { target, base }))).linked).toBe(2);
    expect(statSync(join(target, 'store/logs/2026-01-09.db')).size).toBeGreaterThan(4096);
  });

  test('that is none is refused before anything is made', async () => {
    const dataDir = dataFolder();
    const taking = takeBackup(options(dataDir, { base: dataDir }));
    await expect(taking).rejects.toThrow(/is not a backup/);
    expect(existsSync(join(dataDir, '../backup'))).toBe(false);
  });
});
