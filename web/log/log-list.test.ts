import { expect, test } from 'vitest';

import { lineOf } from './log-line.ts';
import type { LogLine } from './log-line.ts';
import { LogList } from './log-list.ts';
import type { Order } from './log-list.ts';

const at = (...times: number[]): LogLine[] =>
  times.map((time) => lineOf({ timeNs: BigInt(time), labels: {}, text: '' }, time));
const list = (order: Order, maxLines = 100, maxHeld = 100): LogList =>
  new LogList(order, { maxLines, maxHeld });
const times = ({ lines }: LogList): number[] => lines.map(({ id }) => id);

test('what comes in waits, then stands at the newest end', () => {
  const newest = list('newest');
  newest.addPage(at(9, 8, 7));
  newest.addPage(at(6, 5));
  newest.arrive(at(11, 10));
  expect(times(newest)).toEqual([9, 8, 7, 6, 5]);
  expect(newest.heldCount).toBe(2);
  expect(newest.letIn()).toBe(0);
  expect(times(newest)).toEqual([11, 10, 9, 8, 7, 6, 5]);

  const oldest = list('oldest');
  oldest.addPage(at(5, 6));
  oldest.arrive(at(8, 7));
  oldest.letIn();
  expect(times(oldest)).toEqual([5, 6, 7, 8]);
});

test('lines of one time keep the order of their arrival', () => {
  const oldest = list('oldest');
  const [a, b] = [...at(3), ...at(4)].map((line) => ({ ...line, timeNs: 7n })) as [LogLine, LogLine];
  oldest.arrive([a, b]);
  oldest.letIn();
  expect(times(oldest)).toEqual([3, 4]);
});

test('of too many held lines the newest are kept, and the others are counted', () => {
  const newest = list('newest', 100, 3);
  newest.arrive(at(1, 2, 3, 4, 5));
  expect(newest.heldCount).toBe(5);
  expect(newest.skippedCount).toBe(2);
  expect(newest.letIn()).toBe(2);
  expect(times(newest)).toEqual([5, 4, 3]);
  expect(newest.heldCount).toBe(0);
});

test('a full list keeps the newest', () => {
  const newest = list('newest', 4);
  newest.addPage(at(4, 3, 2));
  expect(newest.isFull).toBe(false);
  newest.addPage(at(1, 0));
  expect(newest.isFull).toBe(true);
  expect(times(newest)).toEqual([4, 3, 2, 1]);
  newest.arrive(at(5, 6));
  newest.letIn();
  expect(times(newest)).toEqual([6, 5, 4, 3]);

  const oldest = list('oldest', 3);
  oldest.addPage(at(1, 2));
  oldest.arrive(at(3, 4));
  oldest.letIn();
  expect(times(oldest)).toEqual([2, 3, 4]);
});
