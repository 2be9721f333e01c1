import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { labelsFrom, labelValue, METRIC_NAME } from '../../../wire/labels.ts';
import { RowBuffer } from '../row-buffer.ts';
import { everything } from '../scope.ts';
import { freeLimits } from '../store.contract.ts';
import type { NameRule } from './name-rules.ts';
import { DAY_MS } from './partition-files.ts';
import type { Retention } from './retention.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteWriter } from './sqlite-writer.ts';

const START_MS = Date.UTC(2026, 0, 10);
const HOUR_MS = 3_600_000;
const EVERYTHING: Retention = { maxBytes: 1e12, maxAgeMs: undefined, rules: [] };
const TWO_DAYS: NameRule = { pattern: 'go_.*', days: 2 };

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-upkeep-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function open(place: string, clock: FakeClock, retention: Partial<Retention> = {}) {
  const told: string[] = [];
  const tell =
    (name: string) =>
    (...values: unknown[]): void =>
      void told.push([name, ...values].join(' '));
  const reader = new SqliteReader();
  const writer = new SqliteWriter({
    folder: place,
    clock,
    readBatch: () => [],
    onView: (view) => reader.setView(view),
    events: {
      replayed: () => {},
      folded: () => {},
      foldFailed: tell('foldFailed'),
      merged: () => {},
      mergeFailed: tell('mergeFailed'),
      tierMade: () => {},
      tierFailed: tell('tierFailed'),
      metricsDropped: tell('metricsDropped'),
      metricsDropFailed: tell('metricsDropFailed'),
      entryDamaged: tell('entryDamaged'),
      partitionDamaged: tell('partitionDamaged'),
      partitionDropped: tell('partitionDropped'),
      retentionFailed: tell('retentionFailed'),
    },
    openDataBytes: 64 * 1024 ** 2,
    foldAfterMs: 1e12,
    retention: { ...EVERYTHING, ...retention },
  });
  /** One sample of a metric on a day after the start. */
  const put = (day: number, ...metrics: string[]): void => {
    const rows = new RowBuffer();
    for (const __name__ of metrics)
      rows.addRow(writer.groupOfOne(labelsFrom({ __name__ })), START_MS + day * DAY_MS, Float64Array.of(day));
    writer.write([{ rows, logs: [] }]);
  };
  const fold = async (day: number, ...metrics: string[]): Promise<void> => {
    put(day, ...metrics);
    await writer.fold();
  };
  /** Metrics of each day, and no day without. */
  const read = (): Record<number, string[]> => {
    const days: Record<number, string[]> = {};
    const limits = { ...freeLimits, onDamage: () => {} };
    for (const { labels, values } of reader.select(everything, [], { fromMs: 0, toMs: 1e15 }, limits)) {
      for (const day of values) (days[day] ??= []).push(labelValue(labels, METRIC_NAME));
    }
    for (const names of Object.values(days)) names.sort();
    return days;
  };
  /** What goes on in the background goes on until it is done. */
  const settle = async (): Promise<void> => {
    await clock.advance(600_000);
    writer.tick();
    await writer.merge();
  };
  const close = async (): Promise<void> => {
    reader.close();
    await writer.close();
  };
  return { writer, put, fold, read, settle, close, told };
}

const files = (place: string): string[] =>
  readdirSync(join(place, 'metrics')).filter((name) => name.endsWith('.db'));

