import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Fault } from '../../../lib/fault.ts';
import { labelsFrom, labelsKey, labelValue } from '../../../wire/labels.ts';
import { compileMatcher } from '../label-pattern.ts';
import type { Matcher } from '../matcher.ts';
import { SampleColumn } from '../sample-column.ts';
import { everything, mayRead, type Scope } from '../scope.ts';
import type { TimeRange } from '../store.ts';
import { finished, MemoryBlocks } from './blocks.fake.ts';
import { conditionsOf, findSeries } from './find-series.ts';
import { foldPart } from './fold-part.ts';
import { mergeParts } from './merge-parts.ts';
import { type Group, naiveSeries, openSamples } from './open-samples.fake.ts';
import { PartReader } from './part-reader.ts';
import { verifyPart } from './verify-part.ts';

const DAY = { fromMs: 1_768_003_200_000, toMs: 1_768_003_200_000 + 86_399_999 };
const ALL = { fromMs: 0, toMs: 1e15 };

function fold(groups: readonly Group[], range: TimeRange = DAY): MemoryBlocks | undefined {
  const blocks = new MemoryBlocks();
  const directory = finished(foldPart(openSamples(groups), range, blocks, 1));
  if (directory === undefined) return undefined;
  blocks.finish(directory);
  return blocks;
}

function read(
  part: PartReader,
  scope: Scope = everything,
  matchers: readonly Matcher[] = [],
  range: TimeRange = ALL,
  onDamage = (thrown: unknown): void => {
    throw thrown;
  },
): Map<string, Map<number, number>> {
  const all = new Map<string, Map<number, number>>();
  for (const { metric, rows } of findSeries(part, conditionsOf(scope, matchers), onDamage)) {
    const labelsOf = part.labelsOf(metric);
    for (const row of rows ?? Array.from({ length: metric.rows }, (_, i) => i)) {
      const series = metric.firstSeries + row;
      if (!part.hasSamples(series, range)) continue;
      const column = new SampleColumn();
      part.gather(series, range, column);
      const { timestampsMs, values } = column.finish(range.fromMs, range.toMs);
      all.set(
        labelsKey(labelsOf(row)),
        new Map(Array.from(timestampsMs, (atMs, i) => [atMs, values[i] as number])),
      );
    }
  }
  return all;
}

const record = fc.dictionary(
  fc.constantFrom('__name__', 'A', 'pod', 'namespace', 'ä', '__a'),
  fc.constantFrom('', 'a', 'b', 'web-1', 'web-2', '\u{1f9ed}', '\uffee'),
);
const group: fc.Arbitrary<Group> = fc
  .uniqueArray(record.map(labelsFrom), { minLength: 1, maxLength: 6, selector: labelsKey })
  .chain((series) =>
    fc.record({
      series: fc.constant(series),
      rows: fc.array(
        fc.record({
          atMs: fc.integer({ min: -3, max: 30 }).map((n) => DAY.fromMs + n * 15_000),
          values: fc.array(fc.double(), { minLength: series.length, maxLength: series.length }),
        }),
        { maxLength: 12 },
      ),
    }),
  );
const groups = fc.array(group, { maxLength: 6 });
const matcher = fc.record({
  name: fc.constantFrom('__name__', 'pod', 'namespace', 'none'),
  op: fc.constantFrom<Matcher['op'][]>('=', '!=', '=~', '!~'),
  value: fc.constantFrom('', 'a', 'b', 'a|b', 'web-.*', '.*', '.+', 'a|', 'zzz'),
});

