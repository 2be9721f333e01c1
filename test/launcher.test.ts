import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

import { expect, test } from 'vitest';

import manifest from '../package.json' with { type: 'json' };
import { atEnd } from './tools/at-end.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';
import { waitUntil } from './tools/wait-until.ts';

const root = resolve(import.meta.dirname, '..');
const launcher = join(root, 'bin/binnacle.js');
const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  command: string,
  args: readonly string[],
  cwd = root,
  env: NodeJS.ProcessEnv = environment,
): Promise<Ended> {
  return new Promise((done) => {
    execFile(command, args, { cwd, env, timeout: 15_000 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** A folder as a checkout is, with a program of a few lines, and a Node that the launcher takes for an old one. */
function checkout(program: string, { withNode = true } = {}) {
  const folder = temporaryFolder();
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  mkdirSync(join(folder, 'cli'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(join(folder, 'cli/main.ts'), program);
  const preload = join(folder, 'old-node.cjs');
  writeFileSync(
    preload,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });",
  );
  if (withNode) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const start = join(folder, 'bin/binnacle.js');
  return { folder, start, asOldNode: ['--require', preload, start] };
}

/** Every Node of this machine that can be meant by `node`. */
function nodesHere(): string[] {
  const found = new Set([realpathSync(process.execPath)]);
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    try {
      found.add(realpathSync(join(folder, 'node')));
    } catch {
      // There is none in this folder.
    }
  }
  return [...found];
}

test.each(nodesHere())('starts under %s, also through a link from elsewhere', async (node) => {
  const folder = temporaryFolder();
  symlinkSync(launcher, join(folder, 'binnacle'));
  expect(await run(node, [join(folder, 'binnacle'), '--version'], folder)).toEqual({
    code: 0,
    stdout: `binnacle ${manifest.version}\n`,
    stderr: '',
  });
  expect((await run(node, [launcher, 'nonsense'])).code).toBe(2);
});

test('npx starts it in a checkout, under the Node of the machine', async () => {
  const folders = (environment.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  const env = { ...environment, PATH: folders.join(delimiter) };
  expect(await run('npx', ['binnacle', '--version'], root, env)).toMatchObject({
    code: 0,
    stdout: `binnacle ${manifest.version}\n`,
  });
});

const COUNT_THREADS = `
import { pbkdf2 } from 'node:crypto';
import { readdirSync } from 'node:fs';
const before = readdirSync('/proc/self/task').length;
for (let i = 0; i < 20; i++) pbkdf2('a', 'b', 1000, 32, 'sha512', () => {});
const args: string[] = process.argv.slice(2);
console.log(JSON.stringify({ args, threads: readdirSync('/proc/self/task').length - before, node: process.version }));
process.exitCode = 7;
`;

test.each(['in the same process', 'under the Node of the dependencies'])(
  '%s: sixteen threads for files, the arguments, the exit code',
  async (how) => {
    const { start, asOldNode } = checkout(COUNT_THREADS);
    const args = how === 'in the same process' ? [start] : asOldNode;
    const { code, stdout, stderr } = await run(process.execPath, [...args, 'agent', '--a', '']);
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ args: ['agent', '--a', ''], threads: 16 });
  },
);

test('an old Node without one among the dependencies is told what to install', async () => {
  const { asOldNode, folder } = checkout('', { withNode: false });
  const { code, stdout, stderr } = await run(process.execPath, asOldNode, folder);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^binnacle: Node 24 or newer is needed, this is 20\.1\.0, and the package node-\S+, .*\nRun `npm install`/,
  );
});

test('a checkout in which nothing is installed says so', async () => {
  const { start, folder } = checkout("import 'yaml';", { withNode: false });
  const { code, stderr } = await run(process.execPath, [start], folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^binnacle: something is not installed: .*'yaml'.*\nRun npm ci where the program lies: /,
  );
});

const WAIT = `
process.on('SIGTERM', () => process.exit(5));
process.on('disconnect', () => process.exit());
console.log(process.pid);
setInterval(() => {}, 1000);
`;

async function waiting() {
  const { asOldNode } = checkout(WAIT);
  const child = spawn(process.execPath, asOldNode, {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { child, pid: Number(line) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('signals go through to the program, its end comes back', async () => {
  const { child, pid } = await waiting();
  expect(pid).not.toBe(child.pid);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([5, null]);
});

test('a program that a signal ended ends its launcher by the same', async () => {
  const { child, pid } = await waiting();
  process.kill(pid, 'SIGKILL');
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
});

test('a launcher that was killed leaves no program behind', async () => {
  const { child, pid } = await waiting();
  child.kill('SIGKILL');
  await waitUntil(() => !isAlive(pid), { what: 'the end of the program', timeoutMs: 5000 });
});