describe('retention by metric name', () => {
  test('drops from days that are older, once, and a day of which nothing is left', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS + 12 * HOUR_MS);
    const store = open(place, clock, { rules: [TWO_DAYS] });
    await store.fold(0, 'go_a', 'up');
    await store.fold(1, 'go_a');
    await clock.advance(DAY_MS);
    await store.fold(1, 'go_b');
    await clock.advance(DAY_MS);
    await store.fold(2, 'go_a', 'up');
    await store.settle();
    expect(store.read()).toEqual({ 0: ['go_a', 'up'], 1: ['go_a', 'go_b'], 2: ['go_a', 'up'] });
    await clock.advance(12 * HOUR_MS);
    await store.settle();
    expect(store.read()).toEqual({ 0: ['up'], 1: ['go_a', 'go_b'], 2: ['go_a', 'up'] });
    expect(store.told).toEqual([expect.stringMatching(/^metricsDropped .*2026-01-10\.db 1 1 -?\d+ /)]);
    await clock.advance(DAY_MS);
    await store.fold(3, 'up');
    await store.settle();
    expect(store.read()).toEqual({ 0: ['up'], 2: ['go_a', 'up'], 3: ['up'] });
    expect(files(place)).toEqual(['2026-01-10.db', '2026-01-12.db', '2026-01-13.db']);
    await store.settle();
    expect(store.told.slice(1)).toEqual([
      expect.stringMatching(/^metricsDropped .*2026-01-11\.db 2 2 /),
      expect.stringMatching(/^partitionDropped .*2026-01-11\.db /),
    ]);
    // A day that is gone may come back.
    await store.fold(1, 'go_a', 'x');
    await store.settle();
    expect(store.read()[1]).toEqual(['x']);
    await store.close();
  });

  test('goes on when nothing is folded for days, and at a start', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS);
    const rules = [TWO_DAYS];
    let store = open(place, clock, { rules });
    await store.fold(0, 'go_a', 'up');
    await store.fold(1, 'go_a');
    await store.fold(2, 'go_a');
    await clock.advance(3 * DAY_MS + HOUR_MS);
    store.writer.tick();
    await store.writer.merge();
    expect(store.read()).toEqual({ 0: ['up'], 1: ['go_a'], 2: ['go_a'] });
    await store.close();
    await clock.advance(DAY_MS);
    store = open(place, clock, { rules });
    store.writer.tick();
    await store.writer.merge();
    expect(store.read()).toEqual({ 0: ['up'], 2: ['go_a'] });
    expect(store.told).toHaveLength(2);
    await store.close();
  });

  test('is not repeated after a restart, and applied anew when rules are stricter', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS + 4 * DAY_MS);
    const metrics = ['go_a', 'up', 'x'];
    let store = open(place, clock, { rules: [TWO_DAYS] });
    for (const day of [0, 3, 4]) await store.fold(day, ...metrics);
    await store.settle();
    await store.close();
    const restart = async (...rules: NameRule[]) => {
      store = open(place, clock, { rules });
      await store.settle();
      const read = store.read();
      const told = store.told;
      await store.close();
      return { days: [read[0], read[3], read[4]], dropped: told.length };
    };
    expect(await restart(TWO_DAYS)).toEqual({ days: [['up', 'x'], metrics, metrics], dropped: 0 });
    expect(await restart()).toEqual({ days: [['up', 'x'], metrics, metrics], dropped: 0 });
    expect(await restart({ pattern: 'up', days: 5 }, { pattern: '.p', days: 1 })).toMatchObject({
      dropped: 0,
    });
    expect(await restart({ pattern: 'x', days: 1 }, TWO_DAYS)).toEqual({
      days: [['up'], metrics, metrics],
      dropped: 1,
    });
  });

  test('spares the newest day, and all when the clock is in doubt', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS);
    const rules = [{ pattern: '.*', days: 1 }];
    const store = open(place, clock, { rules });
    await store.fold(0, 'up');
    await store.fold(1, 'up');
    clock.jump(400 * DAY_MS);
    await store.settle();
    expect(store.read()).toEqual({ 0: ['up'], 1: ['up'] });
    clock.jump(-397 * DAY_MS - 600_000);
    await store.settle();
    expect(store.read()).toEqual({ 1: ['up'] });
    await clock.advance(23 * HOUR_MS);
    await store.settle();
    expect(store.read()).toEqual({ 1: ['up'] });
    await store.close();
  });

  test('comes before the limit of size, which takes whole days', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS + 3 * DAY_MS);
    const many = Array.from({ length: 12_000 }, (_, i) => `go_${i}_${Math.sin(i)}`);
    let store = open(place, clock);
    for (const day of [0, 1]) await store.fold(day, ...many, 'up');
    await store.fold(3, 'up');
    const bytes = store.writer.stats().storedBytes;
    await store.close();
    store = open(place, clock, { maxBytes: bytes / 2, rules: [{ pattern: 'go_.*', days: 1 }] });
    store.writer.tick();
    await store.settle();
    await store.settle();
    expect(store.writer.stats().storedBytes).toBeLessThan(bytes / 2);
    expect(store.read()).toEqual({ 0: ['up'], 1: ['up'], 3: ['up'] });
    await store.close();
    store = open(place, clock, { maxBytes: 1, rules: [{ pattern: 'go_.*', days: 1 }] });
    // The one that looks at the days, and the one that waited for it.
    store.writer.tick();
    await store.settle();
    await store.settle();
    expect(store.read()).toEqual({ 3: ['up'] });
    expect(store.told.map((line) => line.split(' ')[0])).toEqual(['partitionDropped', 'partitionDropped']);
    await store.close();
  });

  test('of a damaged day is told and tried again, the others lose theirs', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS + 3 * DAY_MS);
    const rules = [{ pattern: 'go_.*', days: 1 }];
    let store = open(place, clock);
    for (const day of [0, 1, 3]) await store.fold(day, 'go_a', 'up');
    await store.close();
    const database = new Database(join(place, 'metrics', '2026-01-10.db'));
    database.exec('UPDATE block SET body = zeroblob(length(body)) WHERE kind = 6');
    database.close();
    store = open(place, clock, { rules });
    await store.settle();
    expect(store.read()).toEqual({ 1: ['up'], 3: ['go_a', 'up'] });
    const failed = expect.stringMatching(/^metricsDropFailed .*2026-01-10\.db block \d of part 1 is damaged/);
    expect(store.told).toEqual([failed, expect.stringMatching(/^metricsDropped .*01-11/)]);
    await store.settle();
    expect(store.told).toHaveLength(2);
    await clock.advance(HOUR_MS);
    await store.settle();
    expect(store.told.at(-1)).toEqual(failed);
    await store.close();
  });
});