describe('a part', () => {
  test('holds what a naive list of series holds', () => {
    fc.assert(
      fc.property(groups, (list) => {
        const expected = naiveSeries(list, DAY.fromMs, DAY.toMs);
        const blocks = fold(list);
        if (blocks === undefined) expect(expected.size).toBe(0);
        else expect(read(new PartReader(blocks))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('finds by matchers, scope and time what a naive look at each series finds', () => {
    const from = fc.integer({ min: -2, max: 31 }).map((n) => DAY.fromMs + n * 15_000 + 1);
    const scope = fc.constantFrom<Scope[]>(
      everything,
      { kind: 'namespaces', names: new Set(['a', 'zzz']) },
      { kind: 'namespaces', names: new Set() },
      { kind: 'namespaces', names: new Set(['']) },
    );
    fc.assert(
      fc.property(
        groups,
        fc.array(matcher, { maxLength: 3 }),
        scope,
        from,
        from,
        (list, matchers, of, a, b) => {
          const blocks = fold(list);
          if (blocks === undefined) return;
          const patterns = matchers.map((one) => ({ name: one.name, pattern: compileMatcher(one) }));
          const labels = new Map(
            list.flatMap(({ series }) => series.map((one) => [labelsKey(one), one] as const)),
          );
          const range = { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
          const wanted = [...naiveSeries(list, DAY.fromMs, DAY.toMs)].flatMap(([key, samples]) => {
            const series = labels.get(key) ?? [];
            if (!mayRead(of, labelValue(series, 'namespace'))) return [];
            if (!patterns.every(({ name, pattern }) => pattern.matches(labelValue(series, name)))) return [];
            const within = [...samples].filter(([atMs]) => atMs >= range.fromMs && atMs <= range.toMs);
            return within.length > 0 ? [[key, new Map(within)] as const] : [];
          });
          expect(read(new PartReader(blocks), of, matchers, range)).toEqual(new Map(wanted));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('keeps the order of its series: metric by metric, label by label', () => {
    const series = [
      { __name__: 'b', pod: '1' },
      { __name__: 'a', pod: '2' },
      { __name__: 'a' },
      { __name__: 'a', pod: '10' },
      { job: 'none' },
    ].map(labelsFrom);
    const rows = [{ atMs: DAY.fromMs, values: [1, 2, 3, 4, 5] }];
    const part = new PartReader(fold([{ series, rows }]) as MemoryBlocks);
    expect([...read(part).keys()]).toEqual([4, 2, 3, 1, 0].map((i) => labelsKey(series[i] ?? [])));
  });

  const many = (pods: number, rows: number): Group[] =>
    ['cpu', 'memory'].map((name) => ({
      series: Array.from({ length: pods }, (_, i) =>
        labelsFrom({ __name__: name, pod: `pod-${i}`, job: 'a' }),
      ),
      rows: Array.from({ length: rows }, (_, row) => ({
        atMs: DAY.fromMs + row * 1000,
        values: Array.from({ length: pods }, (_, i) => Math.sin(i * rows + row)),
      })),
    }));

  test('reads few blocks for one series of many', () => {
    const blocks = fold(many(8000, 40)) as MemoryBlocks;
    expect(blocks.kinds.filter((kind) => kind === 'values').length).toBeGreaterThan(3);
    const matchers: Matcher[] = [
      { name: '__name__', op: '=', value: 'memory' },
      { name: 'pod', op: '=', value: 'pod-1999' },
    ];
    const found = read(new PartReader(blocks), everything, matchers);
    expect(found.size).toBe(1);
    const kinds = new Set(blocks.asked.map((number) => number));
    expect([...kinds].filter((number) => blocks.kinds[number] === 'values')).toHaveLength(1);
  });

  test('asks for nothing but symbols when no series can be found', () => {
    const blocks = fold(many(100, 2)) as MemoryBlocks;
    expect(read(new PartReader(blocks), everything, [{ name: 'pod', op: '=', value: 'no' }]).size).toBe(0);
    expect(new Set(blocks.asked.map((number) => blocks.kinds[number]))).toEqual(
      new Set(['directory', 'symbols']),
    );
  });

  test('stores the labels of a second metric of the same pods once, and times once', () => {
    const size = (blocks: MemoryBlocks, kind: string): number =>
      blocks.blocks.reduce((sum, bytes, i) => sum + (blocks.kinds[i] === kind ? bytes.length : 0), 0);
    const both = fold(many(500, 20)) as MemoryBlocks;
    const one = fold(many(500, 20).slice(1)) as MemoryBlocks;
    expect(size(both, 'labels')).toBeLessThan(size(one, 'labels') + 20);
    expect(size(both, 'times')).toBe(size(one, 'times'));
  });

  test('a block that is damaged throws a fault or is told, and no other error, whatever is in it', () => {
    const blocks = fold(many(30, 10)) as MemoryBlocks;
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, at, flip) => {
        const number = which % blocks.blocks.length;
        const bytes = (blocks.blocks[number] as Uint8Array).slice();
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
        const source = { block: (asked: number) => (asked === number ? bytes : blocks.block(asked)) };
        try {
          read(new PartReader(source), everything, [], ALL, (thrown) => {
            throw thrown;
          });
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a part of many blocks of every kind', () => {
  const SERIES = 40_000;
  const series = Array.from({ length: SERIES }, (_, i) =>
    labelsFrom({
      __name__: `metric_${i % 8000}_of_a_long_name`,
      id: `${(i * 2_654_435_761) % 2 ** 32}`,
      pod: `pod-${i % 9000}`,
      uid: `${(i * 40_503) % 2 ** 31}`,
      zone: i % 3 === 0 ? '' : `${i % 5}`,
    }),
  );
  // Each third of the series with times of its own, so that there are many timelines.
  const list = series.map((labels, i): Group => {
    const start = DAY.fromMs + (i % 3 === 0 ? i * 7 : 0);
    return {
      series: [labels],
      rows: [0, 1, 2].map((n) => ({ atMs: start + n * (1000 + (i % 900)), values: [i / 7 + n] })),
    };
  });
  const blocks = fold(list) as MemoryBlocks;

  test('holds what it was given', () => {
    for (const kind of ['symbols', 'metrics', 'labels', 'series', 'times', 'values'] as const) {
      expect(blocks.kinds.filter((each) => each === kind).length, kind).toBeGreaterThan(1);
    }
    const part = new PartReader(blocks);
    expect([...verifyPart(part)]).toEqual([]);
    expect(read(part)).toEqual(naiveSeries(list, DAY.fromMs, DAY.toMs));
  });

  test('finds series by one unique label, and by many', () => {
    const part = new PartReader(blocks);
    for (const i of [0, 1, 777, 20_001, SERIES - 1]) {
      const found = read(part, everything, [
        { name: 'id', op: '=', value: labelValue(series[i] ?? [], 'id') },
      ]);
      expect([...found.keys()]).toEqual([labelsKey(series[i] ?? [])]);
    }
    const matchers: Matcher[] = [
      { name: 'pod', op: '=~', value: 'pod-12.' },
      { name: 'zone', op: '!=', value: '' },
    ];
    const wanted = series.filter(
      (labels, i) => /^pod-12.$/.test(`pod-${i % 9000}`) && labelValue(labels, 'zone') !== '',
    );
    expect([...read(part, everything, matchers).keys()].sort()).toEqual(wanted.map(labelsKey).sort());
  });

  test('is the same when it is merged of two', () => {
    const halves = [list.filter((_, i) => i % 2 === 0), list.filter((_, i) => i % 2 === 1)];
    const parts = halves.map((half) => new PartReader(fold(half) as MemoryBlocks));
    const merged = new MemoryBlocks();
    merged.finish(finished(mergeParts(parts, merged)));
    const part = new PartReader(merged);
    expect([...verifyPart(part)]).toEqual([]);
    expect(read(part)).toEqual(naiveSeries(list, DAY.fromMs, DAY.toMs));
    const bytes = (all: MemoryBlocks): number => all.blocks.reduce((sum, { length }) => sum + length, 0);
    expect(bytes(merged)).toBeLessThan(bytes(blocks) * 1.02);
  });
});
