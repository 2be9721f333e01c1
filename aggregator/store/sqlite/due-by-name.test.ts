import { describe, expect, test } from 'vitest';

import { DueByName, type DueDay } from './due-by-name.ts';
import { NameRules } from './name-rules.ts';
import { DAY_MS, type PartitionFile } from './partition-files.ts';

const START_MS = Date.UTC(2026, 0, 10);
const dayAt = (day: number): PartitionFile => {
  const fromMs = START_MS + day * DAY_MS;
  return { file: `${day}.db`, fromMs, toMs: fromMs + DAY_MS - 1 };
};
const DAYS = [0, 1, 2, 3].map(dayAt);

describe('days that lose metrics by name', () => {
  const state = new DueByName(new NameRules([{ pattern: 'go_.*', days: 1 }]));
  const among = (monotonicMs = 0): DueDay[] =>
    state.among(DAYS, dayAt(3), { nowMs: START_MS + 3 * DAY_MS, monotonicMs });
  const files = (due: readonly DueDay[]): string[] => due.map(({ day }) => day.file);

  test('are looked at once', () => {
    const due = among();
    expect(files(due)).toEqual(['0.db', '1.db']);
    for (const each of due) state.applied(each);
    expect(among()).toEqual([]);
  });

  test('and again when a fold came, also while they were looked at', () => {
    state.folded(DAYS[1]!.fromMs);
    const due = among();
    expect(files(due)).toEqual(['1.db']);
    state.folded(DAYS[1]!.fromMs);
    state.applied(due[0]!);
    expect(files(among())).toEqual(['1.db']);
    state.applied(among()[0]!);
    expect(among()).toEqual([]);
  });

  test('and after an hour when it failed', () => {
    state.folded(DAYS[0]!.fromMs);
    state.failed(among()[0]!, 1000);
    expect(among(3_600_000)).toEqual([]);
    expect(files(among(3_601_001))).toEqual(['0.db']);
  });

  test('are none without rules, without days and when the clock is in doubt', () => {
    const now = { nowMs: START_MS + 3 * DAY_MS, monotonicMs: 0 };
    expect(new DueByName(new NameRules([])).among(DAYS, dayAt(3), now)).toEqual([]);
    expect(state.among([], undefined, now)).toEqual([]);
    expect(state.among(DAYS, dayAt(3), { nowMs: now.nowMs + 9 * DAY_MS, monotonicMs: 1e12 })).toEqual([]);
  });
});
