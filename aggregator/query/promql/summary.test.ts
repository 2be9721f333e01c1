import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { labelsFrom, labelsKey } from '../../../wire/labels.ts';
import { isStale, putStale } from '../../../wire/sample.ts';
import { RowBuffer } from '../../store/row-buffer.ts';
import { everything } from '../../store/scope.ts';
import { SqliteReader } from '../../store/sqlite/sqlite-reader.ts';
import { SqliteWriter } from '../../store/sqlite/sqlite-writer.ts';
import type { MetricReader } from '../../store/store.ts';
import type { MemorySeries } from './fakes/memory-reader.ts';
import { queryRange, type QueryResult } from './query.ts';
import { summaryFor } from './summary.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 10);
const DAYS = 3;
const LIMITS = { maxSamples: 1e7, maxSeries: 1000, maxSteps: 11_000, checkDeadline() {} };

describe('buckets may be read', () => {
  const steps = { startMs: START_MS, stepMs: HOUR_MS, count: 24 };
  test.each([
    ['max_over_time', steps, 6 * HOUR_MS, 'max', HOUR_MS],
    ['', steps, 5 * MINUTE_MS, 'last', 5 * MINUTE_MS],
    ['sum_over_time', { ...steps, startMs: START_MS + 10 * MINUTE_MS }, HOUR_MS, 'sum', 10 * MINUTE_MS],
    ['avg_over_time', { ...steps, stepMs: 15_000 }, HOUR_MS, 'mean', 15_000],
    // One moment has no step.
    ['avg_over_time', { ...steps, stepMs: 15_000, count: 1 }, HOUR_MS, 'mean', HOUR_MS],
    ['min_over_time', { ...steps, startMs: -7 * HOUR_MS }, HOUR_MS, 'min', HOUR_MS],
  ] as const)('by %j', (name, moments, windowMs, statistic, gridMs) => {
    expect(summaryFor(name, moments, windowMs)).toMatchObject({ statistic, gridMs });
  });
  test.each(['rate', 'quantile_over_time', 'timestamp', 'constructor', undefined])('not by %j', (name) => {
    expect(summaryFor(name, steps, HOUR_MS).gridMs).toBe(0);
  });
});

/** Samples over some days: regular ones, gaps, borders of buckets and of days, NaN, markers, falls. */
const seriesOf = fc
  .array(
    fc.record({
      gapMs: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 * MINUTE_MS }) },
        fc.constantFrom(1, 15_000, 5 * MINUTE_MS, HOUR_MS, 7 * HOUR_MS),
      ),
      // To the next multiple.
      border: fc.oneof(
        { weight: 8, arbitrary: fc.constant(1) },
        { weight: 2, arbitrary: fc.constantFrom(5 * MINUTE_MS, HOUR_MS) },
      ),
      // Just before the next midnight, and at it.
      midnight: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
      value: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: -3000, max: 3000 }).map((x) => x / 8) },
        fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 2 ** 40),
      ),
      isStale: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
    }),
    { minLength: 20, maxLength: 160 },
  )
  .map((drawn): Omit<MemorySeries, 'labels'> => {
    let atMs = START_MS - 1;
    const samples = drawn.flatMap(({ gapMs, border, midnight, value, isStale }) => {
      const beforeMs = Math.min(gapMs, MINUTE_MS);
      atMs = Math.ceil((atMs + gapMs) / border) * border;
      if (midnight) atMs = Math.ceil((atMs + beforeMs) / DAY_MS) * DAY_MS;
      if (atMs >= START_MS + DAYS * DAY_MS) return [];
      const sample = { atMs, value, isStale };
      return midnight ? [{ ...sample, atMs: atMs - beforeMs }, sample] : [sample];
    });
    const values = Float64Array.from(samples, ({ value }) => value);
    samples.forEach(({ isStale: marks }, i) => marks && putStale(values, i));
    return { timestampsMs: Float64Array.from(samples, (sample) => sample.atMs), values };
  });
const allSeries = fc
  .array(seriesOf, { minLength: 1, maxLength: 3 })
  .map((all) => all.map((one, i) => ({ ...one, labels: labelsFrom({ __name__: 'm', id: String(i) }) })));

