import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../../lib/fault.ts';
import { labelsFrom, labelsKey, labelValue } from '../../../wire/labels.ts';
import { putStale } from '../../../wire/sample.ts';
import { everything } from '../../store/scope.ts';
import type { MemorySeries } from './fakes/memory-reader.ts';
import { MemoryReader } from './fakes/memory-reader.ts';
import { groupsOf, NAIVE_AGGREGATE, NAIVE_RANGE, newestOf, windowOf } from './fakes/naive.ts';
import type { QueryResult } from './query.ts';
import { queryInstant, queryRange } from './query.ts';

const LIMITS = { maxSamples: 1e7, maxSeries: 1000, maxSteps: 11_000, checkDeadline() {} };
const LOOKBACK_MS = 40_000;
const common = { lookbackMs: LOOKBACK_MS, limits: LIMITS };

/** Samples at uneven times with gaps, falls, NaN (`special` only), infinities and staleness markers. */
function seriesOf(special: boolean): fc.Arbitrary<MemorySeries[]> {
  const ordinary = fc.oneof(
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: -3000, max: 3000 }).map((x) => x / 8),
  );
  const value = special
    ? fc.oneof({ weight: 8, arbitrary: ordinary }, fc.constantFrom(NaN, Infinity, -Infinity))
    : ordinary;
  const sample = fc.record({
    gapMs: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 8000, max: 12_000 }) },
      fc.constantFrom(10_000, 45_000, 1),
    ),
    value,
    stale: fc.integer({ min: 0, max: 11 }).map((n) => n === 0),
  });
  return fc
    .array(fc.array(sample, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 5 })
    .map((all) =>
      all.map((samples, i) => {
        let ms = 0;
        const timestampsMs = Float64Array.from(samples, ({ gapMs }) => (ms += gapMs));
        const values = Float64Array.from(samples, ({ value }) => value);
        samples.forEach(({ stale }, at) => stale && putStale(values, at));
        return {
          labels: labelsFrom({ __name__: 'm_total', id: String(i), half: String(i % 2) }),
          timestampsMs,
          values,
        };
      }),
    );
}

const stepsOf = fc.record({
  startMs: fc.integer({ min: 0, max: 60_000 }),
  stepMs: fc.constantFrom(1000, 5000, 10_000, 33_333),
  count: fc.integer({ min: 1, max: 25 }),
});
const ranges = fc.constantFrom('5s', '20s', '30s', '1m30s', '10m');

