import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { labelsFrom, labelsKey, labelValue, METRIC_NAME, type Labels } from '../../../wire/labels.ts';
import { SampleColumn } from '../sample-column.ts';
import { everything } from '../scope.ts';
import { finished, MemoryBlocks } from './blocks.fake.ts';
import { conditionsOf, findSeries } from './find-series.ts';
import { foldPart } from './fold-part.ts';
import { mergeParts } from './merge-parts.ts';
import type { Keeps } from './kept-metrics.ts';
import { type Group, naiveSeries, openSamples } from './open-samples.fake.ts';
import { PartReader } from './part-reader.ts';
import { verifyPart } from './verify-part.ts';

const DAY = { fromMs: 1_768_003_200_000, toMs: 1_768_003_200_000 + 86_399_999 };

function fold(groups: readonly Group[], rank: number): PartReader | undefined {
  const blocks = new MemoryBlocks();
  const directory = finished(foldPart(openSamples(groups), DAY, blocks, rank));
  if (directory === undefined) return undefined;
  blocks.finish(directory);
  return new PartReader(blocks);
}

function merge(
  parts: readonly PartReader[],
  keeps?: Keeps,
): { part: PartReader; blocks: MemoryBlocks; slices: number } {
  const blocks = new MemoryBlocks();
  const work = mergeParts(parts, blocks, keeps);
  for (let slices = 0; ; slices++) {
    const step = work.next();
    if (step.done !== true) continue;
    blocks.finish(step.value);
    return { part: new PartReader(blocks), blocks, slices };
  }
}

function read(part: PartReader): Map<string, Map<number, number>> {
  const all = new Map<string, Map<number, number>>();
  for (const { metric } of findSeries(part, conditionsOf(everything, []), () => {})) {
    const labelsOf = part.labelsOf(metric);
    for (let row = 0; row < metric.rows; row++) {
      const column = new SampleColumn();
      part.gather(metric.firstSeries + row, DAY, column);
      const { timestampsMs, values } = column.finish(DAY.fromMs, DAY.toMs);
      const samples = Array.from(timestampsMs, (atMs, i) => [atMs, values[i] as number] as const);
      all.set(labelsKey(labelsOf(row)), new Map(samples));
    }
  }
  return all;
}

const record = fc.dictionary(
  fc.constantFrom('__name__', 'A', 'pod', 'namespace', 'zone'),
  fc.constantFrom('', 'a', 'b', 'web-1', '\u{1f9ed}', '\uffee'),
);
const group: fc.Arbitrary<Group> = fc
  .uniqueArray(record.map(labelsFrom), { minLength: 1, maxLength: 6, selector: labelsKey })
  .chain((series) =>
    fc.record({
      series: fc.constant(series),
      rows: fc.array(
        fc.record({
          atMs: fc.integer({ min: 0, max: 60 }).map((n) => DAY.fromMs + n * 15_000),
          values: fc.array(fc.double(), { minLength: series.length, maxLength: series.length }),
        }),
        { maxLength: 8 },
      ),
    }),
  );

