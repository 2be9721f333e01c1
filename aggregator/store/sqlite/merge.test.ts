import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import { labelsFrom } from '../../../wire/labels.ts';
import { finished } from '../part/blocks.fake.ts';
import { conditionsOf } from '../part/find-series.ts';
import { openSamples } from '../part/open-samples.fake.ts';
import { SampleColumn } from '../sample-column.ts';
import { everything } from '../scope.ts';
import { freeLimits } from '../store.contract.ts';
import { BlockCache } from './block-cache.ts';
import { mergePartition, type MergeOptions } from './merge.ts';
import { Partition } from './partition.ts';
import { PartitionReader } from './partition-reader.ts';
import { verifyPartition } from './verify.ts';

const DAY = { fromMs: Date.UTC(2026, 0, 10), toMs: Date.UTC(2026, 0, 11) - 1 };
const SERIES = 400;
const ROWS = 50;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-merge-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Adds what a fold brings: rows that follow those of the fold before. */
function fold(file: string, number: number): void {
  const day = new Partition(file);
  const series = Array.from({ length: SERIES }, (_, i) => labelsFrom({ __name__: 'm', pod: `pod-${i}` }));
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    atMs: DAY.fromMs + (number * ROWS + row) * 1000,
    values: series.map((_labels, i) => Math.sin((number * ROWS + row) * SERIES + i)),
  }));
  day.begin();
  finished(day.add(openSamples([{ series, rows }]), DAY));
  day.commit(number);
  day.close();
}

function partition(folds: number): string {
  const file = join(folder(), '2026-01-10.db');
  for (let number = 0; number < folds; number++) fold(file, number);
  return file;
}

/** Samples of all series; a part that is read twice or not at all shows. */
function read(reader: PartitionReader): number {
  let samples = 0;
  reader.begin(freeLimits);
  const found = new Map<string, SampleColumn>();
  reader.visit(everything, conditionsOf(everything, []), DAY, freeLimits, (labels, gather) => {
    const column = found.get(labels.join()) ?? new SampleColumn();
    found.set(labels.join(), column);
    gather(column);
  });
  for (const column of found.values()) {
    expect(column.finish(DAY.fromMs, DAY.toMs).values.length).toBe(column.length);
    samples += column.length;
  }
  reader.end();
  return samples;
}

const openReader = (file: string): PartitionReader => {
  const reader = new PartitionReader(file, new BlockCache(1e6));
  onTestFinished(() => reader.close());
  return reader;
};

const all: MergeOptions = { what: 'all', mayGoOn: () => Promise.resolve(true) };

/** Stops a merge at its n-th pause, or right before it does anything. */
const stopAt = (pause: number): MergeOptions => {
  let left = pause;
  return { what: 'all', mayGoOn: () => Promise.resolve(left-- > 0) };
};

function query(file: string, sql: string): unknown {
  const database = new Database(file);
  try {
    return database.prepare(sql).pluck().get();
  } finally {
    database.close();
  }
}

