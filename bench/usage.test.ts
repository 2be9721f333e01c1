import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { startProgram } from '../test/tools/start-program.ts';
import { temporaryFolder } from '../test/tools/temporary-folder.ts';
import { waitUntil } from '../test/tools/wait-until.ts';
import { usageOf } from './usage.ts';

const MIB = 1 << 20;

describe('the usage of a program', () => {
  test('counts all threads, their shared memory, and the processes that it started', async () => {
    const work = `
      const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
      const end = cpuMs() + 200;
      while (cpuMs() < end);
      const held = Buffer.alloc(50 * ${MIB}, 1);
      const shared = new SharedArrayBuffer(${MIB}, { maxByteLength: 1000 * ${MIB} });
      shared.grow(50 * ${MIB});
      new Uint8Array(shared).fill(1);
      console.log('done', held.length); setInterval(() => {}, 1e3);`;
    const script = `
      new (require('node:worker_threads').Worker)(${JSON.stringify(work)}, { eval: true });
      require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(work)}], { stdio: 'inherit' });`;
    const program = await startProgram({ command: process.execPath, args: ['-e', script] });
    const isDone = (): boolean => program.stdout().split('done').length === 3;
    await waitUntil(isDone, { what: 'both to be done', timeoutMs: 15_000 });
    const usage = usageOf(program.pid);
    expect(usage.cpuSeconds).toBeGreaterThan(0.35);
    expect(usage.cpuSeconds).toBeLessThan(5);
    expect(usage.anonymousBytes).toBeGreaterThan(200 * MIB);
    expect(usage.anonymousBytes).toBeLessThan(400 * MIB);
    expect(usage.residentBytes).toBeGreaterThan(usage.anonymousBytes);
  });

  test('is read past a name with spaces and parentheses', () => {
    const proc = temporaryFolder();
    mkdirSync(join(proc, '7'));
    const fields = ['S', 1, 7, 7, 0, -1, 4_194_560, 500, 0, 3, 0, 123, 45, 9, 9, 20];
    writeFileSync(join(proc, '7/stat'), `7 (a b) c (d) ${fields.join(' ')}`);
    writeFileSync(join(proc, '7/smaps_rollup'), 'Rss:       12 kB\nPss:        9 kB\nAnonymous:     4 kB\n');
    expect(usageOf(7, proc)).toEqual({ cpuSeconds: 1.68, anonymousBytes: 4096, residentBytes: 12_288 });
  });

  test('of no process is refused', () => {
    expect(() => usageOf(2 ** 22 + 1)).toThrow(/ENOENT/);
  });
});