test('a day grows too old when nothing is folded', async () => {
  const place = folder();
  const clock = new FakeClock(START_MS + DAY_MS);
  const store = open(place, clock, { maxAgeMs: DAY_MS });
  await store.fold(0, 'up');
  await store.fold(1, 'up');
  expect(store.read()).toEqual({ 0: ['up'], 1: ['up'] });
  await clock.advance(DAY_MS + HOUR_MS);
  store.writer.tick();
  expect(store.read()).toEqual({ 1: ['up'] });
  expect(store.writer.stats().partitions).toBe(1);
  await store.close();
});

test('the figures follow what is folded, merged and dropped', async () => {
  const place = folder();
  const clock = new FakeClock(START_MS);
  const store = open(place, clock);
  await store.fold(0, 'up');
  const one = store.writer.stats();
  expect(one).toMatchObject({ partitions: 1 });
  await store.fold(1, 'up');
  const two = store.writer.stats();
  expect(two.storedBytes).toBeGreaterThan(one.storedBytes);
  expect(two.partitions).toBe(2);
  await store.close();
});

describe('against a naive twin', () => {
  const NAMES = ['go_a', 'go_b', 'up', 'x'];
  const rule = fc.record({
    pattern: fc.constantFrom('go_.*', 'go_a', 'up|x', '.*', 'y'),
    days: fc.integer({ min: 1, max: 4 }),
  });
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        daysAgo: fc.integer({ min: 0, max: 5 }),
        names: fc.subarray(NAMES, { minLength: 1 }),
        // Looks at the rest of the thread before the next step, or the step is settled.
        rushed: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ hours: fc.constantFrom(1, 12, 24, 36, 80) }) },
    { weight: 2, arbitrary: fc.constant('restart' as const) },
    { weight: 2, arbitrary: fc.record({ rules: fc.array(rule, { maxLength: 3 }) }) },
  );

  class Twin {
    readonly days = new Map<number, Set<string>>();

    drop(rules: readonly NameRule[], nowMs: number): void {
      const newest = Math.max(...this.days.keys());
      if (nowMs - (START_MS + (newest + 1) * DAY_MS - 1) > 2 * DAY_MS) return;
      for (const [day, names] of this.days) {
        if (day === newest) continue;
        const daysAgo = (nowMs - (START_MS + (day + 1) * DAY_MS)) / DAY_MS;
        for (const name of names) {
          const first = rules.find(({ pattern }) => new RegExp(`^(${pattern})$`).test(name));
          if (first && daysAgo >= first.days) names.delete(name);
        }
        if (names.size === 0) this.days.delete(day);
      }
    }

    read(): Record<number, string[]> {
      return Object.fromEntries([...this.days].map(([day, names]) => [day, [...names].sort()]));
    }
  }

  test('the same series remain on the same days', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(rule, { maxLength: 3 }),
        fc.array(step, { maxLength: 12 }),
        async (first, steps) => {
          const place = mkdtempSync(join(tmpdir(), 'binnacle-twin-'));
          const clock = new FakeClock(START_MS + 5 * DAY_MS);
          const twin = new Twin();
          let rules = first;
          let store = open(place, clock, { rules });
          const settle = async (): Promise<void> => {
            await store.settle();
            if (twin.days.size > 0) twin.drop(rules, clock.nowMs());
            expect(store.read()).toEqual(twin.read());
          };
          for (const [i, each] of steps.entries()) {
            if (each === 'restart' || 'rules' in each) {
              if (each !== 'restart') ({ rules } = each);
              await store.close();
              store = open(place, clock, { rules });
            } else if ('hours' in each) await clock.advance(each.hours * HOUR_MS);
            else {
              const day = Math.floor((clock.nowMs() - START_MS) / DAY_MS) - each.daysAgo;
              twin.days.set(day, new Set([...(twin.days.get(day) ?? []), ...each.names]));
              await store.fold(day, ...each.names);
              const next = steps[i + 1];
              if (each.rushed !== undefined && typeof next === 'object' && 'names' in next) {
                for (let look = 0; look < each.rushed; look++) await setImmediate();
                continue;
              }
            }
            await settle();
          }
          expect(store.told.filter((line) => !/^(metrics|partition)Dropped /.test(line))).toEqual([]);
          expect(files(place)).toHaveLength(twin.days.size);
          await store.close();
          rmSync(place, { recursive: true });
          expect(existsSync(place)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});
