import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { decodePackedBatch, encodeBatch } from '../../../wire/batch.ts';
import { labelsFrom, type Labels } from '../../../wire/labels.ts';
import { unpackLines, type PackedLogStream } from '../../../wire/log-section.ts';
import { everyLine, freeLogLimits, linesAsBatch, logStoreContract } from '../log-store.contract.ts';
import { show, streamOf } from '../log-store.fake.ts';
import { everything } from '../scope.ts';
import {
  buffered,
  freeLimits,
  HOUR_MS,
  metricStoreContract,
  rowOf,
  rowsOf,
  type SampleRow,
  type StoreUnderTest,
} from '../store.contract.ts';
import { SqliteLogReader } from './sqlite-log-reader.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteWriter, type WriterEvents, type WriterOptions } from './sqlite-writer.ts';

const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 10);

function encodeLines(logs: readonly PackedLogStream[]): Uint8Array {
  return encodeBatch({ agent: 'a', epoch: 1, sequence: 1, frames: [], logs: logs.map(unpackLines) });
}

interface Opened extends StoreUnderTest {
  crash(): Promise<Opened>;
  readonly logs: SqliteLogReader;
  readonly writer: SqliteWriter;
  readonly reader: SqliteReader;
  readonly told: string[];
}

function openStore(folder: string, options: Partial<WriterOptions> = {}): Opened {
  const reader = new SqliteReader();
  const logs = new SqliteLogReader();
  const told: string[] = [];
  const tell =
    (name: string) =>
    (...values: unknown[]): void =>
      void told.push([name, ...values].join(' '));
  const events: WriterEvents = {
    replayed: tell('replayed'),
    folded: tell('folded'),
    foldFailed: tell('foldFailed'),
    merged: tell('merged'),
    mergeFailed: tell('mergeFailed'),
    tierMade: tell('tierMade'),
    tierFailed: tell('tierFailed'),
    metricsDropped: tell('metricsDropped'),
    metricsDropFailed: tell('metricsDropFailed'),
    entryDamaged: tell('entryDamaged'),
    partitionDamaged: tell('partitionDamaged'),
    partitionDropped: tell('partitionDropped'),
    retentionFailed: tell('retentionFailed'),
  };
  const writer = new SqliteWriter({
    folder,
    clock: new FakeClock(START_MS),
    // Batches bring lines alone here.
    readBatch: ({ body }) => (body.length === 0 ? [] : decodePackedBatch(body, 1e9).logs),
    onView: (view) => {
      reader.setView(view);
      logs.setView(view);
    },
    events,
    openDataBytes: 64 * 1024 ** 2,
    foldAfterMs: HOUR_MS,
    retention: { maxBytes: 1024 ** 3, maxAgeMs: undefined, rules: [] },
    ...options,
  });
  return {
    writer,
    reader,
    logs,
    told,
    settle: () => writer.fold(),
    merge: () => writer.merge(),
    crash: async (): Promise<Opened> => {
      // What a killed process leaves behind is what is on disk now; only descriptors are given back.
      reader.close();
      logs.close();
      await writer.close();
      return openStore(folder, options);
    },
    close: async () => {
      reader.close();
      logs.close();
      await writer.close();
    },
  };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

metricStoreContract('sqlite', async () => openStore(folder()));
logStoreContract('sqlite', async () => openStore(folder()), encodeLines);

const put = ({ writer }: Opened, rows: SampleRow[]): void =>
  writer.write([{ rows: buffered(writer, rows), logs: [] }]);
const ALL = { fromMs: 0, toMs: 1e15 };
const read = ({ reader }: Opened): number[] =>
  reader
    .select(everything, [], ALL, freeLimits)
    .flatMap(({ values }) => [...values])
    .sort((a, b) => a - b);

/** Lines of one stream: milliseconds after the start, and the text. */
const putLines = ({ writer }: Opened, lines: readonly (readonly [number, string])[]): void => {
  const timed = lines.map(([ms, text]) => [BigInt(START_MS + ms) * 1_000_000n, text] as const);
  const logs = [streamOf({ job: 'a' }, timed)];
  writer.write([linesAsBatch(encodeLines(logs), logs)]);
};
const readLines = (logs: SqliteLogReader, damage?: string[]): string[] => {
  const limits = { ...freeLogLimits, ...(damage && { onDamage: (m: string) => void damage.push(m) }) };
  return show(logs.search(everything, everyLine, limits)).map(([, , text]) => text);
};

describe('the sqlite store', () => {
  test('a restart reads the journal alone and finds it empty after a fold', async () => {
    const place = folder();
    let store = openStore(place);
    put(store, rowsOf([[{ __name__: 'x' }, START_MS, 1]]));
    store = await store.crash();
    expect(store.told).toEqual(['replayed 1 0']);
    await store.settle();
    store = await store.crash();
    expect(store.told).toEqual(['replayed 0 0']);
    expect(read(store)).toEqual([1]);
    await store.close();
  });

  test('a fold that stopped between two days is finished, nothing twice', async () => {
    const place = folder();
    let store = openStore(place);
    put(
      store,
      rowsOf([
        [{ __name__: 'x' }, START_MS, 1],
        [{ __name__: 'x' }, START_MS + DAY_MS, 2],
      ]),
    );
    // As if the process had died after the first day's commit: the other day does not take the fold.
    const blocked = join(place, 'metrics', '2026-01-11.db');
    const blocker = new Database(blocked);
    blocker.exec('CREATE TABLE folded (through INTEGER)');
    blocker.close();
    await store.settle();
    expect(store.writer.failure).toBeDefined();
    const damage: string[] = [];
    const limits = { ...freeLimits, onDamage: (message: string) => void damage.push(message) };
    const found = store.reader.select(everything, [], ALL, limits).flatMap(({ values }) => [...values]);
    expect(found).toEqual([1, 2]);
    expect(damage.join()).toContain('2026-01-11.db');
    await store.close();
    rmSync(blocked);
    store = openStore(place);
    await store.settle();
    expect(read(store)).toEqual([1, 2]);
    expect(store.writer.failure).toBeUndefined();
    await store.close();
  });

  test('a damaged block is left out and told, the others are served', async () => {
    const place = folder();
    const store = openStore(place);
    put(store, rowsOf([[{ __name__: 'x' }, START_MS, 1]]));
    await store.settle();
    put(store, rowsOf([[{ __name__: 'x' }, START_MS + 1000, 2]]));
    await store.settle();
    const file = join(place, 'metrics', '2026-01-10.db');
    const database = new Database(file);
    database.exec('UPDATE block SET body = zeroblob(length(body)) WHERE kind = 6 AND id < 2 << 20');
    database.close();
    const damage: string[] = [];
    const found = store.reader.select(everything, [], ALL, {
      ...freeLimits,
      onDamage: (m) => void damage.push(m),
    });
    expect(found.map(({ values }) => [...values])).toEqual([[2]]);
    expect(damage).toEqual([
      expect.stringMatching(
        `^${file}: block \\d of part 1 is damaged and was left out: its checksum is wrong$`,
      ),
    ]);
    await store.close();
  });

  test('a damaged journal entry is told by its number, the others come back', async () => {
    const place = folder();
    let store = openStore(place);
    for (const n of [1, 2, 3]) put(store, rowsOf([[{ __name__: 'x' }, START_MS + n * 1000, n]]));
    await store.close();
    const database = new Database(join(place, 'journal.db'));
    const second = database
      .prepare('SELECT id FROM entry ORDER BY id LIMIT 1 OFFSET 1')
      .pluck()
      .get() as number;
    database.prepare('UPDATE entry SET body = zeroblob(length(body)) WHERE id = ?').run(second);
    database.close();
    store = openStore(place);
    expect(store.told).toContain(`entryDamaged ${second} its checksum is wrong`);
    expect(read(store)).toEqual([1, 3]);
    await store.close();
  });

  test('rows whose series a damaged entry described are told, the others come back', async () => {
    const place = folder();
    let store = openStore(place);
    put(store, rowsOf([[{ __name__: 'x' }, START_MS, 1]]));
    put(
      store,
      rowsOf([
        [{ __name__: 'x' }, START_MS + 1000, 2],
        [{ __name__: 'y' }, START_MS + 1000, 3],
      ]),
    );
    await store.close();
    const database = new Database(join(place, 'journal.db'));
    database.exec('UPDATE entry SET body = zeroblob(length(body)) WHERE id = (SELECT min(id) FROM entry)');
    database.close();
    store = openStore(place);
    expect(store.told.filter((line) => line.startsWith('entryDamaged'))).toEqual([
      expect.stringContaining('its checksum is wrong'),
      expect.stringContaining('1 rows are lost with an entry before it'),
    ]);
    expect(read(store)).toEqual([3]);
    await store.close();
  });

  test('what was written before a crash and after it is brought back by the next start', async () => {
    const place = folder();
    let store = openStore(place);
    const all = ['a', 'b', 'c', 'd'];
    for (const i of all.keys()) {
      // The numbers of series begin anew at each start.
      put(
        store,
        rowsOf(
          all
            .slice(0, i + 1)
            .reverse()
            .map((n) => [{ __name__: n }, START_MS + i, i] as const),
        ),
      );
      put(store, [
        rowOf(
          [...all].map((n) => labelsFrom({ __name__: 'g', n })),
          START_MS + i,
          Float64Array.of(9, 9, 9, 9),
        ),
      ]);
      store = await store.crash();
    }
    const expected = all.flatMap((_, i) => [...Array.from({ length: i + 1 }, () => i), 9, 9, 9, 9]);
    expect(read(store)).toEqual(expected.sort((a, b) => a - b));
    await store.close();
  });

  test('series that have ended are given up, those that go on are registered anew', async () => {
    const place = folder();
    let store = openStore(place);
    const series = (n: number, count: number): Labels[] =>
      Array.from({ length: count }, (_, i) => labelsFrom({ __name__: 'x', n: String(n), i: String(i) }));
    const write = (n: number, count: number, atMs: number): void =>
      put(store, [rowOf(series(n, count), atMs, new Float64Array(count).fill(n))]);
    write(1, 60_000, START_MS);
    write(2, 10, START_MS);
    await store.settle();
    const { generation } = store.writer;
    expect(store.writer.seriesCount).toBe(60_010);
    write(2, 10, START_MS + 1000);
    write(3, 5, START_MS + 1000);
    // Heads that are sealed after this one have another catalog; its samples are still found by the old one.
    const folding = store.settle();
    expect(store.writer.generation).not.toBe(generation);
    expect(store.writer.seriesCount).toBe(0);
    write(2, 10, START_MS + 2000);
    const all = (): [number, number][] =>
      store.reader
        .select(everything, [{ name: 'n', op: '=~', value: '2|3' }], ALL, freeLimits)
        .map(({ values }): [number, number] => [values[0]!, values.length])
        .sort(([a], [b]) => a - b);
    const expected = [
      ...Array.from({ length: 10 }, () => [2, 3]),
      ...Array.from({ length: 5 }, () => [3, 1]),
    ];
    expect(all()).toEqual(expected);
    await folding;
    expect(all()).toEqual(expected);
    expect(store.writer.seriesCount).toBe(10);
    store = await store.crash();
    expect(all()).toEqual(expected);
    await store.close();
  });

  test('the oldest days go when the store is too large, the newest stays', async () => {
    const place = folder();
    const store = openStore(place, { retention: { maxBytes: 1, maxAgeMs: undefined, rules: [] } });
    put(store, rowsOf([0, 1, 2].map((day) => [{ __name__: 'x' }, START_MS + day * DAY_MS, day] as const)));
    await store.settle();
    expect(readdirSync(join(place, 'metrics')).filter((name) => name.endsWith('.db'))).toEqual([
      '2026-01-12.db',
    ]);
    expect(store.told.filter((line) => line.startsWith('partitionDropped'))).toHaveLength(2);
    expect(read(store)).toEqual([2]);
    await store.close();
  });

  test('lines and samples count together, the older day goes first', async () => {
    const place = folder();
    const store = openStore(place, { retention: { maxBytes: 1, maxAgeMs: undefined, rules: [] } });
    put(store, rowsOf([1, 2].map((day) => [{ __name__: 'x' }, START_MS + day * DAY_MS, day] as const)));
    putLines(
      store,
      [0, 2].map((day) => [day * DAY_MS, `day ${day}`] as const),
    );
    await store.settle();
    const dropped = store.told.flatMap(
      (line) => /^partitionDropped .*\/(\w+\/[\d-]+\.db)/.exec(line)?.[1] ?? [],
    );
    expect(dropped).toEqual(['logs/2026-01-10.db', 'metrics/2026-01-11.db']);
    expect(read(store)).toEqual([2]);
    expect(readLines(store.logs)).toEqual(['day 2']);
    await store.close();
  });

  test('a clock a year ahead drops nothing for its age', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS);
    const store = openStore(place, { clock, retention: { maxBytes: 1e12, maxAgeMs: 5 * DAY_MS, rules: [] } });
    put(store, rowsOf([0, 1].map((day) => [{ __name__: 'x' }, START_MS + day * DAY_MS, day] as const)));
    clock.jump(400 * DAY_MS);
    await store.settle();
    expect(read(store)).toEqual([0, 1]);
    await store.close();
  });

  test('a reader whose view is older than a fold sees each line once', async () => {
    const place = folder();
    const store = openStore(place);
    putLines(store, [[0, 'first']]);
    await store.settle();
    putLines(store, [
      [1, 'second'],
      [DAY_MS, 'next day'],
    ]);
    const old = new SqliteLogReader();
    old.setView(store.writer.view());
    await store.settle();
    putLines(store, [[2, 'third']]);
    expect(readLines(old)).toEqual(['first', 'second', 'next day']);
    old.close();
    expect(readLines(store.logs)).toEqual(['first', 'second', 'third', 'next day']);
    await store.close();
  });

  test('a fold of lines that stopped between two days is finished, nothing twice', async () => {
    const place = folder();
    let store = openStore(place);
    putLines(store, [
      [0, 'one'],
      [DAY_MS, 'two'],
    ]);
    const blocked = join(place, 'logs', '2026-01-11.db');
    const blocker = new Database(blocked);
    blocker.exec('CREATE TABLE folded (through INTEGER)');
    blocker.close();
    await store.settle();
    expect(store.writer.failure).toBeDefined();
    putLines(store, [[1, 'three']]);
    const damage: string[] = [];
    expect(readLines(store.logs, damage)).toEqual(['one', 'three', 'two']);
    expect(damage.join()).toContain('2026-01-11.db');
    await store.close();
    rmSync(blocked);
    store = openStore(place);
    expect(readLines(store.logs)).toEqual(['one', 'three', 'two']);
    await store.settle();
    expect(readLines(store.logs)).toEqual(['one', 'three', 'two']);
    await store.close();
  });

  test('a crash between the commits of two days is made good, nothing twice', async () => {
    const place = folder();
    let store = openStore(place);
    putLines(store, [
      [0, 'one'],
      [DAY_MS, 'two'],
    ]);
    await store.close();
    const journal = readFileSync(join(place, 'journal.db'));
    store = openStore(place);
    await store.settle();
    await store.close();
    // The journal as it was before, one day folded, the other not.
    writeFileSync(join(place, 'journal.db'), journal);
    rmSync(join(place, 'logs', '2026-01-11.db'));
    store = openStore(place);
    expect(store.told).toEqual(['replayed 1 1']);
    putLines(store, [[1, 'three']]);
    expect(readLines(store.logs)).toEqual(['one', 'three', 'two']);
    await store.settle();
    expect(readLines(store.logs)).toEqual(['one', 'three', 'two']);
    await store.close();
  });

  test('a damaged block of lines is left out and told, the others are served', async () => {
    const place = folder();
    const store = openStore(place);
    putLines(store, [[0, 'one']]);
    await store.settle();
    putLines(store, [[1, 'two']]);
    await store.settle();
    const file = join(place, 'logs', '2026-01-10.db');
    const database = new Database(file);
    database.exec('UPDATE block SET body = zeroblob(length(body)) WHERE id = 1');
    database.close();
    const damage: string[] = [];
    expect(readLines(store.logs, damage)).toEqual(['two']);
    expect(damage).toEqual([`${file}: block 1 is damaged and was left out: its checksum is wrong`]);
    await store.close();
  });

  test('every commit is on disk when it returns, also after a reopen', async () => {
    const { openDatabase } = await import('./database.ts');
    const file = join(folder(), 'x.db');
    for (let i = 0; i < 3; i++) {
      const database = openDatabase(file, 1, 'CREATE TABLE t (a)');
      expect(database.pragma('synchronous', { simple: true })).toBe(2);
      database.close();
    }
  });
});
