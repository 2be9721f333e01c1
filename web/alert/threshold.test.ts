import { expect, test } from 'vitest';

import { thresholdOf } from './threshold.ts';

test.each<[string, string, string, number]>([
  ['up == 0', 'up', '==', 0],
  [
    '100 * (1 - avg by (instance) (rate(x{mode="idle > 3"}[2m]))) > 80\n',
    '100 * (1 - avg by (instance) (rate(x{mode="idle > 3"}[2m])))',
    '>',
    80,
  ],
  ['predict_linear(a[6h], 86400) <= -1.5e3', 'predict_linear(a[6h], 86400)', '<=', -1500],
  ['(a and b) >= .5', '(a and b)', '>=', 0.5],
  ['count(a > 3) > 2', 'count(a > 3)', '>', 2],
  ['a{b!="c"} < 1', 'a{b!="c"}', '<', 1],
])('%s', (query, measured, operator, limit) => {
  expect(thresholdOf(query)).toEqual({ measured, operator, limit });
});

test.each([
  'up',
  'a > b',
  'a > 3 and b > 4',
  'a > 3 OR b',
  'a > 1 > 0',
  'a > bool 3',
  '> 3',
  'absent(up)',
  'a unless on (instance) b == 1',
  '',
  '"',
])('%j has no limit that can be drawn', (query) => {
  expect(thresholdOf(query)).toBeNull();
});
