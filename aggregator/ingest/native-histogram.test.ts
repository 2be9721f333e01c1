import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { putStale } from '../../wire/sample.ts';
import { collect } from './collected.fake.ts';
import { readRemoteWrite2 } from './remote-write-2.ts';
import { remoteWriteMessage, remoteWriteMessage2, type FakeHistogram } from './remote-write.fake.ts';
import { readRemoteWrite } from './remote-write.ts';

const NEWEST_MS = 1_767_225_600_000;
const LIMITS = { maxSamples: 100, maxLabels: 5, maxLabelLength: 50, maxHistogramBuckets: 20 };
const LABELS = [
  ['__name__', 'h'],
  ['job', 'j'],
] as const;

const versions = [
  ['1.0', remoteWriteMessage, readRemoteWrite],
  ['2.0', remoteWriteMessage2, readRemoteWrite2],
] as const;

/** The parts that are taken, by their names. */
function take(histograms: readonly FakeHistogram[], samples: readonly (readonly [number, number])[] = []) {
  const [one, two] = versions.map(([, encode, read]) => {
    const body = encode([{ labels: LABELS, samples, histograms }]);
    const { taken, refused } = collect(NEWEST_MS, LIMITS, 'series', (collected) => read(body, collected));
    const parts = taken.map(([series, atMs, value]) => [
      /__histogram__="([^"]*)"/.exec(series)?.[1] ?? series,
      atMs,
      value,
    ]);
    return { parts, refused };
  });
  expect(two).toEqual(one);
  return one!;
}

describe('a native histogram', () => {
  test('is kept as its parts, beside the samples of its series', () => {
    const histogram: FakeHistogram = {
      atMs: 5000,
      count: 12,
      sum: 18.4,
      schema: 1,
      zeroCount: 2,
      positiveSpans: [
        [-1, 2],
        [3, 1],
      ],
      positiveDeltas: [1, 1, -1],
      negativeSpans: [[0, 2]],
      negativeDeltas: [4, -2],
      resetHint: 2,
    };
    expect(take([histogram], [[1000, 7]])).toEqual({
      parts: [
        ['h{job="j"}', 1000, 7],
        ['count', 5000, 12],
        ['sum', 5000, 18.4],
        ['schema', 5000, 1],
        ['zero_threshold', 5000, 0],
        ['zero', 5000, 2],
        ['reset_hint', 5000, 2],
        ['+-1', 5000, 1],
        ['+0', 5000, 2],
        ['+4', 5000, 1],
        ['-0', 5000, 4],
        ['-1', 5000, 2],
      ],
      refused: '',
    });
  });

  test('of floats and of custom bounds is taken too', () => {
    const histogram: FakeHistogram = {
      atMs: 1,
      countFloat: 2.5,
      sum: 1,
      schema: -53,
      positiveSpans: [[0, 2]],
      positiveCounts: [0.5, 2],
      bounds: [0.1, 1],
    };
    expect(take([histogram]).parts.slice(-4)).toEqual([
      ['+0', 1, 0.5],
      ['+1', 1, 2],
      ['bound 0', 1, 0.1],
      ['bound 1', 1, 1],
    ]);
  });

  test('ends with a staleness marker as its sum, whose bits are kept', () => {
    const stale = new Float64Array(1);
    putStale(stale, 0);
    const sum = new Uint8Array(stale.buffer);
    expect(take([{ atMs: 1, count: 0, sum }]).parts[1]).toEqual(['sum', 1, NaN]);
  });

  const good: FakeHistogram = { atMs: 1, count: 1, sum: 1, positiveSpans: [[0, 1]], positiveDeltas: [1] };
  test.each<[string, Partial<FakeHistogram>, RegExp]>([
    ['a schema of its own', { schema: 9 }, /schema 9, known are -4 to 8 and -53/],
    ['spans of more than it has', { positiveSpans: [[0, 3]] }, /spans of more than its 1 buckets/],
    ['spans of less than it has', { positiveSpans: [] }, /spans of 0 of its 1 buckets/],
    ['a negative population', { positiveDeltas: [-1] }, /a population of -1 in bucket 0/],
    [
      'too many buckets',
      { positiveSpans: [[0, 21]] },
      /more than 20 buckets .*ingest\.max-histogram-buckets/,
    ],
    ['bounds that it does not use', { bounds: [1] }, /custom bounds with schema 0/],
    ['bounds that do not rise', { schema: -53, bounds: [2, 1] }, /custom bounds that do not rise/],
    [
      'a bucket past its bounds',
      { schema: -53, positiveSpans: [[2, 1]], bounds: [1] },
      /1 custom bounds do not make/,
    ],
    ['a reset hint of its own', { resetHint: 7 }, /reset hint 7/],
    ['a time in the future', { atMs: NEWEST_MS + 1 }, /ingest\.future-limit/],
  ])('with %s is refused alone', (_what, wrong, reason) => {
    const { parts, refused } = take([{ ...good, ...wrong }, good]);
    expect(parts.filter(([name]) => name === 'count')).toEqual([['count', 1, 1]]);
    expect(refused).toMatch(/^1 series were refused/);
    expect(refused).toMatch(/\nh\{job="j"\}: /);
    expect(refused).toMatch(reason);
  });

  test('random bytes are a refusal at most', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const series = [...Uint8Array.of(0x0a, 5, 0x0a, 1, 0x61, 0x12, 0), 0x22, bytes.length, ...bytes];
        const body = Uint8Array.of(0x0a, series.length, ...series);
        collect(NEWEST_MS, LIMITS, 'series', (collected) => readRemoteWrite(body, collected));
      }),
    );
  });
});
