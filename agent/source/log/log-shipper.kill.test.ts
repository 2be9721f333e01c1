import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { atEnd } from '../../../test/tools/at-end.ts';
import { temporaryFolder } from '../../../test/tools/temporary-folder.ts';
import { waitUntil } from '../../../test/tools/wait-until.ts';

const KILLS = 12;

function received(folder: string): string[] {
  const from = join(folder, 'received');
  if (!existsSync(from)) return [];
  const names = readdirSync(from).filter((name) => name !== 'new');
  return names
    .sort((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => JSON.parse(readFileSync(join(from, name), 'utf8')) as string[]);
}

test('SIGKILL at random moments, with rotation: every line once and in order', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'a.log');
  let child: ChildProcess | undefined;
  const start = (): void => {
    child = spawn(process.execPath, [fileURLToPath(new URL('./ship.fake.ts', import.meta.url)), folder], {
      stdio: 'inherit',
    });
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  atEnd(kill);
  const written: string[] = [];
  let rotations = 0;
  const write = (mayRotate = true): void => {
    let text = '';
    for (let i = Math.random() * 60; i > 0; i--) {
      written.push(`line ${written.length} ${'.'.repeat(Math.random() * 80)}`);
      text += `${written.at(-1)}\n`;
    }
    if (text !== '') appendFileSync(file, text);
    if (!mayRotate || Math.random() > 0.1 || text === '') return;
    renameSync(file, `${file}.${String(20_261_120_000 + ++rotations)}`);
  };
  // One that is rotated before it was ever seen is nobody's.
  write(false);
  start();
  await waitUntil(() => received(folder).length > 0, { what: 'the first lines', timeoutMs: 10_000 });
  for (let n = 0; n < KILLS; n++) {
    const untilMs = performance.now() + 150 + Math.random() * 400;
    while (performance.now() < untilMs) {
      write();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
    }
    await kill();
    write();
    start();
  }
  await waitUntil(() => received(folder).at(-1) === written.at(-1), {
    what: 'the last line',
    timeoutMs: 15_000,
  });
  expect(received(folder)).toEqual(written);
}, 60_000);
