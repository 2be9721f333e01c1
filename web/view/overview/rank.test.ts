import { expect, test } from 'vitest';

import type { QueryResult } from '../../api/answer.ts';
import { firstAnswered, rankRows } from './rank.ts';
import { CGROUPS, PROCESSES } from './rankings.ts';

const answer = (...rows: [Record<string, string>, number][]): QueryResult => ({
  type: 'vector',
  warnings: [],
  series: rows.map(([labels, value]) => ({ labels, points: [[0, value]] })),
});

test('columns are joined by identity and the largest comes first', () => {
  const cpu = answer([{ id: '/a', name: 'x' }, 0.1], [{ id: '/b' }, 0.5]);
  const memory = answer([{ id: '/a', __name__: 'm' }, 70], [{ id: '/c' }, 90], [{ id: '/b' }, Number.NaN]);
  const by = (column: number) =>
    rankRows(CGROUPS, [cpu, memory], column).map((row) => [row.labels['id'], ...row.values]);
  expect(by(0)).toEqual([
    ['/b', 0.5, null],
    ['/a', 0.1, 70],
    ['/c', null, 90],
  ]);
  expect(by(1).map(([id]) => id)).toEqual(['/c', '/a', '/b']);
});

test('ranked by the first column that has values', () => {
  expect(firstAnswered([answer(), answer([{ id: '/a' }, 1])])).toBe(1);
  expect(firstAnswered([])).toBe(0);
});

test('two processes of one name stay two', () => {
  const cpu = answer([{ pid: '1', comm: 'sh', id: '/' }, 1], [{ pid: '2', comm: 'sh', id: '/' }, 2]);
  expect(rankRows(PROCESSES, [cpu], 0).length).toBe(2);
});

test.each([
  [PROCESSES, { comm: 'node', pid: '7', id: '/user.slice/app.scope' }, 'node', '7 app.scope'],
  [PROCESSES, { comm: 'x', pid: '7', id: `/docker/${'ab'.repeat(32)}` }, 'x', '7 abababababab'],
  [CGROUPS, { id: '/system.slice/cron.service' }, 'cron.service', '/system.slice'],
  [CGROUPS, { id: '/kubepods/p/c', name: 'web' }, 'web', 'c'],
] as const)('%# names a row', (ranking, labels, name, detail) => {
  expect(ranking.name(labels)).toEqual({ name, detail });
});
