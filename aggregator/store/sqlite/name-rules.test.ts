import { describe, expect, test } from 'vitest';

import { NameRules } from './name-rules.ts';
import { DAY_MS } from './partition-files.ts';

const dropped = (rules: NameRules, ageMs: number, names: readonly string[]): string[] =>
  names.filter((name) => rules.dueAfter(ageMs)?.drops(name));

describe('rules by metric name', () => {
  const rules = new NameRules([
    { pattern: 'go_goroutines', days: 30 },
    { pattern: 'go_.*|process_.*', days: 2 },
    { pattern: '.*_bucket', days: 7 },
  ]);
  const names = ['go_goroutines', 'go_info', 'go_x_bucket', 'process_x', 'x_bucket', 'my_go_info', ''];

  test.each([
    ['a day that is not over', -5, []],
    ['two days', 2 * DAY_MS, []],
    ['two days and a moment', 2 * DAY_MS + 1, ['go_info', 'go_x_bucket', 'process_x']],
    ['more than a week', 7 * DAY_MS + 1, ['go_info', 'go_x_bucket', 'process_x', 'x_bucket']],
    ['years', 1e12, ['go_goroutines', 'go_info', 'go_x_bucket', 'process_x', 'x_bucket']],
  ])('after %s, of several the first counts', (_what, ageMs, expected) => {
    expect(dropped(rules, ageMs, names)).toEqual(expected);
  });

  test('have one text as long as they drop the same', () => {
    expect(rules.dueAfter(2 * DAY_MS)).toBeUndefined();
    expect(rules.dueAfter(3 * DAY_MS)?.text).toBe('keep go_goroutines\ndrop go_.*|process_.*');
    expect(rules.dueAfter(7 * DAY_MS)).toBe(rules.dueAfter(7 * DAY_MS - 1));
    expect(rules.dueAfter(40 * DAY_MS)).toBe(rules.dueAfter(400 * DAY_MS));
    const others = new NameRules([
      { pattern: 'go_goroutines', days: 9 },
      { pattern: 'go_.*|process_.*', days: 1 },
    ]);
    expect(others.dueAfter(3 * DAY_MS)?.text).toBe(rules.dueAfter(3 * DAY_MS)?.text);
  });

  test('know names without end', () => {
    const many = new NameRules([{ pattern: 'x_.*', days: 1 }]);
    const due = many.dueAfter(2 * DAY_MS);
    let count = 0;
    for (let i = 0; i < 200_000; i++) if (due?.drops(i % 2 ? `x_${i}` : `y_${i}`)) count++;
    expect(count).toBe(100_000);
  });
});
