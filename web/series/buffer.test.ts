import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Point, ResultSeries } from '../api/answer.ts';
import { SeriesBuffer } from './buffer.ts';

const STEP = 5;
const window = (start: number, end: number) => ({ startSeconds: start, endSeconds: end, stepSeconds: STEP });
const series = (name: string, ...points: Point[]): ResultSeries => ({ labels: { name }, points });

test('new points join the old, and what fell out of the window is gone', () => {
  const buffer = new SeriesBuffer(100, STEP, 10);
  buffer.merge(0, [series('a', [100, 1], [105, 2], [110, 3])], window(100, 110));
  buffer.merge(0, [series('a', [110, 30], [115, 4])], window(110, 115));
  const frame = buffer.frame(window(105, 115));
  expect(frame.times).toEqual([105, 110, 115]);
  expect(frame.series.map((s) => s.values)).toEqual([[2, 30, 4]]);
});

test('gaps, infinities and ends without points are null', () => {
  const buffer = new SeriesBuffer(0, STEP, 10);
  buffer.merge(0, [series('a', [0, 1], [10, Number.POSITIVE_INFINITY])], window(0, 15));
  expect(buffer.frame(window(0, 20)).series[0]?.values).toEqual([1, null, null, null, null]);
});

test('a point that a later answer does not repeat becomes a gap', () => {
  const buffer = new SeriesBuffer(0, STEP, 10);
  buffer.merge(0, [series('a', [0, 1], [5, 2])], window(0, 5));
  buffer.merge(0, [], window(5, 10));
  expect(buffer.frame(window(0, 10)).series[0]?.values).toEqual([1, null, null]);
});

test('a series that has only gaps left is dropped, and its place is free', () => {
  const buffer = new SeriesBuffer(0, STEP, 1);
  buffer.merge(0, [series('a', [0, 1])], window(0, 5));
  expect(buffer.frame(window(5, 10)).series).toEqual([]);
  buffer.merge(0, [series('b', [10, 1])], window(10, 10));
  expect(buffer.frame(window(5, 10)).series.map((s) => s.labels)).toEqual([{ name: 'b' }]);
});

test('series past the limit are counted, the known ones go on', () => {
  const buffer = new SeriesBuffer(0, STEP, 2);
  buffer.merge(
    0,
    ['a', 'b', 'c', 'd'].map((name) => series(name, [0, 1])),
    window(0, 0),
  );
  buffer.merge(
    0,
    ['d', 'b'].map((name) => series(name, [5, 2])),
    window(5, 5),
  );
  const frame = buffer.frame(window(0, 5));
  expect(frame.leftOut).toBe(2);
  expect(frame.series.map((s) => [s.labels['name'], s.values])).toEqual([
    ['a', [1, null]],
    ['b', [1, 2]],
  ]);
});

test('the same labels in two queries are two series, in the order of the queries', () => {
  const buffer = new SeriesBuffer(0, STEP, 10);
  buffer.merge(1, [series('a', [0, 1])], window(0, 0));
  buffer.merge(0, [series('a', [0, 2])], window(0, 0));
  expect(buffer.frame(window(0, 0)).series.map((s) => [s.query, s.values])).toEqual([
    [0, [2]],
    [1, [1]],
  ]);
});

test('any course of merges gives what a map of points would hold', () => {
  const step = fc.record({
    start: fc.nat(30),
    length: fc.nat(12),
    points: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(45), fc.integer())),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.nat(20), (steps, first) => {
      const buffer = new SeriesBuffer(0, STEP, 10);
      const naive = new Map<string, number>();
      for (const { start, length, points } of steps) {
        for (const key of naive.keys()) {
          const at = Number(key.split(' ')[1]);
          if (at >= start && at <= start + length) naive.delete(key);
        }
        for (const [name, at, value] of points) {
          if (at >= start && at <= start + length) naive.set(`${name} ${at}`, value);
        }
        const answer = points.map(([name, at, value]) => series(name, [at * STEP, value]));
        buffer.merge(0, answer, window(start * STEP, (start + length) * STEP));
      }
      const frame = buffer.frame(window(first * STEP, 40 * STEP));
      expect(frame.times.length).toBe(41 - first);
      for (const name of ['a', 'b', 'c']) {
        const found = frame.series.find((s) => s.labels['name'] === name);
        const wanted = frame.times.map((at) => naive.get(`${name} ${at / STEP}`) ?? null);
        if (found) expect(found.values).toEqual(wanted);
        else expect(wanted.every((value) => value === null)).toBe(true);
      }
    }),
  );
});
