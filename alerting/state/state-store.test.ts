import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import { atEnd } from '../../test/tools/at-end.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import type { Alert } from './alert.ts';
import { openStateDatabase } from './database.ts';
import { StateStore, type Change } from './state-store.ts';

const file = (): string => join(temporaryFolder(), 'state.db');

const alert: Alert = {
  ruleKey: 'r',
  labels: ['alertname', 'A', 'x', "'; DROP TABLE alert; --"],
  annotations: { summary: 's' },
  state: 'firing',
  value: NaN,
  activeAtMs: 1,
  firedAtMs: 2,
  keepFiringSinceMs: undefined,
  resolvedAtMs: undefined,
};

function change(atMs: number, more: Partial<Change> = {}): Change {
  const transition = { atMs, from: 'pending', to: 'firing', alert } as const;
  return { groupKey: 'g', atMs, changed: [alert], gone: [], transitions: [transition], ...more };
}

function open(path: string): StateStore {
  const store = new StateStore(path);
  atEnd(() => store.close());
  return store;
}

test('what was committed is there after a reopen', () => {
  const path = file();
  const first = new StateStore(path);
  first.commit(change(5), [], () => []);
  first.close();
  const second = open(path);
  expect(second.alerts()).toEqual([alert]);
  expect(second.evaluations()).toEqual(new Map([['g', 5]]));
  expect(second.transitions(10, 0)).toMatchObject([{ atMs: 5, labels: alert.labels, value: NaN }]);
});

test('a commit is all or nothing', () => {
  const store = open(file());
  const fail = (): never => {
    throw new Error('no plan');
  };
  expect(() => store.commit(change(5), [], fail)).toThrow('no plan');
  expect([store.alerts(), store.transitions(10, 0)]).toEqual([[], []]);
});

test('every commit is on disk: synchronous is FULL', () => {
  const database = openStateDatabase(file());
  expect(database.pragma('synchronous', { simple: true })).toBe(2);
  database.close();
});

test('the history is read newest first, from a time on, and forgotten by age', () => {
  const store = open(file());
  for (const atMs of [10, 20, 30]) store.commit(change(atMs), [], () => []);
  expect(store.transitions(2, 0).map(({ atMs }) => atMs)).toEqual([30, 20]);
  expect(store.transitions(10, 20).map(({ atMs }) => atMs)).toEqual([30, 20]);
  store.prune(20);
  expect(store.transitions(10, 0).map(({ atMs }) => atMs)).toEqual([30, 20]);
});

test.each([
  ['no database', (path: string) => writeFileSync(path, 'text '.repeat(1000)), /file is not a database/],
  [
    'another format',
    (path: string) => new Database(path).exec('PRAGMA user_version = 9').close(),
    /has format 9, this program reads 1/,
  ],
])('%s is refused by name', (_, make, says) => {
  const path = file();
  make(path);
  expect(() => new StateStore(path)).toThrow(Fault);
  expect(() => new StateStore(path)).toThrow(says);
  expect(() => new StateStore(path)).toThrow(path);
});