/** A store that took the samples in two halves, every other one first, with the tiers of the days that are over. */
async function storeOf(
  folder: string,
  series: readonly MemorySeries[],
): Promise<{ reader: SqliteReader; close(): Promise<void> }> {
  const reader = new SqliteReader();
  const nothing = (): void => {};
  const failed = (...values: unknown[]): never => {
    throw new Error(values.join(' '));
  };
  const writer = new SqliteWriter({
    folder,
    // The last day is not over.
    clock: new FakeClock(START_MS + DAYS * DAY_MS - HOUR_MS),
    readBatch: () => [],
    onView: (view) => reader.setView(view),
    events: {
      replayed: nothing,
      folded: nothing,
      foldFailed: failed,
      merged: nothing,
      mergeFailed: failed,
      metricsDropped: failed,
      metricsDropFailed: failed,
      tierMade: nothing,
      tierFailed: failed,
      entryDamaged: failed,
      partitionDamaged: failed,
      partitionDropped: failed,
      retentionFailed: failed,
    },
    openDataBytes: 1e9,
    foldAfterMs: 1e9,
    retention: {
      maxBytes: 1e9,
      maxAgeMs: undefined,
      rules: [],
      tierAgesMs: { '5m': 9 * DAY_MS, '1h': 9 * DAY_MS },
    },
  });
  for (const half of [1, 0]) {
    const rows = new RowBuffer();
    for (const { labels, timestampsMs, values } of series) {
      for (let i = half; i < values.length; i += 2)
        rows.addRow(writer.groupOfOne(labels), timestampsMs[i] as number, values.subarray(i, i + 1));
    }
    writer.write([{ rows, logs: [] }]);
    await writer.fold();
  }
  await writer.merge();
  return {
    reader,
    close: async () => {
      reader.close();
      await writer.close();
    },
  };
}

/** The reader, and how many samples or rows of tiers it gave; with `summaries` false it is not told of them. */
function counting(reader: SqliteReader, summaries: boolean): { reader: MetricReader; rows: number } {
  const counted: { reader: MetricReader; rows: number } = {
    rows: 0,
    reader: {
      select: (scope, matchers, range, limits, summary) => {
        const found = reader.select(scope, matchers, range, limits, summaries ? summary : undefined);
        for (const { values } of found) counted.rows += values.length;
        return found;
      },
      selectHistograms: (...args) => reader.selectHistograms(...args),
      series: (...args) => reader.series(...args),
      labelNames: (...args) => reader.labelNames(...args),
      labelValues: (...args) => reader.labelValues(...args),
    },
  };
  return counted;
}

interface Asked {
  readonly query: string;
  readonly startMs: number;
  readonly stepMs: number;
}

function ask(reader: MetricReader, { query, startMs, stepMs }: Asked): QueryResult {
  const endMs = START_MS + DAYS * DAY_MS;
  return queryRange(reader, everything, {
    query,
    startMs,
    stepMs,
    endMs,
    lookbackMs: 5 * MINUTE_MS,
    limits: LIMITS,
  });
}

/** By series and time; numbers in so many digits, all of them by default. */
function shown(result: QueryResult, digits?: number): Map<string, string[]> {
  if (result.type !== 'matrix') throw new Error(`a ${result.type}`);
  const show = (values: Float64Array, i: number): string => {
    if (isStale(values, i)) return 'stale';
    const value = values[i] as number;
    return Object.is(value, -0) ? '-0' : digits === undefined ? String(value) : value.toPrecision(digits);
  };
  return new Map(
    result.series.map(({ labels, timestampsMs, values }) => [
      labelsKey(labels),
      Array.from(timestampsMs, (atMs, i) => `${atMs} ${show(values, i)}`),
    ]),
  );
}

