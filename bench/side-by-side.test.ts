import { expect, test } from 'vitest';

import { type Clock, FakeClock } from '../lib/clock.ts';
import { measure, type Subject } from './side-by-side.ts';

/** A clock whose sleepers wake at once, with the time moved on. */
function eager(): Clock {
  const clock = new FakeClock();
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms) => clock.advance(ms),
  };
}

/** Makes one tick of 100 samples a second, with 20 ms CPU; its memory swells in the middle. */
function steady(clock: Clock): Subject {
  const seconds = (): number => clock.monotonicMs() / 1000;
  const swollen = (): number => (seconds() === 10 ? 5e6 : 0);
  return {
    usage: () => ({
      cpuSeconds: 3 + seconds() * 0.02,
      anonymousBytes: 40e6 + swollen(),
      residentBytes: 70e6 + swollen(),
    }),
    moved: () =>
      Promise.resolve({
        ticks: 7 + seconds(),
        samples: seconds() * 100,
        tickCpuSeconds: seconds() * 0.01,
        wireBytes: seconds() * 500,
        bodyBytes: seconds() * 300,
        plainBytes: seconds() * 900,
      }),
  };
}

test('costs are those of the span, memory is the most that was seen', async () => {
  const clock = eager();
  const cost = await measure(steady(clock), { clock, intervalMs: 5_000, ticks: 4 });
  expect(cost).toEqual({
    ticks: 20,
    samplesPerTick: 100,
    cpuMsPerTick: expect.closeTo(20),
    ownCpuMsPerTick: expect.closeTo(10),
    cpuMicrosPerSample: expect.closeTo(200),
    anonymousMb: 45,
    residentMb: 75,
    wireBytesPerSample: 5,
    bodyBytesPerSample: 3,
    plainBytesPerSample: 9,
  });
});

test('a subject that stands still gives no figures', async () => {
  const clock = eager();
  const still = steady(new FakeClock());
  await expect(measure(still, { clock, intervalMs: 5_000, ticks: 2 })).rejects.toThrow(
    'stood still: 0 ticks, 0 samples',
  );
});
