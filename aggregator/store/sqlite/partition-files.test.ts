import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { DAY_MS, PartitionFiles } from './partition-files.ts';

test('what is there is remembered until it is said to have changed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = new PartitionFiles(folder);
  const startMs = Date.UTC(2026, 0, 10);
  const write = (day: number, bytes: number, end = ''): void =>
    writeFileSync(files.of(startMs + day * DAY_MS).file + end, Buffer.alloc(bytes));
  const days = (): number[] => files.list().map(({ fromMs }) => (fromMs - startMs) / DAY_MS);
  for (const [day, bytes] of [
    [1, 20],
    [0, 10],
    [-10, 5],
  ] as const)
    write(day, bytes);
  writeFileSync(join(folder, '2026-01-10.db.damaged'), 'x');
  expect(days()).toEqual([-10, 0, 1]);
  expect(files.totalBytes).toBe(35);
  write(1, 100);
  write(1, 7, '-wal');
  write(0, 1000);
  expect(files.totalBytes).toBe(35);
  const first = files.get(startMs + DAY_MS);
  files.changed(first);
  expect(files.totalBytes).toBe(122);
  write(3, 1);
  expect(files.count).toBe(3);
  files.changed();
  expect(files.get(startMs + 3 * DAY_MS)).toEqual(files.of(startMs + 3 * DAY_MS));
  expect(files.totalBytes).toBe(1113);
  files.remove(files.of(startMs + DAY_MS));
  expect(days()).toEqual([-10, 0, 3]);
  expect(files.totalBytes).toBe(1006);
  expect(files.get(startMs + DAY_MS)).toBeUndefined();
});
