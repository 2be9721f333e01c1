import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { BatchId } from '../../wire/batch.ts';
import { isStale, putStale } from '../../wire/sample.ts';
import { labelsFrom, labelsKey, printLabels, type Labels } from '../../wire/labels.ts';
import type { Matcher } from './matcher.ts';
import { everything, type Scope } from './scope.ts';
import { CUSTOM_BOUNDS, HISTOGRAM_PART, partLabels, partsOf } from './native-histogram.ts';
import { RowBuffer } from './row-buffer.ts';
import type { GroupRegistry, MetricReader, StoreWriter, ReadLimits, SeriesSamples } from './store.ts';

/** What the contract needs of an implementation. */
export interface StoreUnderTest {
  readonly writer: StoreWriter;
  readonly reader: MetricReader;
  /** Moves open data to where it stays. */
  settle(): Promise<void>;
  /** Brings what has settled into its last form. */
  merge(): Promise<void>;
  /** Ends without a goodbye and opens again from what is on disk. */
  crash(): Promise<StoreUnderTest>;
  close(): Promise<void>;
}

export const freeLimits: ReadLimits = {
  maxSeries: 1e6,
  maxSamples: 1e9,
  checkDeadline() {},
  onDamage(message) {
    throw new Error(message);
  },
};

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 10);
const ALL = { fromMs: 0, toMs: 1e15 };

/** Values of one moment for series that are measured together. */
export interface SampleRow {
  readonly series: readonly Labels[];
  readonly atMs: number;
  readonly values: Float64Array;
}

/** A row of one sample for each of `samples`: `[labels, time, value]`. */
export function rowsOf(samples: readonly (readonly [Record<string, string>, number, number])[]): SampleRow[] {
  return samples.map(([record, atMs, value]) => rowOf([labelsFrom(record)], atMs, Float64Array.of(value)));
}

export function rowOf(series: readonly Labels[], atMs: number, values: Float64Array): SampleRow {
  return { series, atMs, values };
}

/** The rows as a store takes them, their series registered there. */
export function buffered(store: GroupRegistry, rows: readonly SampleRow[]): RowBuffer {
  const buffer = new RowBuffer();
  for (const { series, atMs, values } of rows) {
    const [labels] = series;
    const name = series.map(labelsKey).join();
    const group =
      series.length === 1 && labels
        ? store.groupOfOne(labels)
        : (store.groupNamed(name) ?? store.addGroup(series, name));
    buffer.addRow(group, atMs, values);
  }
  return buffer;
}

function show(found: readonly SeriesSamples[]): Record<string, [number, number][]> {
  return Object.fromEntries(
    found.map(({ labels, timestampsMs, values }) => [
      printLabels(labels),
      Array.from(timestampsMs, (atMs, i): [number, number] => [atMs, values[i] as number]),
    ]),
  );
}

const eq = (name: string, value: string): Matcher => ({ name, op: '=', value });

