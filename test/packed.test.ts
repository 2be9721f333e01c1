import { execFile } from 'node:child_process';
import { cp, readFile, readdir, symlink } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, test } from 'vitest';

import manifest from '../package.json' with { type: 'json' };
import { freePort } from './tools/free-port.ts';
import { startProgram } from './tools/start-program.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';

const root = resolve(import.meta.dirname, '..');
const NOT_COPIED = new Set(['node_modules', '.git', 'dist', 'data', 'coverage']);
// Without what npm puts there for this checkout: the Node and npm of the machine, as a newcomer has them.
const PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);
const execute = promisify(execFile);

async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(command, args, {
    cwd,
    env: { PATH, HOME: process.env['HOME'] },
    timeout: 120_000,
  });
  return stdout;
}

describe('the packed copy', () => {
  let folder: string;
  let installed: string;

  beforeAll(async () => {
    // Packed in a copy, so that building it takes no file away from the tests that run beside.
    const work = temporaryFolder();
    const source = join(work, 'source');
    folder = join(work, 'elsewhere');
    mkdirSync(folder);
    for (const name of await readdir(root)) {
      if (!NOT_COPIED.has(name)) await cp(join(root, name), join(source, name), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(source, 'node_modules'));
    await run(source, 'npm', 'pack', '--pack-destination', work);
    await run(folder, 'npm', 'install', '--prefer-offline', join(work, `binnacle-${manifest.version}.tgz`));
    installed = join(folder, 'node_modules/binnacle');
  }, 120_000);

  test('holds what it needs and nothing else', async () => {
    const files = (await readdir(installed, { recursive: true })).sort();
    for (const file of [
      'bin/binnacle.js',
      'dist/main.js',
      'dist/writer-thread.js',
      'dist/reader-thread.js',
      'dist/web/index.html',
      'dist/main.licenses.md',
      'LICENSE',
    ]) {
      expect(files).toContain(file);
    }
    expect(files.filter((file) => /\.tsx?$|\.map$|test|fixtures/.test(file))).toEqual([]);
    const packages = await readdir(join(folder, 'node_modules'));
    expect(packages).not.toContain('fastify');
  });

  test('names the licences of all that is bundled', async () => {
    const licenses = await readFile(join(installed, 'dist/main.licenses.md'), 'utf8');
    for (const name of ['fastify', 'prom-client', 'yaml']) expect(licenses).toContain(`## ${name} `);
  });

  test('tells its version', async () => {
    expect(await run(folder, 'npx', 'binnacle', '--version')).toBe(`binnacle ${manifest.version}\n`);
  });

  test('starts, answers, and ends when asked', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const program = await startProgram({
      command: join(folder, 'node_modules/.bin/binnacle'),
      args: ['standalone', '--listen', new URL(url).host, '--data-dir', join(folder, 'data')],
      cwd: folder,
      env: { PATH },
      readyUrl: `${url}/readyz`,
    });
    const page = await fetch(`${url}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<script type="module"');
    const answer = await fetch(`${url}/api/v1/query?query=6*7`);
    expect(await answer.json()).toMatchObject({
      status: 'success',
      data: { result: [expect.any(Number), '42'] },
    });
    const backup = join(folder, 'backup');
    expect(await run(folder, 'npx', 'binnacle', 'backup', backup)).toMatch(/ holds \.\/data as of /);
    expect(await run(folder, 'npx', 'binnacle', 'store', 'check', backup)).toMatch(/, all right\n$/);
    expect(program.stdout().trimEnd().split('\n').at(-1)).toContain(url);
    expect(await program.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
