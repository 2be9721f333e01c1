import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { everything } from '../scope.ts';
import type { SeriesSamples, Summary } from '../store.ts';
import { buffered, freeLimits, HOUR_MS, rowsOf } from '../store.contract.ts';
import { PartitionFiles } from './partition-files.ts';
import type { Retention } from './retention.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { Tiers } from './tiers.ts';
import { verifyTier } from './verify.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 10);
const AGES_MS = { '5m': 100 * DAY_MS, '1h': 1000 * DAY_MS };

interface Opened {
  readonly writer: SqliteWriter;
  readonly clock: FakeClock;
  readonly told: string[];
  /** The samples of the range, and what the answer warns of. */
  select(summary?: Summary, from?: number, to?: number): { series: SeriesSamples[]; warnings: string[] };
  put(samples: readonly (readonly [atMs: number, value: number])[]): Promise<void>;
  /** Lets hours pass, with all that is done by itself then. */
  pass(hours: number): Promise<void>;
  reader: SqliteReader;
  close(): Promise<void>;
}

function open(folder: string, nowMs: number, retention: Partial<Retention> = {}): Opened {
  const clock = new FakeClock(nowMs);
  const reader = new SqliteReader();
  const told: string[] = [];
  const tell =
    (name: string) =>
    (...values: unknown[]): void =>
      void told.push([name, ...values.map((value) => String(value).replace(`${folder}/`, ''))].join(' '));
  const writer = new SqliteWriter({
    folder,
    clock,
    readBatch: () => [],
    onView: (view) => reader.setView(view),
    events: {
      replayed: () => {},
      folded: () => {},
      foldFailed: tell('foldFailed'),
      merged: () => {},
      mergeFailed: tell('mergeFailed'),
      metricsDropped: tell('metricsDropped'),
      metricsDropFailed: tell('metricsDropFailed'),
      tierMade: (file, samples) => tell('tierMade')(file, samples),
      tierFailed: tell('tierFailed'),
      entryDamaged: tell('entryDamaged'),
      partitionDamaged: tell('partitionDamaged'),
      partitionDropped: tell('partitionDropped'),
      retentionFailed: tell('retentionFailed'),
    },
    openDataBytes: 64 * 1024 ** 2,
    foldAfterMs: HOUR_MS,
    retention: { maxBytes: 1024 ** 3, maxAgeMs: undefined, rules: [], tierAgesMs: AGES_MS, ...retention },
  });
  return {
    writer,
    clock,
    told,
    reader,
    select: (summary, from = 0, to = 1e15) => {
      const warnings: string[] = [];
      const limits = { ...freeLimits, onDamage: (message: string) => void warnings.push(message) };
      const series = reader.select(everything, [], { fromMs: from, toMs: to }, limits, summary);
      return { series, warnings };
    },
    put: async (samples) => {
      const rows = rowsOf(samples.map(([atMs, value]) => [{ __name__: 'x' }, atMs, value] as const));
      writer.write([{ rows: buffered(writer, rows), logs: [] }]);
      await writer.fold();
    },
    pass: async (hours) => {
      await clock.advance(hours * HOUR_MS);
      writer.tick();
      await writer.merge();
    },
    close: async () => {
      reader.close();
      await writer.close();
    },
  };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-tiers-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A sample a minute of a day, the first one after midnight; its value is the number of the minute. */
const minutes = (dayMs: number): [number, number][] =>
  Array.from({ length: 1440 }, (_, i) => [dayMs + i * MINUTE_MS + 1000, i]);
const total = ({ series }: { series: SeriesSamples[] }): number =>
  series.reduce((sum, { values }) => sum + values.reduce((a, b) => a + b, 0), 0);
const rowsIn = ({ series }: { series: SeriesSamples[] }): number =>
  series.reduce((sum, { values }) => sum + values.length, 0);

const ALL_MINUTES = (1439 * 1440) / 2;
const by = (statistic: Summary['statistic'], gridMs: number): Summary => ({
  statistic,
  gridMs,
  why: 'it is so',
});
const sums = by('sum', HOUR_MS);
const fineSums = by('sum', 15 * MINUTE_MS);
const NEXT_DAY_MS = START_MS + DAY_MS;

/** A store with one day that is over, of which the tiers are made. */
async function madeDay(place = folder(), retention: Partial<Retention> = {}): Promise<Opened> {
  const store = open(place, NEXT_DAY_MS, retention);
  onTestFinished(() => store.close());
  await store.put(minutes(START_MS));
  await store.put([[NEXT_DAY_MS, 5]]);
  await store.pass(2);
  return store;
}

describe('tiers of a day', () => {
  test('are made when it is over, and read where the summary allows', async () => {
    const place = folder();
    const store = await madeDay(place);
    expect(store.told).toEqual([
      'tierMade tier-5m/2026-01-10.db 1440',
      'tierMade tier-1h/2026-01-10.db 1440',
    ]);
    for (const name of ['tier-5m', 'tier-1h']) {
      expect(readdirSync(join(place, name))).toEqual(['2026-01-10.db']);
      expect([...verifyTier(join(place, name, '2026-01-10.db'))]).toEqual([]);
    }
    // The first of the next day is there, too.
    expect(rowsIn(store.select())).toBe(1441);
    expect(rowsIn(store.select(by('sum', 0)))).toBe(1441);
    expect(rowsIn(store.select(by('sum', 90_000)))).toBe(1441);
    expect(rowsIn(store.select(fineSums))).toBe(288 + 1);
    expect(rowsIn(store.select(sums))).toBe(24 + 1);
    for (const summary of [undefined, fineSums, sums]) {
      const answer = store.select(summary);
      expect(total(answer)).toBe(ALL_MINUTES + 5);
      expect(answer.warnings).toEqual([]);
    }
    const counted = store.select(by('mean', HOUR_MS)).series;
    expect(counted.map(({ counts }) => [...(counts ?? [])])).toEqual([
      [...Array.from({ length: 24 }, () => 60), 1],
    ]);
    expect(store.select(by('mean', 0)).series[0]?.counts).toBeUndefined();
  });

  test('are not made unless that is set, nor of a day that is not over', async () => {
    const place = folder();
    const store = await madeDay(place, { tierAgesMs: { '1h': DAY_MS } });
    expect(store.told).toEqual(['tierMade tier-1h/2026-01-10.db 1440']);
    expect(existsSync(join(place, 'tier-5m'))).toBe(false);
    expect(existsSync(join(place, 'tier-1h/2026-01-11.db'))).toBe(false);
  });

  test('are not read while samples of the day are open, and made anew with them', async () => {
    const store = await madeDay();
    const late = buffered(store.writer, rowsOf([[{ __name__: 'x' }, START_MS + 500, 1000]]));
    store.writer.write([{ rows: late, logs: [] }]);
    expect(rowsIn(store.select(sums))).toBe(1442);
    await store.writer.fold();
    expect(rowsIn(store.select(sums))).toBe(1442);
    store.told.length = 0;
    await store.pass(2);
    expect(store.told).toEqual([
      'tierMade tier-5m/2026-01-10.db 1441',
      'tierMade tier-1h/2026-01-10.db 1441',
    ]);
    expect(rowsIn(store.select(sums))).toBe(25);
    expect(total(store.select(sums))).toBe(ALL_MINUTES + 1005);
  });

  test('answer with a warning when the samples are gone', async () => {
    const place = folder();
    const store = await madeDay(place, { maxAgeMs: 2 * DAY_MS });
    await store.pass(3 * 24);
    await store.put([[NEXT_DAY_MS + 3 * DAY_MS, 7]]);
    expect(existsSync(join(place, 'metrics/2026-01-10.db'))).toBe(false);
    const plain = store.select();
    expect(rowsIn(plain)).toBe(288 + 2);
    expect(plain.warnings).toEqual([
      'samples before 2026-01-12T00:00:00.000Z are gone: the tier 5m stands in for them',
    ]);
    // The last one of each five minutes, at their end.
    const [series] = plain.series;
    expect([series?.timestampsMs[0], series?.values[0]]).toEqual([START_MS + 5 * MINUTE_MS, 4]);
    expect(store.select(by('max', 60_000)).warnings).toEqual([
      'samples before 2026-01-12T00:00:00.000Z are gone: the tier 5m stands in for them, by the max of each bucket, though it is so',
    ]);
    const exact = store.select(sums);
    expect([rowsIn(exact), total(exact), exact.warnings]).toEqual([26, ALL_MINUTES + 12, []]);
    expect(
      store.reader.labelNames(everything, [], { fromMs: START_MS, toMs: NEXT_DAY_MS - 1 }, freeLimits),
    ).toEqual(['__name__']);
  });

  test('whose samples are gone stay as they are when late ones come', async () => {
    const place = folder();
    const store = await madeDay(place);
    await store.close();
    rmSync(join(place, 'metrics/2026-01-10.db'));
    const later = open(place, NEXT_DAY_MS + 3 * HOUR_MS);
    onTestFinished(() => later.close());
    await later.put([[START_MS + 500, 1000]]);
    expect(readdirSync(join(place, 'tier-5m'))).toEqual(['2026-01-10.kept.db']);
    expect(total(later.select(sums))).toBe(ALL_MINUTES + 1000 + 5);
    await later.pass(2);
    expect(readdirSync(join(place, 'tier-5m'))).toEqual(['2026-01-10.kept.db']);
    expect(later.told).toEqual([]);
    expect(later.select().warnings).toHaveLength(1);
  });

  test('are dropped by their own age, and not made again', async () => {
    const place = folder();
    const store = await madeDay(place, { tierAgesMs: { '5m': 2 * DAY_MS, '1h': 100 * DAY_MS } });
    await store.pass(4 * 24);
    await store.put([[NEXT_DAY_MS + 4 * DAY_MS, 7]]);
    expect(store.told.filter((line) => line.startsWith('partitionDropped'))).toEqual([
      'partitionDropped tier-5m/2026-01-10.db its newest sample is older than the retention of 2 days (store.tier-5m)',
    ]);
    await store.pass(2);
    expect(readdirSync(join(place, 'tier-5m'))).toEqual([]);
  });

  test('that were not finished, or can not be read, are made again', async () => {
    const place = folder();
    const store = await madeDay(place);
    const file = join(place, 'tier-5m/2026-01-10.db');
    await store.close();
    // What a crash leaves: half a file without a name.
    copyFileSync(file, `${file}.new`);
    rmSync(file);
    writeFileSync(join(place, 'tier-1h/2026-01-10.db'), 'torn');
    const next = open(place, NEXT_DAY_MS + 3 * HOUR_MS);
    onTestFinished(() => next.close());
    expect(readdirSync(join(place, 'tier-5m'))).toEqual([]);
    expect(rowsIn(next.select(sums))).toBe(1441);
    await next.pass(1);
    expect(next.told).toEqual(['tierMade tier-5m/2026-01-10.db 1440']);
    expect(rowsIn(next.select(fineSums))).toBe(289);
  });

  test('that could not be made are tried again after a while, unless a block of the day is damaged', async () => {
    const place = folder();
    const store = open(place, NEXT_DAY_MS);
    onTestFinished(() => store.close());
    await store.put(minutes(START_MS));
    const inTheWay = join(place, 'tier-5m/2026-01-10.db.new');
    mkdirSync(inTheWay, { recursive: true });
    await store.clock.advance(2 * HOUR_MS);
    const ticked = (lines: number): Promise<void> =>
      vi.waitFor(() => {
        store.writer.tick();
        expect(store.told).toHaveLength(lines);
      });
    await ticked(1);
    rmdirSync(inTheWay);
    await store.clock.advance(11 * MINUTE_MS);
    await ticked(3);
    expect(store.told[0]).toContain('Failed');
    expect(store.told.slice(1)).toEqual([
      'tierMade tier-5m/2026-01-10.db 1440',
      'tierMade tier-1h/2026-01-10.db 1440',
    ]);

    const day = new PartitionFiles(join(place, 'metrics')).of(START_MS);
    const database = new Database(day.file);
    database.exec('UPDATE block SET body = zeroblob(length(body)) WHERE kind = 6');
    database.close();
    for (const name of ['tier-5m', 'tier-1h']) rmSync(join(place, name), { recursive: true });
    const told: string[] = [];
    const tiers = new Tiers({
      folder: place,
      clock: store.clock,
      agesMs: AGES_MS,
      onMade: (file) => void told.push(file),
      onFailed: (_file, reason) => void told.push(reason),
    });
    expect(await tiers.make(day, () => Promise.resolve(true))).toBe(false);
    expect(told).toEqual([expect.stringContaining('its checksum is wrong')]);
    expect(readdirSync(join(place, 'tier-5m'))).toEqual([]);
  });

  test('are not made of a day that changes meanwhile, nor when they are stopped', async () => {
    const place = folder();
    const store = await madeDay(place, { tierAgesMs: {} });
    const told: string[] = [];
    const tiers = new Tiers({
      folder: place,
      clock: store.clock,
      agesMs: AGES_MS,
      onMade: (file) => void told.push(file),
      onFailed: (_file, reason) => void told.push(reason),
    });
    const day = new PartitionFiles(join(place, 'metrics')).of(START_MS);
    const changes = (): Promise<boolean> => {
      tiers.dayChanges(START_MS, true);
      return Promise.resolve(true);
    };
    await tiers.make(day, changes);
    await tiers.make(day, () => Promise.resolve(false));
    expect([told, readdirSync(join(place, 'tier-5m'))]).toEqual([[], []]);
    await tiers.make(day, () => Promise.resolve(true));
    expect(told).toHaveLength(2);
    expect(tiers.isDue(day)).toBe(false);
  });
});
