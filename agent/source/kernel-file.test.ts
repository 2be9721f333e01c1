import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, expect, test } from 'vitest';

import type { Fields } from '../../lib/log.ts';
import { silentLog } from '../../lib/log.ts';
import { KernelFiles } from './kernel-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binnacle-file-'));
  return () => rmSync(folder, { recursive: true });
});

function firstLine(text: { nextLine(): boolean; rest(): string } | undefined): string | undefined {
  return text?.nextLine() ? text.rest() : undefined;
}

test('reads what the file holds now, from one descriptor', () => {
  const files = new KernelFiles({ log: silentLog });
  writeFileSync(join(folder, 'a'), 'one\n');
  const file = files.file(join(folder, 'a'));
  expect(firstLine(file.read())).toBe('one');
  writeFileSync(join(folder, 'a'), 'two\n');
  expect(firstLine(file.read())).toBe('two');
  expect(files.openFiles).toBe(1);
  files.close();
  expect(files.openFiles).toBe(0);
});

test('reads files longer than its buffer, and cuts at the last whole line', () => {
  const line = 'x'.repeat(99);
  writeFileSync(join(folder, 'long'), `${line}\n`.repeat(3000));
  const whole = new KernelFiles({ log: silentLog });
  expect(whole.readOnce(join(folder, 'long'))?.end).toBe(300_000);
  const cut = new KernelFiles({ log: silentLog, maxFileBytes: 100_050 });
  expect(cut.readOnce(join(folder, 'long'))?.end).toBe(100_000);
});

test('a file that is missing is tried again later, one that goes is noticed', () => {
  const files = new KernelFiles({ log: silentLog });
  const file = files.file(join(folder, 'late'));
  expect(file.read()).toBeUndefined();
  writeFileSync(join(folder, 'late'), 'here\n');
  let reads = 0;
  while (firstLine(file.read()) !== 'here') expect(++reads).toBeLessThan(20);
});

test('keeps no more descriptors than it may', () => {
  const files = new KernelFiles({ log: silentLog, maxOpenFiles: 2 });
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(folder, name), `${name}\n`);
    expect(firstLine(files.file(join(folder, name)).read())).toBe(name);
  }
  expect(files.openFiles).toBe(2);
  files.close();
});

test('tells of an error once', () => {
  const told: Fields[] = [];
  const files = new KernelFiles({
    log: { ...silentLog, info: (_message, fields = {}) => told.push(fields) },
  });
  for (let i = 0; i < 40; i++) files.readOnce(folder);
  expect(told).toEqual([{ path: folder, reason: expect.stringContaining('EISDIR') }]);
});
