import { describe, expect, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { labelsFrom } from '../../../wire/labels.ts';
import type { Scope } from '../../store/scope.ts';
import { everything } from '../../store/scope.ts';
import type { MemorySeries } from './fakes/memory-reader.ts';
import { MemoryReader } from './fakes/memory-reader.ts';
import { deadline } from './limits.ts';
import type { QueryResult } from './query.ts';
import { queryInstant, queryRange } from './query.ts';

function series(labels: Record<string, string>, count = 100, stepMs = 15_000): MemorySeries {
  return {
    labels: labelsFrom(labels),
    timestampsMs: Float64Array.from({ length: count }, (_, i) => i * stepMs),
    values: Float64Array.from({ length: count }, (_, i) => i),
  };
}

const reader = new MemoryReader([
  series({ __name__: 'a_total', namespace: 'red', pod: 'x' }),
  series({ __name__: 'a_total', namespace: 'blue', pod: 'x' }),
  series({ __name__: 'b', namespace: 'red', pod: 'x' }),
  series({ __name__: 'node', pod: 'x' }),
]);

const LIMITS = { maxSamples: 1e6, maxSeries: 1000, maxSteps: 11_000, checkDeadline() {} };

function instant(query: string, limits = LIMITS, scope: Scope = everything): QueryResult {
  return queryInstant(reader, scope, { query, timeMs: 600_000, lookbackMs: 300_000, limits });
}

function range(
  query: string,
  more: { limits?: typeof LIMITS; endMs?: number; stepMs?: number } = {},
): QueryResult {
  const { limits = LIMITS, endMs = 1_200_000, stepMs = 15_000 } = more;
  return queryRange(reader, everything, { query, startMs: 0, endMs, stepMs, lookbackMs: 300_000, limits });
}

describe('errors of evaluation', () => {
  test.each([
    [
      'a_total * on (pod) b',
      'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
    ],
    [
      'b * on (pod) a_total',
      'found duplicate series for the match group {pod="x"} on the right hand-side of the operation: ' +
        '[a_total{namespace="blue", pod="x"}, a_total{namespace="red", pod="x"}];' +
        'many-to-many matching not allowed: matching labels must be unique on one side',
    ],
    [
      'a_total * on (pod) group_right b',
      'found duplicate series for the match group {pod="x"} on the left hand-side of the operation: ' +
        '[a_total{namespace="blue", pod="x"}, a_total{namespace="red", pod="x"}];' +
        'many-to-many matching not allowed: matching labels must be unique on one side',
    ],
    [
      'a_total * on (pod) group_left (namespace) b',
      'multiple matches for labels: grouping labels must ensure unique matches',
    ],
    ['-{pod="x"}', 'vector cannot contain metrics with the same labelset'],
    ['{pod="x"} + 1', 'vector cannot contain metrics with the same labelset'],
    ['rate({pod="x"}[5m])', 'vector cannot contain metrics with the same labelset'],
    [
      'label_replace(a_total, "namespace", "", "", "")',
      'vector cannot contain metrics with the same labelset',
    ],
    ['label_replace(b, "", "x", "pod", ".*")', 'invalid destination label name in label_replace(): '],
    ['label_replace(b, "y", "x", "pod", "(")', 'invalid regular expression in label_replace(): ('],
    ['topk(0/0, b)', 'Parameter value is NaN'],
    ['count_values("\\xff", b)', 'invalid label name "\\xff"'],
  ])('%s', (query, message) => {
    expect(() => instant(query)).toThrow(expect.objectContaining({ code: 'execution', message }));
    expect(() => range(query)).toThrow(expect.objectContaining({ code: 'execution', message }));
  });

  test.each([
    ['"text"', {}, /invalid expression type "string" for range query/],
    ['b[5m]', {}, /invalid expression type "range vector" for range query/],
    ['b', { endMs: -1 }, /end timestamp must not be before start time/],
    ['b', { stepMs: 0 }, /zero or negative query resolution step widths/],
    [
      'b',
      { stepMs: 100 },
      /exceeded maximum resolution of 11000 points per timeseries \(setting query.max-steps\)/,
    ],
  ])('range query %s %j', (query, more, message) => {
    expect(() => range(query, more)).toThrow(
      expect.objectContaining({ code: 'bad_data', message: expect.stringMatching(message) }),
    );
  });
});

describe('limits', () => {
  test('samples in memory are those at one time, not all together', () => {
    const limits = { ...LIMITS, maxSamples: 1000 };
    // Ten operations of 81 cells each, of which a few live at once.
    expect(range('b + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1', { limits }).type).toBe('matrix');
    const message = 'query would hold more than 1000 samples in memory (setting query.max-samples)';
    expect(() => range('{pod="x"}', { limits, stepMs: 5000 })).toThrow(
      expect.objectContaining({ code: 'limit', message }),
    );
  });

  test('a subquery cannot get around them', () => {
    expect(() => instant('sum_over_time(vector(1)[100y:1ms])')).toThrow(
      expect.objectContaining({ code: 'limit' }),
    );
  });

  test('time is looked at inside of one long series', async () => {
    const clock = new FakeClock();
    let looks = 0;
    const check = deadline(clock, 1000);
    const checkDeadline = (): void => {
      looks++;
      check();
    };
    const long = new MemoryReader([series({ __name__: 'long' }, 5000, 100)]);
    const run = (): QueryResult =>
      queryRange(long, everything, {
        query: 'quantile_over_time(0.5, long[1h])',
        startMs: 0,
        endMs: 500_000,
        stepMs: 1000,
        lookbackMs: 300_000,
        limits: { ...LIMITS, checkDeadline },
      });
    run();
    expect(looks).toBeGreaterThan(10);
    await clock.advance(1000);
    const message = 'query timed out: it took longer than 1 s (setting query.timeout)';
    expect(run).toThrow(expect.objectContaining({ code: 'timeout', message }));
  });
});

test('the scope reaches every selector', () => {
  const red: Scope = { kind: 'namespaces', names: new Set(['red']) };
  const queries = [
    'a_total',
    'rate(a_total[5m])',
    'a_total or node',
    'timestamp(a_total)',
    'max_over_time(a_total[5m:])',
  ];
  for (const query of queries) {
    const result = instant(query, LIMITS, red);
    if (result.type !== 'vector') throw new Error(result.type);
    expect(result.samples.map(({ labels }) => labels.includes('red'))).toEqual([true]);
  }
  expect(instant('absent(node)', LIMITS, red)).toMatchObject({ samples: [{ labels: [], value: 1 }] });
});

test('the deepest expressions that are read are evaluated, too', () => {
  const depth = 990;
  // The grammar package gives up on chains that go on far past 2,000 characters.
  const chain = Array.from({ length: depth }, () => 'b').join('+');
  for (const query of [
    '('.repeat(depth) + 'b' + ')'.repeat(depth),
    chain,
    'abs('.repeat(depth) + 'b' + ')'.repeat(depth),
  ]) {
    expect(instant(query)).toMatchObject({ samples: [{}] });
  }
  expect(instant(`${'-'.repeat(depth)}b`)).toMatchObject({ samples: [{ value: 40 }] });
});

test('infos and warnings are told once, with their place', () => {
  const { infos, warnings } = range('rate(b[5m]) + rate(b[5m])');
  const text =
    'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "b"';
  expect(infos).toEqual([`${text} (1:6)`, `${text} (1:20)`]);
  expect(warnings).toEqual([]);
});
