import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { claimFolder } from './claimed-folder.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-claim-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A process that claims the folder and holds it until it is killed. */
async function otherProcess(path: string): Promise<{ pid: number; kill(): Promise<void> }> {
  const program = `
    import { claimFolder } from ${JSON.stringify(import.meta.resolve('./claimed-folder.ts'))};
    globalThis.claim = claimFolder(${JSON.stringify(path)});
    console.log('claimed');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(kill);
  await once(child.stdout, 'data');
  return { pid: child.pid as number, kill };
}

test('a folder is made, claimed once, and free again when it is released', () => {
  const path = join(folder(), 'a', 'b');
  const claim = claimFolder(path, 0);
  expect(() => claimFolder(path, 0)).toThrow(
    `another Binnacle writes to ${path} as process ${process.pid}: stop that one`,
  );
  expect(readdirSync(path)).toEqual(['lock']);
  claim.release();
  claimFolder(path, 0).release();
});

test('another process is kept out until this one ends, also by SIGKILL', async () => {
  const path = folder();
  const other = await otherProcess(path);
  expect(() => claimFolder(path, 50)).toThrow(`another Binnacle writes to ${path} as process ${other.pid}: `);
  await other.kill();
  claimFolder(path, 50).release();
});

test('folders of one data-dir are claimed each for itself', () => {
  const path = folder();
  const claims = ['store', 'spool'].map((name) => claimFolder(join(path, name), 0));
  for (const claim of claims) claim.release();
});

test.each([
  ['is a file', (path: string) => writeFileSync(path, ''), 'EEXIST'],
  ['is below a file', (path: string) => (writeFileSync(path, ''), join(path, 'x')), 'EEXIST'],
  // Where the file system says ENOENT though the parent is there.
  ['can not be made', () => '/proc/none/x', 'ENOENT'],
])('a place that %s is told', (_what, make, reason) => {
  const path = join(folder(), 'x');
  expect(() => claimFolder(make(path) ?? path, 0)).toThrow(
    new RegExp(`can't be written to \\(setting data-dir\\): ${reason}`),
  );
});
