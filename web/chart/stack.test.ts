import fc from 'fast-check';
import { expect, test } from 'vitest';

import { summarise } from './line.ts';
import type { Line } from './line.ts';
import { stackColumns } from './stack.ts';

const line = (values: readonly (number | null)[], more: Partial<Line> = {}): Line => ({
  key: '',
  label: '',
  hue: 'blue',
  dash: [],
  stacked: true,
  filled: true,
  faint: false,
  below: false,
  values,
  ...more,
});

test('lines lie on each other, loose ones beside', () => {
  const lines = [line([1, 2]), line([9, 9], { stacked: false }), line([10, 20])];
  expect(stackColumns(lines)).toEqual([
    [1, 2],
    [9, 9],
    [11, 22],
  ]);
});

test('a gap of one line is bridged, a gap of all is kept', () => {
  expect(stackColumns([line([null, 1, null]), line([5, null, null])])).toEqual([
    [null, 1, null],
    [5, 1, null],
  ]);
});

test('the top of a stack is the sum of its values', () => {
  const column = fc.array(fc.option(fc.integer({ min: 0, max: 1e6 })), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(column, { minLength: 1, maxLength: 6 }), (columns) => {
      const top = stackColumns(columns.map((values) => line(values))).at(-1) ?? [];
      top.forEach((value, i) => {
        const values = columns.map((values) => values[i] ?? null).filter((value) => value !== null);
        expect(value).toBe(values.length === 0 ? null : values.reduce((a, b) => a + b, 0));
      });
    }),
  );
});

test('a summary passes over gaps, and reads lines below zero without their sign', () => {
  expect(summarise(line([null, 3, 1, null]))).toEqual({ min: 1, max: 3, last: 1 });
  expect(summarise(line([-3, -1], { below: true }))).toEqual({ min: 1, max: 3, last: 1 });
  expect(summarise(line([]))).toEqual({ min: null, max: null, last: null });
});