describe('merged parts', () => {
  test('hold what they held, of the same time what came later', () => {
    fc.assert(
      fc.property(fc.array(fc.array(group, { maxLength: 3 }), { maxLength: 5 }), (folds) => {
        const parts = folds.flatMap((groups, i) => fold(groups, i + 1) ?? []);
        if (parts.length === 0) return;
        const { part } = merge(parts);
        expect(read(part)).toEqual(naiveSeries(folds.flat(), DAY.fromMs, DAY.toMs));
        expect([...verifyPart(part)]).toEqual([]);
        expect(part.directory.rank).toBe(parts.at(-1)?.directory.rank);
      }),
      { numRuns: 300 },
    );
  });

  test('may be merged again, in any order of merging neighbours', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(group, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 5 }),
        fc.nat(),
        (folds, at) => {
          const parts = folds.flatMap((groups, i) => fold(groups, i + 1) ?? []);
          if (parts.length < 2) return;
          const first = at % (parts.length - 1);
          const two = merge(parts.slice(first, first + 2)).part;
          const { part } = merge([...parts.slice(0, first), two, ...parts.slice(first + 2)]);
          expect(read(part)).toEqual(naiveSeries(folds.flat(), DAY.fromMs, DAY.toMs));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('hold nothing of the metrics that are left out, and are as if those had never been', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(group, { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(/^$/, /a|b/, /^[^a]/, /./, /^/),
        (folds, dropped) => {
          const keeps: Keeps = (name) => !dropped.test(name);
          const parts = folds.flatMap((groups, i) => fold(groups, i + 1) ?? []);
          if (parts.length === 0) return;
          const { part } = merge(parts, keeps);
          const kept = folds.flat().map(({ series, rows }) => {
            const places = [...series.keys()].filter((i) =>
              keeps(labelValue(series[i] as Labels, METRIC_NAME)),
            );
            return {
              series: places.map((i) => series[i] as Labels),
              rows: rows.map(({ atMs, values }) => ({
                atMs,
                values: places.map((i) => values[i] as number),
              })),
            };
          });
          expect(read(part)).toEqual(naiveSeries(kept, DAY.fromMs, DAY.toMs));
          expect([...verifyPart(part)]).toEqual([]);
          // Other metrics' labels go as well.
          const labels = kept.flatMap(({ series, rows }) => (rows.length > 0 ? series.flat() : []));
          const texts = new Set(['', ...labels.filter((text) => text !== METRIC_NAME)]);
          expect([...part.symbols.texts()]).toEqual([...texts].sort());
          expect(read(merge([part]).part)).toEqual(read(part));
        },
      ),
      { numRuns: 300 },
    );
  });

  const pods = (count: number, hour: number, rows: number): Group => ({
    series: Array.from({ length: count }, (_, i) => labelsFrom({ __name__: 'cpu', pod: `pod-${i}` })),
    rows: Array.from({ length: rows }, (_, row) => ({
      atMs: DAY.fromMs + hour * 3_600_000 + row * 1000,
      values: Array.from({ length: count }, (_, i) => i + row),
    })),
  });
  const piecesOf = (part: PartReader): number[] => part.piecesOf(0).map(({ rows }) => rows);

  test('have short pieces joined, long ones taken as they are, and times once', () => {
    const parts = [0, 1, 2, 3].map((hour) => fold([pods(3, hour, 900)], hour + 1) as PartReader);
    const { part } = merge(parts);
    expect(piecesOf(part)).toEqual([1800, 1800]);
    expect(part.directory.timelineCount).toBe(2);
    expect(piecesOf(merge([part, fold([pods(3, 4, 900)], 5) as PartReader]).part)).toEqual([1800, 1800, 900]);
  });

  describe('of one part', () => {
    const hours = 3;
    const metrics = Array.from({ length: 12 }, (_, i) => `m${String(i).padStart(2, '0')}`);
    const groups = (hour: number): Group[] =>
      metrics.map((__name__, m) => ({
        series: Array.from({ length: 8 }, (_, i) => labelsFrom({ __name__, pod: `pod-${i}` })),
        rows: Array.from({ length: 1100 }, (_, row) => ({
          atMs: DAY.fromMs + hour * 3_600_000 + row * 1000,
          values: Array.from({ length: 8 }, (_, i) => Math.round(1e4 * Math.sin(m + i * row))),
        })),
      }));
    const parts = Array.from({ length: hours }, (_, hour) => fold(groups(hour), hour + 1) as PartReader);
    const { part, blocks } = merge(parts);
    const all = read(part);
    const framesOf = ({ kinds, blocks: bytes }: MemoryBlocks): string[] =>
      bytes.flatMap((block, i) => (kinds[i] === 'values' ? Buffer.from(block).toString('hex') : []));

    test.each([
      ['the first', ['m00'], 4],
      ['the last', ['m11'], 4],
      ['one in the middle', ['m05'], 4],
      ['all but the ends', metrics.slice(1, -1), 0],
      ['each second', metrics.filter((_, i) => i % 2 > 0), 0],
      ['none', [], 5],
    ])('without %s metric: whole frames are taken as they are', (_what, dropped, whole) => {
      expect(framesOf(blocks)).toHaveLength(5);
      const merged = merge([part], (name) => !dropped.includes(name));
      const isKept = (key: string): boolean => !dropped.some((name) => key.includes(`:${name}`));
      expect(read(merged.part)).toEqual(new Map([...all].filter(([key]) => isKept(key))));
      expect([...verifyPart(merged.part)]).toEqual([]);
      const before = new Set(framesOf(blocks));
      expect(framesOf(merged.blocks).filter((frame) => before.has(frame))).toHaveLength(whole);
    });
  });

  test('are made in many slices', () => {
    const parts = [0, 1].map((hour) => fold([pods(2000, hour, 60)], hour + 1) as PartReader);
    expect(merge(parts).slices).toBeGreaterThan(8);
  });
});
