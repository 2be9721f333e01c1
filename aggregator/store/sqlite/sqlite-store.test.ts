import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { labelsKey } from '../../../wire/labels.ts';
import { everything } from '../scope.ts';
import { freeLimits, HOUR_MS, metricStoreContract, rowsOf, type StoreUnderTest } from '../store.contract.ts';
import type { Row } from '../store.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteWriter, type WriterEvents, type WriterOptions } from './sqlite-writer.ts';

const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 10);

function encode(rows: readonly Row[]): Uint8Array {
  const plain = rows.map((row) => ({
    series: row.series(),
    atMs: row.atMs,
    hex: Buffer.from(row.values.buffer, row.values.byteOffset, row.values.byteLength).toString('hex'),
  }));
  return Buffer.from(JSON.stringify(plain));
}

function decode({ body }: { body: Uint8Array }): Row[] {
  const plain = JSON.parse(Buffer.from(body).toString()) as {
    series: string[][];
    atMs: number;
    hex: string;
  }[];
  return plain.map(({ series, atMs, hex }) => ({
    key: series.map(labelsKey).join(),
    series: () => series,
    atMs,
    values: new Float64Array(Uint8Array.from(Buffer.from(hex, 'hex')).buffer),
  }));
}

interface Opened extends StoreUnderTest {
  readonly writer: SqliteWriter;
  readonly reader: SqliteReader;
  readonly told: string[];
}

function openStore(folder: string, options: Partial<WriterOptions> = {}): Opened {
  const reader = new SqliteReader();
  const told: string[] = [];
  const tell =
    (name: string) =>
    (...values: unknown[]): void =>
      void told.push([name, ...values].join(' '));
  const events: WriterEvents = {
    replayed: tell('replayed'),
    folded: tell('folded'),
    foldFailed: tell('foldFailed'),
    entryDamaged: tell('entryDamaged'),
    partitionDamaged: tell('partitionDamaged'),
    partitionDropped: tell('partitionDropped'),
  };
  const writer = new SqliteWriter({
    folder,
    clock: new FakeClock(START_MS),
    decode,
    onView: (view) => reader.setView(view),
    events,
    openDataBytes: 64 * 1024 ** 2,
    foldAfterMs: HOUR_MS,
    retention: { maxBytes: 1024 ** 3, maxAgeMs: undefined },
    ...options,
  });
  return {
    writer,
    reader,
    told,
    settle: () => writer.fold(),
    crash: async () => {
      // What a killed process leaves behind is what is on disk now; only descriptors are given back.
      reader.close();
      await writer.close();
      return openStore(folder, options);
    },
    close: async () => {
      reader.close();
      await writer.close();
    },
  };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

metricStoreContract('sqlite', async () => openStore(folder()), encode);

const put = ({ writer }: Opened, rows: Row[]): void =>
  writer.write([{ kind: 0, newestMs: 1e15, body: encode(rows), rows }]);
const ALL = { fromMs: 0, toMs: 1e15 };
const read = ({ reader }: Opened): number[] =>
  reader
    .select(everything, [], ALL, freeLimits)
    .flatMap(({ values }) => [...values])
    .sort((a, b) => a - b);

describe('the sqlite store', () => {
  test('a restart reads the journal alone and finds it empty after a fold', async () => {
    const place = folder();
    let store = openStore(place);
    put(store, rowsOf([[{ __name__: 'x' }, START_MS, 1]]));
    store = (await store.crash()) as Opened;
    expect(store.told).toEqual(['replayed 1 0']);
    await store.settle();
    store = (await store.crash()) as Opened;
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

  test('a damaged frame is left out and told, the others are served', async () => {
    const place = folder();
    const store = openStore(place);
    put(store, rowsOf([[{ __name__: 'x' }, START_MS, 1]]));
    await store.settle();
    put(store, rowsOf([[{ __name__: 'x' }, START_MS + 1000, 2]]));
    await store.settle();
    const file = join(place, 'metrics', '2026-01-10.db');
    const database = new Database(file);
    database.exec('UPDATE frame SET body = zeroblob(length(body)) WHERE id = 1');
    database.close();
    const damage: string[] = [];
    const found = store.reader.select(everything, [], ALL, {
      ...freeLimits,
      onDamage: (m) => void damage.push(m),
    });
    expect(found.map(({ values }) => [...values])).toEqual([[2]]);
    expect(damage).toEqual([`${file}: frame 1 is damaged and was left out: its checksum is wrong`]);
    await store.close();
  });

  test('a damaged journal entry is told by its number, the others come back', async () => {
    const place = folder();
    let store = openStore(place);
    for (const n of [1, 2, 3]) put(store, rowsOf([[{ __name__: 'x' }, START_MS + n * 1000, n]]));
    await store.close();
    const database = new Database(join(place, 'journal.db'));
    database.exec('UPDATE entry SET body = zeroblob(length(body)) WHERE id = 2');
    database.close();
    store = openStore(place);
    expect(store.told).toContain('entryDamaged 2 its checksum is wrong');
    expect(read(store)).toEqual([1, 3]);
    await store.close();
  });

  test('the oldest days go when the store is too large, the newest stays', async () => {
    const place = folder();
    const store = openStore(place, { retention: { maxBytes: 1, maxAgeMs: undefined } });
    put(store, rowsOf([0, 1, 2].map((day) => [{ __name__: 'x' }, START_MS + day * DAY_MS, day] as const)));
    await store.settle();
    expect(readdirSync(join(place, 'metrics')).filter((name) => name.endsWith('.db'))).toEqual([
      '2026-01-12.db',
    ]);
    expect(store.told.filter((line) => line.startsWith('partitionDropped'))).toHaveLength(2);
    expect(read(store)).toEqual([2]);
    await store.close();
  });

  test('a clock a year ahead drops nothing for its age', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS);
    const store = openStore(place, { clock, retention: { maxBytes: 1e12, maxAgeMs: 5 * DAY_MS } });
    put(store, rowsOf([0, 1].map((day) => [{ __name__: 'x' }, START_MS + day * DAY_MS, day] as const)));
    clock.jump(400 * DAY_MS);
    await store.settle();
    expect(read(store)).toEqual([0, 1]);
    await store.close();
  });

  test('every commit is on disk when it returns, also after a reopen', async () => {
    const { openDatabase } = await import('./database.ts');
    const file = join(folder(), 'x.db');
    for (let i = 0; i < 3; i++) {
      const database = openDatabase(file);
      expect(database.pragma('synchronous', { simple: true })).toBe(2);
      database.exec('CREATE TABLE IF NOT EXISTS t (a)');
      database.close();
    }
  });
});