/** What every store does. */
export function metricStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name}: the store contract`, () => {
    let store: StoreUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const put = (rows: readonly SampleRow[]): void =>
      store.writer.write([{ rows: buffered(store.writer, rows), logs: [] }]);
    const putBatch = (id: BatchId): void => {
      const batch = { ...id, body: new Uint8Array(0), newestMs: 1e15, omitted: [] };
      store.writer.write([{ rows: new RowBuffer(), logs: [], batch }]);
    };
    const select = (matchers: Matcher[], range = ALL, scope: Scope = everything): SeriesSamples[] =>
      store.reader.select(scope, matchers, range, freeLimits);

    /** Each state in which samples can be: open, settled, both, after a crash. */
    const merge = async (): Promise<void> => {
      await store.settle();
      await store.merge();
    };
    const states: [string, () => Promise<void>][] = [
      ['open', async () => {}],
      ['settled', async () => store.settle()],
      ['after a crash', async () => void (store = await store.crash())],
      ['merged', merge],
      ['merged and after a crash', async () => (await merge(), void (store = await store.crash()))],
      ['settled and after a crash', async () => (await store.settle(), void (store = await store.crash()))],
    ];

    test.each(states)('gives back what was written: %s', async (_state, reach) => {
      put(
        rowsOf([
          [{ __name__: 'up', job: 'a' }, START_MS, 1],
          [{ __name__: 'up', job: 'b' }, START_MS, 0],
        ]),
      );
      await reach();
      put(rowsOf([[{ __name__: 'up', job: 'a' }, START_MS + 5000, 0.5]]));
      await reach();
      expect(show(select([eq('__name__', 'up')]))).toEqual({
        'up{job="a"}': [
          [START_MS, 1],
          [START_MS + 5000, 0.5],
        ],
        'up{job="b"}': [[START_MS, 0]],
      });
    });

    test.each(states)('orders samples of any order, the later of two wins: %s', async (_state, reach) => {
      const series = { __name__: 'x' };
      put(
        rowsOf([
          [series, START_MS + 2000, 2],
          [series, START_MS - DAY_MS, 0],
          [series, START_MS + 1000, 1],
        ]),
      );
      put(
        rowsOf([
          [series, START_MS + 2000, 22],
          [series, START_MS + 2 * DAY_MS, 3],
        ]),
      );
      await reach();
      put(rowsOf([[series, START_MS + 1000, 11]]));
      expect(show(select([eq('__name__', 'x')]))).toEqual({
        x: [
          [START_MS - DAY_MS, 0],
          [START_MS + 1000, 11],
          [START_MS + 2000, 22],
          [START_MS + 2 * DAY_MS, 3],
        ],
      });
    });

    test.each(states)('keeps every bit of a value: %s', async (_state, reach) => {
      const values = Float64Array.of(NaN, -0, Infinity, -Infinity, 5e-324, 0.1 + 0.2, 0);
      putStale(values, 6);
      const series = Array.from(values, (_, i) => labelsFrom({ __name__: 'v', i: String(i) }));
      put([rowOf(series, START_MS, values)]);
      await reach();
      const found = select([eq('__name__', 'v')]).sort((a, b) =>
        labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1,
      );
      expect(found.map(({ values: [value] }) => value)).toEqual([...values]);
      expect(isStale(found[6]!.values, 0)).toBe(true);
      expect(isStale(found[0]!.values, 0)).toBe(false);
    });

    test.each(states)('gives back native histograms as they were: %s', async (_state, reach) => {
      const labels = labelsFrom({ __name__: 'h', job: 'a' });
      const base = { schema: 3, zeroThreshold: 2 ** -128, zeroCount: 1, resetHint: 0, bounds: [] };
      const first = {
        ...base,
        count: 7,
        sum: 12.5,
        positive: [
          [-2, 1],
          [5, 3],
        ],
        negative: [[0, 2]],
      } as const;
      const second = {
        ...base,
        count: 9,
        sum: NaN,
        positive: [
          [5, 5],
          [6, 1],
        ],
        negative: [[0, 2]],
      } as const;
      const custom = {
        ...base,
        schema: CUSTOM_BOUNDS,
        zeroThreshold: 0,
        count: 3,
        sum: -0,
        positive: [
          [0, 1],
          [2, 2],
        ],
        negative: [],
        bounds: [0.5, 1],
      } as const;
      for (const [i, histogram] of [first, second, custom].entries()) {
        const { names, values } = partsOf(histogram);
        const series = names.map((name) => partLabels(labels, name));
        put([rowOf(series, START_MS + i * 1000, Float64Array.from(values))]);
      }
      await reach();
      put(rowsOf([[{ __name__: 'plain' }, START_MS, 1]]));
      expect(store.reader.selectHistograms(everything, [eq('job', 'a')], ALL, freeLimits)).toEqual([
        {
          labels,
          timestampsMs: Float64Array.of(START_MS, START_MS + 1000, START_MS + 2000),
          histograms: [first, second, custom],
        },
      ]);
      expect(show(select([]))).toEqual({ plain: [[START_MS, 1]] });
      expect(store.reader.series(everything, [], ALL, freeLimits)).toEqual([labels, ['__name__', 'plain']]);
      expect(store.reader.labelNames(everything, [], ALL, freeLimits)).toEqual(['__name__', 'job']);
      expect(store.reader.labelValues(everything, HISTOGRAM_PART, [], ALL, freeLimits)).toEqual([]);
    });

    test.each(states)('both ends of a range are in it: %s', async (_state, reach) => {
      put(rowsOf([1, 2, 3, 4].map((n) => [{ __name__: 'x' }, START_MS + n * 1000, n] as const)));
      await reach();
      const range = { fromMs: START_MS + 2000, toMs: START_MS + 3000 };
      expect(show(select([], range))).toEqual({
        x: [
          [START_MS + 2000, 2],
          [START_MS + 3000, 3],
        ],
      });
      expect(select([], { fromMs: START_MS + 4001, toMs: START_MS + 9000 })).toEqual([]);
    });

    test.each(states)('matches labels as Prometheus does: %s', async (_state, reach) => {
      const series: Record<string, string>[] = [
        { __name__: 'm', env: 'prod', pod: 'web-1' },
        { __name__: 'm', env: 'prod', pod: 'web-22' },
        { __name__: 'm', env: 'dev', pod: 'db.1' },
        { __name__: 'm', pod: 'a\nb' },
        { __name__: 'other', env: '\u00e4\u{1f9ed}', __proto__x: '1' },
      ];
      put(rowsOf(series.map((record, i) => [record, START_MS, i] as const)));
      await reach();
      const cases: [Matcher[], number[]][] = [
        [[], [0, 1, 2, 3, 4]],
        [[eq('env', 'prod')], [0, 1]],
        [[eq('env', '')], [3]],
        [[{ name: 'env', op: '!=', value: 'prod' }], [2, 3, 4]],
        [[{ name: 'env', op: '!=', value: '' }], [0, 1, 2, 4]],
        [[{ name: 'pod', op: '=~', value: 'web-.' }], [0]],
        [[{ name: 'pod', op: '=~', value: 'web-.*|db.1' }], [0, 1, 2]],
        [[{ name: 'pod', op: '=~', value: 'a.b' }], [3]],
        [[{ name: 'env', op: '=~', value: 'prod|' }], [0, 1, 3]],
        [[{ name: 'env', op: '=~', value: '.*' }], [0, 1, 2, 3, 4]],
        [[{ name: 'env', op: '!~', value: 'prod|dev' }], [3, 4]],
        [[{ name: 'env', op: '!~', value: '.+' }], [3]],
        [[eq('env', '\u00e4\u{1f9ed}')], [4]],
        [[eq('no', 'thing')], []],
        [
          [
            eq('__name__', 'm'),
            { name: 'pod', op: '=~', value: '.*1' },
            { name: 'env', op: '!=', value: 'dev' },
          ],
          [0],
        ],
      ];
      for (const [matchers, expected] of cases) {
        const found = select(matchers)
          .map(({ values: [value] }) => value as number)
          .sort((a, b) => a - b);
        expect(found, JSON.stringify(matchers)).toEqual(expected);
      }
    });

    test.each(states)('shows no series outside of the scope: %s', async (_state, reach) => {
      put(
        rowsOf([
          [{ __name__: 'm', namespace: 'a' }, START_MS, 1],
          [{ __name__: 'm', namespace: 'b' }, START_MS, 2],
          [{ __name__: 'm' }, START_MS, 3],
        ]),
      );
      await reach();
      const scope: Scope = { kind: 'namespaces', names: new Set(['a', 'zzz']) };
      expect(Object.keys(show(select([], ALL, scope)))).toEqual(['m{namespace="a"}']);
      expect(select([{ name: 'namespace', op: '!=', value: 'a' }], ALL, scope)).toEqual([]);
      expect(select([], ALL, { kind: 'namespaces', names: new Set() })).toEqual([]);
      expect(store.reader.labelValues(scope, 'namespace', [], ALL, freeLimits)).toEqual(['a']);
      expect(store.reader.labelNames(scope, [], ALL, freeLimits)).toEqual(['__name__', 'namespace']);
      expect(store.reader.series(scope, [], ALL, freeLimits).length).toBe(1);
    });

    test('a batch is known once it is written, also after a crash, in any order', async () => {
      const id = (sequence: number) => ({ agent: 'a', epoch: 5, sequence });
      for (const sequence of [1, 2, 5, 3]) putBatch(id(sequence));
      store = await store.crash();
      expect([1, 2, 3, 4, 5, 6].map((n) => store.writer.has(id(n)))).toEqual([
        true,
        true,
        true,
        false,
        true,
        false,
      ]);
      putBatch(id(4));
      expect(store.writer.has(id(4))).toBe(true);
      expect(store.writer.lastSequence('a', 5)).toBe(5);
      expect(store.writer.has({ agent: 'a', epoch: 6, sequence: 1 })).toBe(false);
      expect(store.writer.has({ agent: 'b', epoch: 5, sequence: 1 })).toBe(false);
    });

    test('limits name themselves and their setting', () => {
      put(rowsOf([1, 2, 3].map((n) => [{ __name__: `m${n}` }, START_MS, n] as const)));
      expect(() => store.reader.select(everything, [], ALL, { ...freeLimits, maxSeries: 2 })).toThrow(
        /2 series.*query\.max-series/,
      );
      expect(() => store.reader.select(everything, [], ALL, { ...freeLimits, maxSamples: 2 })).toThrow(
        /2 samples.*query\.max-samples/,
      );
      expect(() => select([{ name: 'a', op: '=~', value: '(' }])).toThrow(/regular expression of a=~"\("/);
    });

    test('agrees with a naive twin over random writes, settling, merges and crashes', async () => {
      const sample = fc.tuple(
        fc.constantFrom('a', 'b', 'c'),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 40 }),
        fc.double(),
      );
      const step = fc.oneof(
        { weight: 6, arbitrary: fc.array(sample, { maxLength: 8 }) },
        { weight: 1, arbitrary: fc.constantFrom('settle' as const, 'merge' as const, 'crash' as const) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
          await store.close();
          store = await open();
          const twin = new Map<string, Map<number, number>>();
          for (const action of steps) {
            if (action === 'settle') await store.settle();
            else if (action === 'merge') await store.merge();
            else if (action === 'crash') store = await store.crash();
            else {
              const samples = action.map(
                ([job, n, hour, value]) =>
                  [{ __name__: 'm', job, n: `${n}` }, START_MS + hour * HOUR_MS, value] as const,
              );
              put(rowsOf(samples));
              for (const [record, atMs, value] of samples) {
                const key = printLabels(labelsFrom(record));
                twin.set(key, (twin.get(key) ?? new Map<number, number>()).set(atMs, value));
              }
            }
          }
          const expected = [...twin].map(([key, values]) => [key, [...values].sort(([a], [b]) => a - b)]);
          expect(show(select([]))).toEqual(Object.fromEntries(expected));
        }),
        { numRuns: 25 },
      );
    });
  });
}