interface StepRange {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

function range(
  series: readonly MemorySeries[],
  query: string,
  { startMs, stepMs, count }: StepRange,
): QueryResult {
  const endMs = startMs + (count - 1) * stepMs;
  return queryRange(new MemoryReader(series), everything, { query, startMs, endMs, stepMs, ...common });
}

/** Values by series and moment. */
function table(result: QueryResult): Map<string, number> {
  const values = new Map<string, number>();
  if (result.type === 'matrix') {
    for (const series of result.series) {
      series.timestampsMs.forEach((ms, i) =>
        values.set(`${ms} ${labelsKey(series.labels)}`, series.values[i] as number),
      );
    }
  }
  if (result.type === 'vector') {
    for (const { labels, value } of result.samples)
      values.set(`${result.timeMs} ${labelsKey(labels)}`, value);
  }
  return values;
}

function expectNear(got: Map<string, number>, want: Map<string, number>): void {
  expect([...got.keys()].sort()).toEqual([...want.keys()].sort());
  for (const [key, value] of want) {
    const own = got.get(key) as number;
    const near =
      Object.is(own, value) || own === value || Math.abs(own - value) <= 1e-9 * (1 + Math.abs(value));
    expect(near, `${key}: ${own}, plainly ${value}`).toBe(true);
  }
}

const SECONDS: Readonly<Record<string, number>> = { '5s': 5, '20s': 20, '30s': 30, '1m30s': 90, '10m': 600 };

describe('the evaluator and its naive twin agree', () => {
  test.each(Object.entries(NAIVE_RANGE))('%s', (name, plain) => {
    // Infinities cancel out differently in the plain sums; the scripts of Prometheus have those cases.
    const special = [
      'max_over_time',
      'min_over_time',
      'count_over_time',
      'last_over_time',
      'resets',
    ].includes(name);
    fc.assert(
      fc.property(seriesOf(special), stepsOf, ranges, (series, steps, span) => {
        const rangeMs = (SECONDS[span] as number) * 1000;
        const want = new Map<string, number>();
        for (const one of series) {
          const labels = name === 'last_over_time' ? one.labels : one.labels.slice(2);
          for (let i = 0; i < steps.count; i++) {
            const atMs = steps.startMs + i * steps.stepMs;
            const value = plain(windowOf(one, atMs, rangeMs), atMs, rangeMs);
            if (value !== undefined) want.set(`${atMs} ${labelsKey(labels)}`, value);
          }
        }
        expectNear(table(range(series, `${name}(m_total[${span}])`, steps)), want);
      }),
      { numRuns: 150 },
    );
  });

  test.each(Object.entries(NAIVE_AGGREGATE))('%s', (op, plain) => {
    const query = op.includes('(')
      ? `${op.replace('(', ' by (half) (')}m_total)`
      : `${op} by (half) (m_total)`;
    fc.assert(
      fc.property(seriesOf(op === 'max' || op === 'min' || op === 'count'), stepsOf, (series, steps) => {
        const want = new Map<string, number>();
        for (let i = 0; i < steps.count; i++) {
          const atMs = steps.startMs + i * steps.stepMs;
          const points = series.flatMap((one) => {
            const value = newestOf(one, atMs, LOOKBACK_MS);
            return value === undefined ? [] : [{ labels: one.labels, value }];
          });
          for (const [half, values] of groupsOf(points, (labels) => labelValue(labels, 'half'))) {
            want.set(`${atMs} ${labelsKey(['half', half])}`, plain(values));
          }
        }
        expectNear(table(range(series, query, steps)), want);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a range query is its instant queries', () => {
  const vector = fc.letrec<{ vector: string }>((tie) => ({
    vector: fc.oneof(
      { depthSize: 'medium', maxDepth: 4 },
      fc.constantFrom(
        'm_total',
        'm_total{half="0"}',
        'm_total offset 7s',
        'm_total @ 55',
        'm_total @ end() offset -3s',
      ),
      fc
        .tuple(fc.constantFrom('rate', 'delta', 'changes', 'deriv', 'max_over_time'), ranges)
        .map(([f, r]) => `${f}(m_total[${r}])`),
      fc
        .tuple(
          fc.constantFrom('sum_over_time', 'last_over_time', 'idelta'),
          tie('vector'),
          fc.constantFrom('30s:7s', '1m:20s offset 5s'),
        )
        .map(([f, v, r]) => `${f}((${v})[${r}])`),
      fc
        .tuple(fc.constantFrom('max', 'group by (half)', 'min without (id)', 'count by (id)'), tie('vector'))
        .map(([op, v]) => `${op} (${v})`),
      // Sums depend in their last digit on the order of the input, and that on what else is in the range.
      fc.constantFrom('sum(m_total)', 'avg by (half) (m_total)', 'stddev without (id) (m_total offset 7s)'),
      // So does which of equals is the first.
      tie('vector').map((v) => `max(topk(1, ${v})) + 0`),
      tie('vector').map((v) => `min by (half) (bottomk by (half) (1, ${v})) + 0`),
      tie('vector').map((v) => `quantile(1, ${v})`),
      fc
        .tuple(
          tie('vector'),
          fc.constantFrom(
            '+',
            '*',
            '> bool',
            '<',
            'and',
            'or',
            'unless',
            '- on (id)',
            '/ on (id) group_left ()',
            'or on (half)',
          ),
          tie('vector'),
        )
        .map(([l, op, r]) => `(${l}) ${op} (${r})`),
      fc
        .tuple(
          tie('vector'),
          fc.constantFrom('% 7', '>= 10', '== bool 5', '^ scalar(m_total{id="0"})', '* time()'),
        )
        .map(([v, op]) => `(${v}) ${op}`),
      fc
        .tuple(fc.constantFrom('abs', 'absent', 'timestamp', 'sgn'), tie('vector'))
        .map(([f, v]) => `${f}(${v})`),
      tie('vector').map((v) => `label_replace(${v}, "half", "$1", "id", "([01])")`),
      tie('vector').map((v) => `-(${v})`),
    ),
  })).vector;

  test('at every step', () => {
    let compared = 0;
    fc.assert(
      fc.property(seriesOf(true), stepsOf, vector, (series, steps, query) => {
        let whole: Map<string, number>;
        try {
          whole = table(range(series, query, steps));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
          return;
        }
        const single = new Map<string, number>();
        // The end of a query is not that of its single steps.
        if (query.includes('end()')) return;
        for (let i = 0; i < steps.count; i++) {
          const timeMs = steps.startMs + i * steps.stepMs;
          const result = queryInstant(new MemoryReader(series), everything, { query, timeMs, ...common });
          for (const [key, value] of table(result)) single.set(key, value);
        }
        expect(new Map([...single].sort(byKey))).toEqual(new Map([...whole].sort(byKey)));
        compared++;
      }),
      { numRuns: 1500 },
    );
    expect(compared).toBeGreaterThan(500);
  });
});

function byKey([a]: [string, number], [b]: [string, number]): number {
  return a < b ? -1 : 1;
}
