import { resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

import { startBinnacle } from '../tools/binnacle.ts';
import { freePort } from '../tools/free-port.ts';
import { peer } from '../tools/peers.ts';
import type { Program } from '../tools/program.ts';
import { startProgram } from '../tools/start-program.ts';
import { temporaryFolder } from '../tools/temporary-folder.ts';
import { waitUntil } from '../tools/wait-until.ts';
import { ask, Feeder } from './feeder.ts';

/** The real aggregator under strace, which makes chosen system calls of it fail or wait. */

const BINNACLE = resolve(import.meta.dirname, '../../bin/binnacle.js');
const MINUTE_MS = 60_000;

interface Aggregator {
  readonly url: string;
  readonly program: Program;
}

/** `inject`: what strace is told, e.g. `fsync:error=EIO:when=10`; its counts are a thread's each. */
async function startUnder(inject: string, folder: string, foldAfter = '1s'): Promise<Aggregator> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = ['--listen', `127.0.0.1:${port}`, '--data-dir', folder, '--store.fold-after', foldAfter];
  const call = inject.slice(0, inject.indexOf(':'));
  const strace = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${inject}`];
  const program = await startProgram({
    command: peer('strace'),
    args: [...strace, process.execPath, BINNACLE, 'aggregator', ...settings],
    readyUrl: `${url}/livez`,
    timeoutMs: 40_000,
  });
  return { url, program };
}

/** All that was acknowledged is there after a start on a disk that works. */
async function expectAllThere(feeder: Feeder, url: string, folder: string): Promise<void> {
  await startBinnacle('aggregator', Number(new URL(url).port), folder);
  expect(await feeder.faults()).toEqual([]);
}

describe('a disk that fails for a while', () => {
  test.each([
    ['fsync:error=EIO:when=20', '1h'],
    ['fsync:error=EIO:when=20..21', '1h'],
    ['pwrite64:error=EIO:when=150..151', '1h'],
    ['pwrite64:error=ENOSPC:when=150..170', '1h'],
    // Folds and commits are hit in turn.
    ['pwrite64:error=ENOSPC:when=100+90', '1s'],
  ])(
    '%s, folding after %s: what is acknowledged stays, the rest is refused with 503',
    async (inject, foldAfter) => {
      const folder = temporaryFolder();
      const { url, program } = await startUnder(inject, folder, foldAfter);
      const feeder = new Feeder(url, 2000);
      let refusals = 0;
      for (let n = 0; n < 150; n++) {
        const { status, retryAfter, text } = await feeder.send();
        if (status === 200) continue;
        expect([status, retryAfter], text).toEqual([503, '5']);
        refusals++;
      }
      expect(refusals).toBeGreaterThan(0);
      expect(feeder.acknowledged.length).toBeGreaterThan(20);
      expect(await feeder.faults()).toEqual([]);
      await program.kill('SIGKILL');
      await expectAllThere(feeder, url, folder);
    },
    2 * MINUTE_MS,
  );
});

test(
  'a disk that fails for good ends the aggregator with the reason; what is acknowledged stays',
  async () => {
    const folder = temporaryFolder();
    const { url, program } = await startUnder('fsync:error=EIO:when=30+', folder);
    const feeder = new Feeder(url, 2000);
    let over = false;
    void program.exited.then(() => (over = true));
    await waitUntil(
      async () => {
        await feeder.send().catch(() => {});
        return over;
      },
      { what: 'the aggregator to end', timeoutMs: 30_000, everyMs: 1 },
    );
    expect(program.stderr()).toContain('disk I/O error');
    expect(feeder.acknowledged.length).toBeGreaterThan(10);
    await expectAllThere(feeder, url, folder);
  },
  2 * MINUTE_MS,
);

test(
  'a disk that takes 2 s for each fsync delays nobody who asks',
  async () => {
    const folder = temporaryFolder();
    const { url, program } = await startUnder('fsync:delay_exit=2000000:when=16+', folder, '5s');
    const feeder = new Feeder(url, 2000);
    const stop = new AbortController();
    const writes: number[] = [];
    const feed = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const { status, ms, text } = await feeder.send();
        expect(status, text).toBe(200);
        writes.push(ms);
      }
    };
    const feeding = feed().catch((thrown: unknown) => {
      if (!stop.signal.aborted) throw thrown;
    });
    const latencies: Record<string, number[]> = { livez: [], query: [] };
    const endMs = performance.now() + 12_000;
    while (performance.now() < endMs) {
      for (const [name, path] of [
        ['livez', '/livez'],
        ['query', '/api/v1/query?query=count(written)'],
      ] as const) {
        const { status, ms, text } = await ask(`${url}${path}`);
        expect(status, text).toBe(200);
        latencies[name]?.push(ms);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // So that it is known that the disk was slow.
    expect(Math.max(...writes)).toBeGreaterThan(1900);
    const worst = Object.fromEntries(
      Object.entries(latencies).map(([name, times]) => [name, Math.round(Math.max(...times))]),
    );
    expect(worst['livez'], JSON.stringify(worst)).toBeLessThan(1000);
    expect(worst['query'], JSON.stringify(worst)).toBeLessThan(1000);
    expect(await feeder.faults()).toEqual([]);
    stop.abort();
    // In order it would wait for the disk, and with it the batch that is under way.
    await program.kill('SIGKILL');
    await feeding;
  },
  2 * MINUTE_MS,
);
