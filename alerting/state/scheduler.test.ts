import { expect, test } from 'vitest';

import { FakeClock } from '../../lib/clock.ts';
import { atEnd } from '../../test/tools/at-end.ts';
import type { Group } from './group.ts';
import { Scheduler } from './scheduler.ts';

const INTERVAL_MS = 15_000;

async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

function schedule(
  key: string,
  clock: FakeClock,
  evaluate: (atMs: number) => Promise<void>,
): { late: number } {
  const told = { late: 0 };
  const group = { key, intervalMs: INTERVAL_MS, evaluate } as unknown as Group;
  const scheduler = new Scheduler(group, clock, () => void told.late++);
  scheduler.start();
  atEnd(() => scheduler.close());
  return told;
}

/** The moments of some evaluations, the clock going by steps of 100 ms. */
async function momentsOf(key: string, startMs: number): Promise<number[]> {
  const clock = new FakeClock(startMs);
  const moments: number[] = [];
  schedule(key, clock, async (atMs) => void moments.push(atMs));
  for (let i = 0; i < 450; i++) {
    await clock.advance(100);
    await settled();
  }
  return moments;
}

test('evaluations lie on a grid of the group, wherever the process starts', async () => {
  const [a, later, b] = [
    await momentsOf('a', 1e12),
    await momentsOf('a', 1e12 + 7777),
    await momentsOf('b', 1e12),
  ];
  expect(a).toHaveLength(3);
  expect(new Set(a.map((ms, i) => ms - i * INTERVAL_MS)).size).toBe(1);
  const phase = (moments: number[]): number => (moments[0] as number) % INTERVAL_MS;
  expect(phase(later)).toBe(phase(a));
  expect(phase(b)).not.toBe(phase(a));
});

test('what comes due while an evaluation runs is left out and told', async () => {
  const clock = new FakeClock(1e12);
  const moments: number[] = [];
  let done = (): void => undefined;
  const told = schedule('a', clock, (atMs) => {
    moments.push(atMs);
    return new Promise((resolve) => (done = resolve));
  });
  await clock.advance(INTERVAL_MS);
  await settled();
  await clock.advance(2.5 * INTERVAL_MS);
  done();
  await settled();
  await clock.advance(INTERVAL_MS);
  await settled();
  expect(told.late).toBe(2);
  expect(moments).toHaveLength(2);
  expect(((moments[1] as number) - (moments[0] as number)) % INTERVAL_MS).toBe(0);
  done();
});
