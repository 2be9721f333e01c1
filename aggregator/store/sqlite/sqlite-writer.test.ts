import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { labelsFrom } from '../../../wire/labels.ts';
import type { PackedLogStream } from '../../../wire/log-section.ts';
import { everything } from '../scope.ts';
import { freeLimits } from '../store.contract.ts';
import { RowBuffer } from '../row-buffer.ts';
import type { KeptBatch, StoreWriter } from '../store.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteWriter, type WriterOptions } from './sqlite-writer.ts';

// What goes wrong around the store. That it keeps what it is given is the contract's, and test/durability's.

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 10);
const SERIES = labelsFrom({ __name__: 'x' });
let sequence = 0;

/** A batch here is the time and the value of one sample, with blanks behind them. */
const readPadded = (
  { body }: Pick<KeptBatch, 'body'>,
  store: Pick<StoreWriter, 'groupNamed' | 'addGroup'>,
  rows: RowBuffer,
): readonly PackedLogStream[] => {
  const [atMs = 0, value = 0] = JSON.parse(Buffer.from(body).toString()) as number[];
  rows.addRow(store.groupNamed('x') ?? store.addGroup([SERIES], 'x'), atMs, Float64Array.of(value));
  return [];
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function open(place: string, options: Partial<WriterOptions> = {}) {
  const told: string[] = [];
  const tell =
    (name: string) =>
    (...values: unknown[]): void =>
      void told.push([name, ...values].join(' '));
  const reader = new SqliteReader();
  const writer = new SqliteWriter({
    folder: place,
    clock: new FakeClock(START_MS),
    readBatch: readPadded,
    onView: (view) => reader.setView(view),
    events: {
      replayed: () => {},
      folded: () => {},
      foldFailed: tell('foldFailed'),
      merged: () => {},
      mergeFailed: tell('mergeFailed'),
      tierMade: tell('tierMade'),
      tierFailed: tell('tierFailed'),
      metricsDropped: () => {},
      metricsDropFailed: tell('metricsDropFailed'),
      entryDamaged: tell('entryDamaged'),
      partitionDamaged: tell('partitionDamaged'),
      partitionDropped: () => {},
      retentionFailed: tell('retentionFailed'),
    },
    openDataBytes: 64 * 1024 ** 2,
    foldAfterMs: DAY_MS,
    retention: { maxBytes: 1e12, maxAgeMs: undefined, rules: [] },
    ...options,
  });
  const put = (atMs: number, value: number): void => {
    const rows = new RowBuffer();
    rows.addRow(writer.groupOfOne(SERIES), atMs, Float64Array.of(value));
    writer.write([{ rows, logs: [] }]);
  };
  /** The same as a batch with a body of this length. */
  const putPadded = (atMs: number, value: number, length: number): void => {
    const rows = new RowBuffer();
    const body = Buffer.from(JSON.stringify([atMs, value]).padEnd(length));
    readPadded({ body }, writer, rows);
    const batch = { agent: 'a', epoch: 1, sequence: ++sequence, body, newestMs: 1e15, omitted: [] };
    writer.write([{ rows, logs: [], batch }]);
  };
  const damage: string[] = [];
  const read = (): number[] =>
    reader
      .select(
        everything,
        [],
        { fromMs: 0, toMs: 1e15 },
        { ...freeLimits, onDamage: (m) => void damage.push(m) },
      )
      .flatMap(({ values }) => [...values]);
  const close = async (): Promise<void> => {
    reader.close();
    await writer.close();
  };
  return { writer, put, putPadded, read, close, told, damage };
}

describe('the journal', () => {
  test.each([
    ['was lost', true],
    ['was lost, and the clock went back', false],
  ])('%s: what comes after is folded and read', async (_what, isClockRight) => {
    const place = folder();
    let store = open(place);
    for (let n = 1; n <= 5; n++) store.put(START_MS + n, n);
    await store.writer.fold();
    await store.close();
    for (const name of readdirSync(place)) if (name.startsWith('journal')) rmSync(join(place, name));
    const clock = new FakeClock(isClockRight ? START_MS + 1000 : 0);
    store = open(place, { clock });
    store.put(START_MS + 6, 6);
    await store.writer.fold();
    expect(store.read()).toEqual([1, 2, 3, 4, 5, 6]);
    store.put(START_MS + 7, 7);
    await store.close();
    store = open(place, { clock });
    expect(store.read()).toEqual(isClockRight ? [1, 2, 3, 4, 5, 6, 7] : expect.arrayContaining([6]));
    await store.close();
  });

  test.each([
    ['is no database', false],
    ['is damaged in its last page', true],
  ])('that %s is put aside, what can be read of it is kept', async (_what, isInPart) => {
    const place = folder();
    const file = join(place, 'journal.db');
    let store = open(place);
    // Each fills pages of its own.
    for (let n = 1; n <= 9; n++) {
      store.putPadded(START_MS + n, n, 2000);
    }
    await store.close();
    const database = new Database(file);
    const leaves = "SELECT max(pageno) FROM dbstat WHERE name = 'entry' AND pagetype = 'leaf'";
    const page = database.prepare(leaves).pluck().get() as number;
    database.close();
    const bytes = readFileSync(file);
    writeFileSync(file, isInPart ? bytes.fill(255, (page - 1) * 4096, page * 4096) : bytes.fill(7));
    store = open(place);
    expect(store.told).toEqual([expect.stringMatching(/^partitionDamaged .*journal\.db .*damaged/)]);
    expect(existsSync(`${file}.damaged`)).toBe(true);
    const before = store.read();
    expect(before.length).toBe(isInPart ? 8 : 0);
    store.put(START_MS + 10, 10);
    await store.writer.fold();
    expect(store.read()).toEqual([...before, 10]);
    await store.close();
    store = open(place);
    expect(store.read()).toEqual([...before, 10]);
    await store.close();
  });

  test('an entry that can not be brought back is told, the others come', async () => {
    const place = folder();
    let store = open(place);
    for (const n of [1, 2, 3]) store.putPadded(START_MS + n, n, 10);
    await store.close();
    const readBatch: WriterOptions['readBatch'] = (batch, registry, rows) => {
      if (Buffer.from(batch.body).toString().trimEnd().endsWith(',2]')) rows.add(99, START_MS, 1);
      return readPadded(batch, registry, rows);
    };
    store = open(place, { readBatch });
    expect(store.told).toEqual([expect.stringMatching(/^entryDamaged \d+ BUG: a row of group 99/)]);
    expect(store.read()).toEqual([1, 3]);
    await store.close();
  });

  test('what was committed and can not be shown ends the writer, and is there after a restart', async () => {
    const place = folder();
    let store = open(place);
    const rows = new RowBuffer();
    rows.add(99, START_MS, 1);
    const body = Buffer.from(JSON.stringify([START_MS, 1]));
    const batch = { agent: 'b', epoch: 1, sequence: 1, body, newestMs: 1e15, omitted: [] };
    expect(() => store.writer.write([{ rows, logs: [], batch }])).toThrow('BUG');
    await store.close();
    store = open(place);
    expect(store.read()).toEqual([1]);
    await store.close();
  });
});

describe('a fold', () => {
  test('is whole though retention fails, which is told', async () => {
    const place = folder();
    // Not ours, and `unlink` does not take it.
    mkdirSync(join(place, 'metrics', '2020-01-01.db'), { recursive: true });
    const store = open(place, { retention: { maxBytes: 1, maxAgeMs: undefined, rules: [] } });
    store.put(START_MS, 1);
    await store.writer.fold();
    const told = store.told.filter((line) => !line.startsWith('mergeFailed'));
    expect(told).toEqual([expect.stringMatching(/^retentionFailed .*2020-01-01/)]);
    expect(store.writer.failure).toBeUndefined();
    expect(store.read()).toEqual([1]);
    await store.close();
  });

  test('is tried again when the journal does not let go of its entries', async () => {
    const place = folder();
    const clock = new FakeClock(START_MS);
    const store = open(place, { clock });
    store.put(START_MS, 1);
    // Another process that keeps the journal from being written.
    const other = new Database(join(place, 'journal.db'));
    other.exec("CREATE TRIGGER no BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'not now'); END");
    await store.writer.fold();
    expect(store.writer.failure).toContain('not now');
    store.put(START_MS + 1, 2);
    expect(store.read()).toEqual([1, 2]);
    other.exec('DROP TRIGGER no');
    other.close();
    await clock.advance(20_000);
    await store.writer.fold();
    expect(store.writer.failure).toBeUndefined();
    await store.writer.fold();
    expect(store.read()).toEqual([1, 2]);
    await store.close();
  });

  test('gives back the room that the journal took', async () => {
    const place = folder();
    const store = open(place);
    for (let n = 0; n < 10; n++) store.putPadded(START_MS, 1, 2 ** 20);
    const bytes = (): number =>
      ['', '-wal'].reduce((sum, end) => sum + statSync(join(place, `journal.db${end}`)).size, 0);
    expect(bytes()).toBeGreaterThan(10 * 2 ** 20);
    await store.writer.fold();
    expect(bytes()).toBeLessThan(100_000);
    await store.close();
  });

  test('over more days than files may be open', async () => {
    const place = folder();
    const store = open(place);
    const days = 80;
    for (let day = 0; day < days; day++) store.put(START_MS + day * DAY_MS, day);
    const before = readdirSync('/proc/self/fd').length;
    let most = 0;
    const watching = setInterval(() => (most = Math.max(most, readdirSync('/proc/self/fd').length)), 0);
    await store.writer.fold();
    clearInterval(watching);
    expect(store.writer.failure).toBeUndefined();
    expect(most - before).toBeLessThan(120);
    expect(store.read()).toEqual(Array.from({ length: days }, (_, day) => day));
    await store.close();
  });
});

test('a day that is damaged while the store runs is put aside, and the head folded anew', async () => {
  const place = folder();
  const clock = new FakeClock(START_MS);
  const store = open(place, { clock });
  store.put(START_MS, 1);
  await store.writer.fold();
  const day = join(place, 'metrics', '2026-01-10.db');
  const database = new Database(day);
  database.unsafeMode();
  database.pragma('writable_schema = ON');
  database.exec("UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'block'");
  database.close();
  store.put(START_MS + 1, 2);
  await store.writer.fold();
  expect(store.told[0]).toMatch(/^partitionDamaged .*2026-01-10\.db /);
  expect(store.read()).toEqual([2]);
  await clock.advance(20_000);
  await store.writer.fold();
  expect(store.writer.failure).toBeUndefined();
  expect(store.read()).toEqual([2]);
  await store.close();
});

describe('a partition at a start', () => {
  /** A folder whose day is folded and has one entry in the journal as well. */
  async function prepared(): Promise<{ place: string; day: string }> {
    const place = folder();
    const store = open(place);
    store.put(START_MS, 1);
    await store.writer.fold();
    store.put(START_MS + 1, 2);
    await store.close();
    return { place, day: join(place, 'metrics', '2026-01-10.db') };
  }

  test('that is damaged is put aside, beside one from before', async () => {
    const { place, day } = await prepared();
    writeFileSync(`${day}.damaged`, 'from before');
    writeFileSync(day, 'rubbish'.repeat(2000));
    const store = open(place);
    expect(store.told).toEqual([expect.stringMatching(/^partitionDamaged .*2026-01-10\.db/)]);
    expect(store.read()).toEqual([2]);
    await store.writer.fold();
    expect(store.read()).toEqual([2]);
    expect(readdirSync(join(place, 'metrics')).filter((name) => name.includes('damaged'))).toHaveLength(2);
    await store.close();
  });

  test('of a newer version keeps the store from starting', async () => {
    const { place, day } = await prepared();
    const database = new Database(day);
    database.pragma('user_version = 99');
    database.close();
    expect(() => open(place)).toThrow(/2026-01-10\.db has format 99.*start the version that wrote it/);
    expect(existsSync(day)).toBe(true);
  });

  test('that can not be opened for another reason keeps the store from starting', async () => {
    const { place, day } = await prepared();
    rmSync(day);
    mkdirSync(day);
    expect(() => open(place)).toThrow(`${day} can't be opened`);
    expect(existsSync(day)).toBe(true);
  });

  test('that was made and not written to yet is filled', async () => {
    const { place, day } = await prepared();
    rmSync(day);
    writeFileSync(day, '');
    const store = open(place);
    expect(store.read()).toEqual([2]);
    await store.writer.fold();
    expect(store.read()).toEqual([2]);
    expect(store.damage).toEqual([]);
    await store.close();
  });
});
