import { expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import type { Point, QueryResult } from '../api/answer.ts';
import type { Api } from '../api/client.ts';
import type { TimeWindow } from '../time/range.ts';
import { RangeFeed, missingWindow } from './range-feed.ts';

const window = (startSeconds: number, endSeconds: number, stepSeconds = 5): TimeWindow => ({
  startSeconds,
  endSeconds,
  stepSeconds,
});
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A server whose every series is its own clock: the value at t is t. */
function clockApi(): { api: Api; asked: string[]; fail: (fault: Fault | null) => void } {
  const asked: string[] = [];
  let failing: Fault | null = null;
  const api: Api = {
    query: () => Promise.reject(new Error('not asked here')),
    labelValues: () => Promise.reject(new Error('not asked here')),
    queryRange: async (expression, { startSeconds, endSeconds, stepSeconds }) => {
      asked.push(`${expression} ${startSeconds}-${endSeconds}`);
      if (failing) throw failing;
      const points: Point[] = [];
      for (let at = startSeconds; at <= endSeconds; at += stepSeconds) points.push([at, at]);
      const result: QueryResult = { type: 'matrix', warnings: [], series: [{ labels: {}, points }] };
      return result;
    },
  };
  return { api, asked, fail: (fault) => (failing = fault) };
}

test('follows with the newest points and a little of the last ones', async () => {
  const { api, asked } = clockApi();
  const feed = new RangeFeed(api);
  for (const end of [1000, 1005, 1030]) {
    feed.ask({ expressions: ['a', 'b'], window: window(end - 100, end), generation: 0 });
    await settled();
  }
  expect(asked).toEqual(['a 900-1000', 'b 900-1000', 'a 985-1005', 'b 985-1005', 'a 990-1030', 'b 990-1030']);
  const frame = feed.frame.value;
  expect(frame?.times.length).toBe(21);
  expect(frame?.series.map((s) => s.values)).toEqual([frame?.times, frame?.times]);
});

test('another expression, step, generation or an earlier start fetches the whole', async () => {
  const { api, asked } = clockApi();
  const feed = new RangeFeed(api);
  const base = { expressions: ['a'], window: window(900, 1000), generation: 0 };
  const others = [
    base,
    { ...base, expressions: ['b'] },
    { ...base, window: window(900, 1000, 10) },
    { ...base, generation: 1 },
    { ...base, window: window(800, 1000) },
  ];
  for (const question of others) {
    feed.ask(question);
    await settled();
    expect(feed.frame.value?.times[0]).toBe(question.window.startSeconds);
    expect(feed.frame.value?.series[0]?.values.every((value) => value !== null)).toBe(true);
  }
  expect(asked).toEqual(['a 900-1000', 'b 900-1000', 'a 900-1000', 'a 900-1000', 'a 800-1000']);
});

test('back to what was dropped while following is fetched again', async () => {
  const { api, asked } = clockApi();
  const feed = new RangeFeed(api);
  for (const [start, end] of [
    [900, 1000],
    [1500, 1600],
    [950, 1050],
  ] as const) {
    feed.ask({ expressions: ['a'], window: window(start, end), generation: 0 });
    await settled();
    expect(feed.frame.value?.series[0]?.values).toEqual(feed.frame.value?.times);
    expect(feed.frame.value?.times[0]).toBe(start);
  }
  expect(asked.at(-1)).toBe('a 950-1050');
});

test('a failed round keeps what is shown, says why, and the next one fills the hole', async () => {
  const { api, fail } = clockApi();
  const feed = new RangeFeed(api);
  feed.ask({ expressions: ['a'], window: window(900, 1000), generation: 0 });
  await settled();
  fail(new Fault('unreachable', 'The server does not answer'));
  feed.ask({ expressions: ['a'], window: window(930, 1030), generation: 0 });
  await settled();
  expect(feed.fault.value).toBe('The server does not answer');
  expect(feed.frame.value?.times.at(-1)).toBe(1000);
  fail(null);
  feed.ask({ expressions: ['a'], window: window(960, 1060), generation: 0 });
  await settled();
  expect(feed.fault.value).toBe(null);
  expect(feed.frame.value?.series[0]?.values).toEqual(feed.frame.value?.times);
});

test.each([
  ['nothing held', null, window(0, 100), 0],
  ['just followed', { startSeconds: 0, endSeconds: 100 }, window(5, 105), 85],
  ['long hidden', { startSeconds: 0, endSeconds: 100 }, window(500, 600), 500],
  ['earlier start', { startSeconds: 50, endSeconds: 100 }, window(0, 100), 0],
  ['back in time', { startSeconds: 0, endSeconds: 100 }, window(20, 80), 20],
  ['coarse steps', { startSeconds: 0, endSeconds: 3600 }, window(600, 4200, 600), 2400],
])('%s', (_, held, wanted, startSeconds) => {
  expect(missingWindow(held, wanted)).toEqual({ ...wanted, startSeconds });
});
