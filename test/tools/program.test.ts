import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { describe, expect, test } from 'vitest';

import { freePort } from './free-port.ts';
import { launchProgram, type Program } from './program.ts';
import { startProgram } from './start-program.ts';
import { waitUntil } from './wait-until.ts';

const node = process.execPath;
const SERVER = `
  const port = Number(process.argv[1]);
  console.log('listening on ' + port);
  require('node:http').createServer((_, answer) => answer.end('ok')).listen(port, '127.0.0.1');`;

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; it only waits to be counted.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a program', () => {
  test('is ready when its address answers, and is ended by a signal', async () => {
    const port = await freePort();
    const readyUrl = `http://127.0.0.1:${port}/`;
    const program = await startProgram({ command: node, args: ['-e', SERVER, String(port)], readyUrl });
    expect(await (await fetch(readyUrl)).text()).toBe('ok');
    expect(program.stdout()).toBe(`listening on ${port}\n`);
    expect(await program.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await program.end()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isAlive(program.pid)).toBe(false);
  });

  test('takes what it started with it', async () => {
    const script = `const sleep = require('node:child_process').spawn('sleep', ['60']); console.log(sleep.pid)`;
    const program = await startProgram({ command: node, args: ['-e', script] });
    const sleep = await waitUntil(() => Number(program.stdout()), { what: 'the pid', timeoutMs: 5_000 });
    expect(isAlive(sleep)).toBe(true);
    await program.kill('SIGKILL');
    await waitUntil(() => !isAlive(sleep), { what: 'the end of sleep', timeoutMs: 5_000 });
  });

  test('gets the given environment alone, beside PATH, HOME and TMPDIR', async () => {
    process.env['BINNACLE_LISTEN'] = 'leaked';
    const args = ['-e', 'console.log(Object.keys(process.env).sort().join())'];
    const program = await startProgram({ command: node, args, env: { GIVEN: 'x' } });
    delete process.env['BINNACLE_LISTEN'];
    await program.exited;
    expect(program.stdout().trim().split(',')).toEqual(
      ['GIVEN', 'HOME', 'PATH', 'TMPDIR'].filter((name) => name === 'GIVEN' || name in process.env),
    );
  });

  test('that ignores SIGTERM is ended too', async () => {
    const script = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e3); console.log('up')`;
    const program = await startProgram({ command: node, args: ['-e', script] });
    await waitUntil(() => program.stdout(), { what: 'up', timeoutMs: 5_000 });
    expect(await program.end(200)).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

describe('what does not become ready is told with its output', () => {
  const silent = 'setInterval(() => {}, 1e3); console.error("no port given")';
  const cases = [
    {
      name: 'it ended',
      args: ['-e', 'console.error("bad flag"); process.exit(3)'],
      says: /ended with 3[^]*bad flag/,
    },
    { name: 'it never listens', args: ['-e', silent], says: /waited 1500 ms for http[^]*no port given/ },
  ];
  test.each(cases)('$name', async ({ args, says }) => {
    const readyUrl = `http://127.0.0.1:${await freePort()}/`;
    await expect(startProgram({ command: node, args, readyUrl, timeoutMs: 1_500 })).rejects.toThrow(says);
  });

  test('it answers 503', async () => {
    const server = createServer((_, answer) => answer.writeHead(503).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const readyUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}/readyz`;
    const started = startProgram({ command: node, args: ['-e', silent], readyUrl, timeoutMs: 500 });
    await expect(started).rejects.toThrow(/503 Service Unavailable/);
    server.close();
  });

  test('there is no such command', async () => {
    await expect(startProgram({ command: '/nowhere/at/all' })).rejects.toThrow(/ENOENT/);
  });
});

describe('the end of a test', () => {
  const started: Program[] = [];
  test.fails('comes for programs of a test that fails', async () => {
    started.push(await startProgram({ command: 'sleep', args: ['60'] }));
    throw new Error('as foreseen');
  });

  test('has ended the program', async () => {
    expect(started.length).toBe(1);
    await expect((started[0] as Program).exited).resolves.toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('is not waited for outside of tests: launchProgram leaves that to its caller', async () => {
    const program = await launchProgram({ command: 'sleep', args: ['60'] });
    expect(isAlive(program.pid)).toBe(true);
    await program.end();
    expect(isAlive(program.pid)).toBe(false);
  });
});
