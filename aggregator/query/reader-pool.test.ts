import { expect, onTestFinished, test } from 'vitest';

import { everything } from '../store/scope.ts';
import { ReaderPool, type ReaderPoolOptions } from './reader-pool.ts';
import type { Question, Task } from './task.ts';

const THREAD = new URL('./reader-thread.ts', import.meta.url);

function open(options: Partial<ReaderPoolOptions> = {}): { pool: ReaderPool; deaths: string[] } {
  const deaths: string[] = [];
  const pool = new ReaderPool({
    thread: THREAD,
    threads: 1,
    maxQueued: 2,
    maxHeapBytes: 64 * 1024 ** 2,
    connect: (port) => port.unref(),
    onDeath: (reason) => void deaths.push(reason),
    ...options,
  });
  onTestFinished(() => pool.close());
  return { pool, deaths };
}

function task(question: Question, timeoutMs = 20_000): Task {
  const limits = { maxSeries: 1e6, maxSamples: 1e9, maxSteps: 1e7, timeoutMs, lookbackMs: 300_000 };
  return { question, scope: everything, limits };
}

const quick = task({ kind: 'instant', query: '1 + 1', timeMs: 0 });
/** Some seconds of work over many steps. */
const slow = (timeoutMs?: number): Task => {
  const query = 'sum(label_replace(vector(time()), "a", "b", "", "")) + time()';
  return task(
    {
      kind: 'range',
      query: Array.from({ length: 40 }, () => query).join(' + '),
      startMs: 0,
      endMs: 9e9,
      stepMs: 1000,
    },
    timeoutMs,
  );
};
const never = new AbortController().signal;
const text = (body: Uint8Array): string => Buffer.from(body).toString();

test('answers in the envelope of Prometheus', async () => {
  const { status, body } = await open().pool.ask(quick, never);
  expect([status, JSON.parse(text(body))]).toEqual([
    200,
    { status: 'success', data: { resultType: 'scalar', result: [0, '2'] } },
  ]);
});

test('a query past its time is ended and the thread goes on', async () => {
  const { pool } = open();
  const { status, body } = await pool.ask(slow(200), never);
  expect([status, text(body)]).toEqual([503, expect.stringContaining('query.timeout')]);
  expect((await pool.ask(quick, never)).status).toBe(200);
});

test('a query whose asker has gone is ended', async () => {
  const { pool } = open();
  const gone = new AbortController();
  const answer = pool.ask(slow(), gone.signal);
  setTimeout(() => gone.abort(), 100);
  const startMs = performance.now();
  expect(text((await answer).body)).toContain('given up');
  expect(performance.now() - startMs).toBeLessThan(3000);
});

test('more than may wait are told to come again', async () => {
  const { pool } = open();
  const gone = new AbortController();
  const answers = [slow(), quick, quick].map((one) => pool.ask(one, gone.signal));
  await expect(pool.ask(quick, never)).rejects.toMatchObject({
    code: 'unavailable',
    retry: true,
    message: expect.stringContaining('query.max-queued'),
  });
  gone.abort();
  await answers[0];
});

test('threads that can not start are told, and tried again only after a while', async () => {
  const { pool, deaths } = open({
    thread: new URL('data:text/javascript,throw new Error("no SQLite here")'),
  });
  await expect.poll(() => pool.failure).toBe('no query thread runs: no SQLite here');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(deaths).toEqual(['no SQLite here']);
});

test('a query that eats the memory of its thread is refused by its limit, and the next is answered', async () => {
  const { pool, deaths } = open({ maxHeapBytes: 16 * 1024 ** 2 });
  const names = Array.from({ length: 400_000 }, (_, i) => `m${i}`).join(' or ');
  const heavy = task({ kind: 'instant', query: names, timeMs: 0 });
  await expect(pool.ask(heavy, never)).rejects.toMatchObject({
    code: 'limit',
    message: expect.stringContaining('query.max-memory'),
  });
  expect(deaths).toHaveLength(1);
  expect((await pool.ask(quick, never)).status).toBe(200);
});
