import { expect, test } from 'vitest';

import type { ActiveAlert } from '../../alert/alert.ts';
import type { Frame } from '../../series/buffer.ts';
import { alertLines, isOfAlert } from './alert-lines.ts';

const alert: ActiveAlert = {
  state: 'firing',
  name: 'Hot',
  labels: { alertname: 'Hot', severity: 'page', instance: 'vm' },
  annotations: {},
  value: 90,
  sinceSeconds: 5,
};

test.each<[Record<string, string>, boolean]>([
  [{ __name__: 'heat', instance: 'vm' }, true],
  [{}, true],
  [{ instance: 'other' }, false],
  [{ instance: 'vm', core: '1' }, false],
])('a series with %j', (labels, is) => {
  expect(isOfAlert({ labels }, alert)).toBe(is);
});

test('the limit is a line beside what is measured, and alone it is none', () => {
  const series = ['vm', 'other'].map((instance) => ({
    key: instance,
    query: 0,
    labels: { instance },
    values: [70, 90],
  }));
  const frame: Frame = { times: [0, 5], series, leftOut: 0 };
  const threshold = { measured: 'heat', operator: '>', limit: 80 };
  expect(alertLines(frame, alert, 'heat > 80', threshold).map(({ values }) => values)).toEqual([
    [70, 90],
    [80, 80],
  ]);
  expect(alertLines({ ...frame, series: [] }, alert, 'heat > 80', threshold)).toEqual([]);
});