const WINDOWED = ['min', 'max', 'first', 'last', 'count', 'present'];
const SUMMED = ['sum', 'avg'];
const EXACT = [
  'm',
  'm offset 1h',
  'sum by (id) (m)',
  'count(m)',
  'absent_over_time(m{id="0"}[1h])',
  ...[...WINDOWED, ...SUMMED].flatMap((name) =>
    ['1h', '6h'].map((range) => `${name}_over_time(m[${range}])`),
  ),
  'max_over_time(m[1d] offset 1h)',
  'count_over_time(m[1d] @ end())',
  'max_over_time(count_over_time(m[1h])[6h:1h])',
];
const INEXACT = [
  'rate(m[1h])',
  'changes(m[1h])',
  'quantile_over_time(0.5, m[1h])',
  'stddev_over_time(m[1h])',
  'timestamp(m)',
  'max_over_time(m[61s])',
  'sum_over_time(m[1h] offset 17s)',
];

test('what is read from tiers is what is read from samples', { timeout: 120_000 }, async () => {
  let saved = 0;
  await fc.assert(
    fc.asyncProperty(allSeries, async (series) => {
      const folder = mkdtempSync(join(tmpdir(), 'binnacle-summary-'));
      const store = await storeOf(folder, series);
      try {
        const compare = (asked: Asked, isRead: boolean): void => {
          const samples = counting(store.reader, false);
          const tiers = counting(store.reader, true);
          // Sums of sums differ from sums in their last digits.
          const digits = /sum_|avg_/.test(asked.query) ? 9 : undefined;
          const found = shown(ask(tiers.reader, asked), digits);
          expect(found, JSON.stringify(asked)).toEqual(shown(ask(samples.reader, asked), digits));
          if (isRead) saved += samples.rows - tiers.rows;
          else expect(tiers.rows, JSON.stringify(asked)).toBe(samples.rows);
        };
        for (const query of EXACT) {
          compare({ query, startMs: START_MS, stepMs: HOUR_MS }, true);
          compare({ query, startMs: START_MS + 5 * MINUTE_MS, stepMs: 10 * MINUTE_MS }, true);
          if (!/@|:1h/.test(query)) {
            compare({ query, startMs: START_MS + MINUTE_MS, stepMs: HOUR_MS }, false);
            compare({ query, startMs: START_MS, stepMs: HOUR_MS + 1000 }, false);
          }
        }
        for (const query of INEXACT) compare({ query, startMs: START_MS, stepMs: HOUR_MS }, false);
      } finally {
        await store.close();
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 12 },
  );
  expect(saved).toBeGreaterThan(0);
});

test('when samples are gone, tiers answer, with a warning where they do not say the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-summary-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const timestampsMs = Float64Array.from({ length: 2 * 1440 }, (_, i) => START_MS + i * MINUTE_MS);
  // A counter of one a second.
  const series = {
    labels: labelsFrom({ __name__: 'm' }),
    timestampsMs,
    values: timestampsMs.map((ms) => ms / 1000),
  };
  const asked = (query: string): Asked => ({ query, startMs: START_MS + HOUR_MS, stepMs: HOUR_MS });
  const before = await storeOf(folder, [series]);
  const peaks = shown(ask(before.reader, asked('max_over_time(m[1h])')));
  await before.close();
  rmSync(join(folder, 'metrics/2026-01-10.db'));
  const after = await storeOf(folder, []);
  const found = ask(after.reader, asked('max_over_time(m[1h])'));
  expect([shown(found), found.warnings]).toEqual([peaks, []]);
  const rates = ask(after.reader, asked('rate(m[1h])'));
  expect(rates.warnings).toEqual([
    'samples before 2026-01-11T00:00:00.000Z are gone: the tier 5m stands in for them, by the last of each bucket, though rate() needs every sample',
  ]);
  const [rate] = rates.type === 'matrix' ? rates.series : [];
  expect(rate?.values.length).toBeGreaterThan(40);
  for (const value of rate?.values ?? []) expect(value).toBeCloseTo(1, 1);
  const fine = ask(after.reader, { ...asked('max_over_time(m[61s])'), stepMs: 61_000 });
  expect(fine.warnings).toEqual([
    expect.stringMatching(
      /by the max of each bucket, though times, step and windows of the query .* than 1s$/,
    ),
  ]);
  await after.close();
});