describe('a merge', () => {
  test('makes one part of many and gives the room back', async () => {
    const file = partition(6);
    const before = statSync(file).size;
    expect(await mergePartition(file, all)).toEqual({ parts: 6, samples: 6 * SERIES * ROWS });
    expect(read(openReader(file))).toBe(6 * SERIES * ROWS);
    expect([...verifyPartition(file)]).toEqual([]);
    expect(query(file, 'SELECT count(*) FROM block WHERE kind = 0')).toBe(1);
    expect(query(file, 'PRAGMA freelist_count')).toBe(0);
    expect(statSync(file).size).toBeLessThan(before);
    expect(query(file, 'SELECT through FROM folded')).toBe(5);
    expect(await mergePartition(file, all)).toBeUndefined();
  });

  test('does nothing that is not due', async () => {
    const file = partition(3);
    const growing: MergeOptions = { ...all, what: 'due of a day that grows' };
    expect(await mergePartition(file, growing)).toBeUndefined();
    expect(await mergePartition(file, { ...all, what: 'due of a day that is over' })).toMatchObject({
      parts: 3,
    });
  });

  test('that is stopped anywhere leaves all samples, and the next one finishes it', async () => {
    for (let pause = 0; ; pause++) {
      const file = partition(3);
      const result = await mergePartition(file, stopAt(pause));
      expect(read(openReader(file))).toBe(3 * SERIES * ROWS);
      await mergePartition(file, all);
      expect(read(openReader(file))).toBe(3 * SERIES * ROWS);
      expect([...verifyPartition(file)]).toEqual([]);
      const parts = query(file, 'SELECT count(DISTINCT id / (1 << 20)) FROM block');
      expect(parts).toBe(1);
      expect(query(file, 'PRAGMA freelist_count')).toBe(0);
      if (result && pause > 12) break;
    }
  }, 60_000);

  test('that a crash cuts off anywhere leaves the old parts or the new one', async () => {
    const file = partition(3);
    const copies: string[] = [];
    const copying: MergeOptions = {
      what: 'all',
      mayGoOn: () => {
        const copy = join(folder(), `${copies.length}.db`);
        for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
        copies.push(copy);
        return Promise.resolve(true);
      },
    };
    await mergePartition(file, copying);
    expect(copies.length).toBeGreaterThan(6);
    for (const copy of copies) {
      expect(read(openReader(copy))).toBe(3 * SERIES * ROWS);
      expect([...verifyPartition(copy)]).toEqual([]);
    }
  }, 60_000);

  test('lets a fold and readers by at any pause', async () => {
    const file = partition(3);
    const reader = openReader(file);
    let pauses = 0;
    let folds = 3;
    const busy: MergeOptions = {
      what: 'all',
      mayGoOn: () => {
        if (++pauses % 20 === 5 && folds < 6) fold(file, folds++);
        expect(read(reader)).toBe(folds * SERIES * ROWS);
        return Promise.resolve(true);
      },
    };
    expect(await mergePartition(file, busy)).toMatchObject({ parts: 3 });
    expect(folds).toBeGreaterThan(3);
    expect(query(file, 'SELECT count(*) FROM block WHERE kind = 0')).toBe(1 + folds - 3);
    await mergePartition(file, all);
    expect(read(reader)).toBe(folds * SERIES * ROWS);
    expect([...verifyPartition(file)]).toEqual([]);
  }, 60_000);

  test('a reader that has begun sees what there was until it ends', async () => {
    const file = partition(3);
    const reader = openReader(file);
    reader.begin(freeLimits);
    const gathers: ((into: SampleColumn) => void)[] = [];
    reader.visit(everything, conditionsOf(everything, []), DAY, freeLimits, (_labels, gather) =>
      gathers.push(gather),
    );
    await mergePartition(file, all);
    const column = new SampleColumn();
    for (const gather of gathers) gather(column);
    expect(column.length).toBe(3 * SERIES * ROWS);
    reader.end();
    expect(read(reader)).toBe(3 * SERIES * ROWS);
  });

  test('waits for another writer without holding the thread', async () => {
    const file = partition(2);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    let pauses = 0;
    const waiting: MergeOptions = {
      what: 'all',
      mayGoOn: () => {
        if (++pauses === 200) other.exec('COMMIT');
        return Promise.resolve(true);
      },
    };
    expect(await mergePartition(file, waiting)).toMatchObject({ parts: 2 });
    expect(pauses).toBeGreaterThan(200);
    other.close();
  });

  test('leaves the parts as they are when one of them is damaged', async () => {
    const file = partition(2);
    query(file, 'PRAGMA wal_checkpoint');
    const database = new Database(file);
    database.exec('UPDATE block SET body = zeroblob(length(body)) WHERE kind = 6 AND id < 2 << 20');
    database.close();
    await expect(mergePartition(file, all)).rejects.toThrow(/block \d of part 1 is damaged/);
    const damage: string[] = [];
    const reader = openReader(file);
    const limits = { ...freeLimits, onDamage: (message: string) => void damage.push(message) };
    reader.begin(limits);
    const column = new SampleColumn();
    reader.visit(everything, [], DAY, limits, (_labels, gather) => gather(column));
    reader.end();
    expect(column.length).toBe(SERIES * ROWS);
    expect(damage).toHaveLength(1);
  });
});
