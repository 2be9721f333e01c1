import { expect, test } from 'vitest';

import { Fault } from '../../lib/fault.ts';
import type { LogPage } from '../api/log-answer.ts';
import type { LogApi, LogSearch, TailEvents } from '../api/log-client.ts';
import { LogFeed } from './log-feed.ts';
import type { LogQuestion } from './log-feed.ts';
import type { SentLine } from './log-line.ts';

const line = (time: number): SentLine => ({ timeNs: BigInt(time), labels: {}, text: String(time) });
const QUESTION: LogQuestion = {
  filter: { selector: '', text: '', isRegex: false, ignoreCase: false },
  order: 'newest',
  startSeconds: 0,
  endSeconds: 100,
  isLive: true,
};

/** Answers with the pages given, one after the other; a Fault is thrown. */
function apiOf(pages: (Partial<LogPage> | Fault)[]) {
  const asked: LogSearch[] = [];
  const tails: { from: string | null; events: TailEvents; ended: boolean }[] = [];
  const never = (): Promise<never> => new Promise(() => {});
  const api: LogApi = {
    search: async (search) => {
      asked.push(search);
      const page = pages.shift();
      if (!page || page instanceof Fault) throw page ?? new Error('BUG: asked once more');
      return { lines: [], next: null, tail: null, warnings: [], ...page };
    },
    tail: (_, from, events) => {
      const tail = { from, events, ended: false };
      tails.push(tail);
      return () => (tail.ended = true);
    },
    histogram: never,
    labels: never,
    labelValues: never,
  };
  return { feed: new LogFeed(api), asked, tails };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const texts = (feed: LogFeed): string[] | undefined => feed.lines.value?.map(({ text }) => text);

test('pages follow each other by their cursor, and the tail by its place', async () => {
  const { feed, asked, tails } = apiOf([
    { lines: [line(9), line(8)], next: 'c1', tail: 't1' },
    { lines: [line(7)], tail: 't2' },
  ]);
  feed.ask(QUESTION);
  await settle();
  expect(feed.hasMore).toBe(true);
  expect(tails.map(({ from }) => from)).toEqual(['t1']);
  feed.more();
  feed.more();
  await settle();
  expect(texts(feed)).toEqual(['9', '8', '7']);
  expect(feed.hasMore).toBe(false);
  expect(asked.map(({ cursor, direction }) => [cursor, direction])).toEqual([
    [null, 'backward'],
    ['c1', 'backward'],
  ]);
  tails[0]?.events.lines({ lines: [line(10)], dropped: 0 }, 't3');
  expect(texts(feed)).toEqual(['10', '9', '8', '7']);
});

test('lines wait while somebody reads, and lost ones are counted', async () => {
  const { feed, tails } = apiOf([{ lines: [line(1)] }]);
  feed.ask(QUESTION);
  await settle();
  feed.hold(true);
  tails[0]?.events.lines({ lines: [line(2), line(3)], dropped: 5 }, 't');
  expect(texts(feed)).toEqual(['1']);
  expect(feed.heldCount.value).toBe(2);
  expect(feed.lostLines.value).toBe(5);
  feed.hold(false);
  expect(texts(feed)).toEqual(['3', '2', '1']);
  expect(feed.heldCount.value).toBe(0);
  tails[0]?.events.lines({ lines: [], dropped: null }, 't');
  expect(feed.lostLines.value).toBeNull();
});

test('a tail that the browser gave up goes on behind its last line', async () => {
  const { feed, tails } = apiOf([{ tail: 't1' }]);
  feed.ask(QUESTION);
  await settle();
  tails[0]?.events.open();
  expect(feed.tail.value).toBe('open');
  tails[0]?.events.lines({ lines: [line(2)], dropped: 0 }, 't2');
  tails[0]?.events.lost(true);
  feed.revive();
  expect(tails).toHaveLength(1);
  tails[0]?.events.lost(false);
  feed.revive();
  feed.revive();
  expect(tails.map(({ from }) => from)).toEqual(['t1', 't2']);
});

test.each([
  ['a range of the past', { ...QUESTION, isLive: false }, 0],
  ['the begin of many pages', { ...QUESTION, order: 'oldest' as const }, 0],
  ['the newest lines', QUESTION, 1],
])('%s', async (_, question, tailCount) => {
  const { feed, tails } = apiOf([{ lines: [line(1)], next: 'c' }]);
  feed.ask(question);
  await settle();
  expect(tails).toHaveLength(tailCount);
});

test('what failed is asked again; a server without logs is not', async () => {
  const { feed, asked } = apiOf([new Fault('unreachable', 'away'), { lines: [line(1)] }]);
  feed.ask(QUESTION);
  await settle();
  expect(feed.fault.value).toEqual({ reason: 'away', isAbsent: false });
  feed.revive();
  await settle();
  expect(feed.fault.value).toBeNull();
  expect(asked).toHaveLength(2);

  const none = apiOf([new Fault('absent', 'no logs')]);
  none.feed.ask(QUESTION);
  await settle();
  none.feed.revive();
  await settle();
  expect(none.feed.fault.value?.isAbsent).toBe(true);
  expect(none.asked).toHaveLength(1);
});

test('another search ends the tail of the one before', async () => {
  const { feed, tails } = apiOf([{ lines: [line(1)] }, { lines: [line(2)] }]);
  feed.ask(QUESTION);
  await settle();
  feed.ask({ ...QUESTION, startSeconds: 50 });
  expect(tails[0]?.ended).toBe(true);
  expect(texts(feed)).toEqual(['1']);
  await settle();
  expect(texts(feed)).toEqual(['2']);
  expect(feed.searches.value).toBe(2);
});
