import { expect, test } from 'vitest';

import { DAY_MS, type PartitionFile } from './partition-files.ts';
import { enforceRetention, type Kind } from './retention.ts';

const START_MS = Date.UTC(2026, 0, 10);

/** Files of 10 bytes, of the days from `from` to `to`. */
function kind(name: string, from: number, to: number, maxAgeDays?: number): Kind {
  let days: PartitionFile[] = Array.from({ length: to - from + 1 }, (_, i) => {
    const fromMs = START_MS + (from + i) * DAY_MS;
    return { file: `${name} ${from + i}`, fromMs, toMs: fromMs + DAY_MS - 1 };
  });
  return {
    files: {
      list: () => days,
      bytesOf: () => 10,
      changed() {},
      remove: (gone) => void (days = days.filter((day) => day !== gone)),
    },
    maxAgeMs: maxAgeDays === undefined ? undefined : maxAgeDays * DAY_MS,
    setting: `${name}-age`,
  };
}

const dropped = (kinds: readonly Kind[], maxBytes: number, nowMs = START_MS + 9.5 * DAY_MS): string[] =>
  enforceRetention(kinds, maxBytes, nowMs).map(({ file }) => file);

test('for room the oldest days go, of one day in the order of the kinds', () => {
  const kinds = [kind('samples', 2, 9), kind('lines', 1, 9), kind('tier', 0, 8)];
  expect(dropped(kinds, 220)).toEqual(['tier 0', 'lines 1', 'tier 1', 'samples 2']);
});

test('each kind has an age of its own', () => {
  const kinds = [
    kind('samples', 0, 9, 3),
    kind('lines', 0, 9),
    kind('tier', 0, 8, 7),
    kind('other', 7, 8, 1),
  ];
  const told = enforceRetention(kinds, 1e9, START_MS + 9.5 * DAY_MS);
  expect(told.map(({ file }) => file)).toEqual([
    'samples 0',
    'tier 0',
    'samples 1',
    'tier 1',
    'samples 2',
    'samples 3',
    'samples 4',
    'samples 5',
    'other 7',
  ]);
  expect(told[1]?.reason).toBe('its newest sample is older than the retention of 7 days (tier-age)');
});

test('neither the newest day nor, with a clock that is wrong, any other goes for its age', () => {
  expect(dropped([kind('samples', 0, 9, 1)], 0)).not.toContain('samples 9');
  expect(dropped([kind('samples', 0, 9, 1)], 1e9, START_MS + 900 * DAY_MS)).toEqual([]);
});
