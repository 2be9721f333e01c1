import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, test } from 'vitest';

import { freePort } from './tools/free-port.ts';
import type { Program } from './tools/program.ts';
import { startProgram } from './tools/start-program.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';

const launcher = resolve(import.meta.dirname, '../bin/binnacle.js');

/** Runs the real command until it ends by itself. */
async function run(line: string, env: Record<string, string> = {}) {
  const program = await startProgram({
    command: process.execPath,
    args: [launcher, ...line.split(' ').filter(Boolean)],
    cwd: temporaryFolder(),
    env,
  });
  const { code } = await program.exited;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

describe('the command', () => {
  test('without a word shows the way, and fails', async () => {
    expect(await run('')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'binnacle: a command is missing\nRun binnacle --help to see what there is.\n',
    });
  });

  test.each([
    ['--help', /^Metrics, logs and alerts .*\n\nUsage: binnacle COMMAND/],
    ['standalone --help', /--listen +Where .* \(address HOST:PORT; default 127\.0\.0\.1:4400\)\n/],
    ['aggregator --help', /--listen +Where .* default 127\.0\.0\.1:4400\)\n/],
    ['agent --help', /--listen +Where .* default 127\.0\.0\.1:4401\)\n/],
    ['agent --help', /--data-dir .* default \.\/data\)\n/],
  ])('%s', async (line, shows) => {
    const { code, stdout, stderr } = await run(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(shows);
  });

  test('tells all that is wrong, of all parts, with the values', async () => {
    const { code, stdout, stderr } = await run('standalone --listen 4400 --query.thread 3', {
      BINNACLE_AGENT_INTERVAL: '5',
      BINNACLE_DATADIR: '/x',
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`binnacle: 4 settings are wrong:
  flag --query.thread: no such setting; did you mean --query.threads?
  environment BINNACLE_DATADIR: no such setting; did you mean BINNACLE_DATA_DIR?
  flag --listen: "4400" is not HOST:PORT such as 127.0.0.1:4400, 0.0.0.0:4400 or [::1]:4400
  environment BINNACLE_AGENT_INTERVAL: "5" is not a duration such as 5s, 100ms or 1h30m
`);
  });

  test('opens nothing to other hosts unless a token is set', async () => {
    const { code, stderr } = await run('standalone --listen 0.0.0.0:0');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^binnacle: a setting is wrong: .*0\.0\.0\.0.*token-file/);
  });

  test('check-config prints what holds and where it comes from', async () => {
    const file = join(temporaryFolder(), 'binnacle.yaml');
    writeFileSync(file, 'agent:\n  interval: 2s\nquery: {threads: 3}\n');
    const env = { BINNACLE_CONFIG: file, BINNACLE_DATA_DIR: '/var/lib/binnacle' };
    const { code, stdout, stderr } = await run('check-config --listen [::1]:4400', env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^listen +\[::1\]:4400 +flag --listen$/m);
    expect(stdout).toMatch(/^data-dir +\/var\/lib\/binnacle +environment BINNACLE_DATA_DIR$/m);
    expect(stdout).toMatch(/^agent\.interval +2s +\/.*\/binnacle\.yaml line 2 agent\.interval$/m);
    expect(stdout).toMatch(/^query\.threads +3 +\/.*\/binnacle\.yaml line 3 query\.threads$/m);
    expect(stdout).toMatch(/^query\.timeout +30s +default$/m);
  });

  test.each(['nowhere.yaml', '.'])('check-config of a file that cannot be read: %s', async (file) => {
    const { code, stderr } = await run(`check-config --config ${file}`);
    expect(code).toBe(2);
    expect(stderr).toContain(`binnacle: a setting is wrong: ${file}: cannot be read: E`);
    expect(stderr).not.toContain(' at ');
  });

  test('tells of data that a newer version wrote', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'store'));
    const journal = new DatabaseSync(join(folder, 'store/journal.db'));
    journal.exec('PRAGMA user_version = 999');
    journal.close();
    const { code, stderr } = await run(`aggregator --listen 127.0.0.1:0 --data-dir ${folder}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nbinnacle: .*journal\.db has format 999, .*\n$/);
    expect(stderr).not.toContain(' at ');
  });

  test('says where it looked for /proc', async () => {
    const { code, stderr } = await run('agent --listen 127.0.0.1:0 --agent.proc /nowhere');
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nbinnacle: no Linux \/proc at \/nowhere \(setting agent\.proc\): ENOENT: .*\n$/);
  });

  test('alerting tells all that is wrong with rule files, and does not start', async () => {
    const { code, stderr } = await run('alerting --alerting.rules nowhere.yaml,none.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain("nowhere.yaml: can't be read: ENOENT");
    expect(stderr).toContain("none.yaml: can't be read: ENOENT");
  });
});

describe('standalone', () => {
  async function start(folder: string, port: number): Promise<Program> {
    const url = `http://127.0.0.1:${port}`;
    return startProgram({
      command: process.execPath,
      args: [launcher, 'standalone', '--listen', `127.0.0.1:${port}`],
      cwd: folder,
      readyUrl: `${url}/readyz`,
    });
  }

  async function ownMetrics(port: number): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    return response.text();
  }

  test('ends with the address of its page, stops at Ctrl-C and starts again on its data', async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    const firstEnd: number[] = [];
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const program = await start(folder, port);
      await expect
        .poll(() => ownMetrics(port))
        .toMatch(/^binnacle_ingest_samples_total\{source="agent"\} [1-9]/m);
      await expect.poll(() => program.stdout()).toMatch(new RegExp(`http://127\\.0\\.0\\.1:${port}/\\n$`));
      // Of the run before, whose data an orderly end has folded.
      for (const atMs of firstEnd) {
        const query = `query=count(count_over_time(node_load1[1h]))&time=${atMs / 1000}`;
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?${query}`);
        expect(await answer.text()).toMatch(/"value":\[[\d.]+,"1"\]/);
      }
      firstEnd.push(performance.timeOrigin + performance.now());
      expect(await program.kill(signal)).toEqual({ code: 0, signal: null });
      expect(program.stderr()).toMatch(/msg=stopped\n$/);
      expect(program.stderr()).toMatch(/"journal read" entries=0 /);
      expect(program.stderr()).not.toContain('level=error');
    }
  });

  test('says when its address is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await run(`standalone --listen 127.0.0.1:${port}`);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`\nbinnacle: 127.0.0.1:${port} is taken by another program: `);
    expect(stderr).not.toContain(' at ');
  });

  test('is refused where another one writes, which goes on unharmed', async () => {
    const folder = temporaryFolder();
    const port = await freePort();
    const first = await start(folder, port);
    const others = ['standalone', 'agent', 'aggregator', 'alerting'].map((part) =>
      run(`${part} --listen 127.0.0.1:0 --data-dir ${folder}/data`),
    );
    for (const { code, stderr } of await Promise.all(others)) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/\nbinnacle: another Binnacle writes to .*: stop that one, .*data-dir\)\n$/);
    }
    await first.end();
    expect(first.stderr()).not.toContain('level=error');
  });

  test('says when its data cannot be kept there', async () => {
    const { code, stderr } = await run('standalone --listen 127.0.0.1:0 --data-dir /dev/null/data');
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nbinnacle: .*\/dev\/null\/data/);
    expect(stderr).not.toContain(' at ');
  });
});
