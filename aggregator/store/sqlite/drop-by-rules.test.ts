import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import { labelsFrom, labelValue, METRIC_NAME } from '../../../wire/labels.ts';
import { finished } from '../part/blocks.fake.ts';
import { openSamples } from '../part/open-samples.fake.ts';
import { SampleColumn } from '../sample-column.ts';
import { everything } from '../scope.ts';
import { freeLimits } from '../store.contract.ts';
import { BlockCache } from './block-cache.ts';
import { dropByRules, mergePartition } from './merge.ts';
import { type DueRules, NameRules } from './name-rules.ts';
import { Partition } from './partition.ts';
import { PartitionReader } from './partition-reader.ts';
import { verifyPartition } from './verify.ts';

const DAY = { fromMs: Date.UTC(2026, 0, 10), toMs: Date.UTC(2026, 0, 11) - 1 };
const PODS = 150;
const ROWS = 40;
const OF_ONE = PODS * ROWS;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'binnacle-drop-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Adds what a fold brings: for each metric rows that follow those of the fold before. */
function fold(file: string, number: number, metrics: readonly string[]): void {
  const day = new Partition(file);
  const series = metrics.flatMap((__name__) =>
    Array.from({ length: PODS }, (_, i) => labelsFrom({ __name__, pod: `${__name__}-${i}` })),
  );
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    atMs: DAY.fromMs + (number * ROWS + row) * 1000,
    values: series.map((_labels, i) => Math.sin((number * ROWS + row) * PODS + i)),
  }));
  day.begin();
  finished(day.add(openSamples([{ series, rows }]), DAY));
  day.commit(number);
  day.close();
}

function partition(...folds: (readonly string[])[]): string {
  const file = join(folder(), '2026-01-10.db');
  for (const [number, metrics] of folds.entries()) fold(file, number, metrics);
  return file;
}

/** Samples of each metric; a part that is read twice or not at all shows. */
function read(reader: PartitionReader): Record<string, number> {
  const samples: Record<string, number> = {};
  const found = new Map<string, SampleColumn>();
  reader.begin(freeLimits);
  reader.visit(everything, [], DAY, freeLimits, (labels, gather) => {
    const name = labelValue(labels, METRIC_NAME);
    const column = found.get(labels.join()) ?? new SampleColumn();
    found.set(labels.join(), column);
    const before = column.length;
    gather(column);
    samples[name] = (samples[name] ?? 0) + column.length - before;
  });
  for (const column of found.values())
    expect(column.finish(DAY.fromMs, DAY.toMs).values.length).toBe(column.length);
  const values = new Set<string>();
  reader.labelValues(METRIC_NAME, [], DAY, freeLimits, values);
  expect([...values].sort()).toEqual(Object.keys(samples).sort());
  const names = new Set<string>();
  reader.labelNames([], DAY, freeLimits, names);
  expect([...names].sort()).toEqual(found.size === 0 ? [] : ['__name__', 'pod']);
  reader.end();
  return samples;
}

function readFile(file: string): Record<string, number> {
  const reader = openReader(file);
  expect([...verifyPartition(file)]).toEqual([]);
  return read(reader);
}

const openReader = (file: string): PartitionReader => {
  const reader = new PartitionReader(file, new BlockCache(1e6));
  onTestFinished(() => reader.close());
  return reader;
};

const due = (...patterns: string[]): DueRules =>
  new NameRules(patterns.map((pattern) => ({ pattern, days: 1 }))).dueAfter(1e12) as DueRules;
const GO = due('go_.*');
const goOn = (): Promise<boolean> => Promise.resolve(true);
const never = (): void => expect.unreachable('the day is not empty');
const drop = (file: string, rules = GO, mayGoOn = goOn, remove = never) =>
  dropByRules(file, rules, mayGoOn, remove);

function query(file: string, sql: string): unknown {
  const database = new Database(file);
  try {
    return database.prepare(sql).pluck().get();
  } finally {
    database.close();
  }
}

describe('metrics dropped by name', () => {
  test('are gone, their room is given back, and nothing is done twice', async () => {
    const file = partition(['go_a', 'up'], ['go_a', 'go_b', 'up']);
    const before = statSync(file).size;
    expect(await drop(file)).toEqual({ series: 3 * PODS, samples: 3 * OF_ONE, isAll: false });
    expect(readFile(file)).toEqual({ up: 2 * OF_ONE });
    expect(statSync(file).size).toBeLessThan(before / 2);
    expect(query(file, 'PRAGMA freelist_count')).toBe(0);
    expect(query(file, 'SELECT rules FROM retention')).toBe('drop go_.*');
    expect(query(file, 'SELECT through FROM folded')).toBe(1);
    const blocks = query(file, 'SELECT max(id) FROM block');
    expect(await drop(file)).toEqual({ series: 0, samples: 0, isAll: false });
    expect(query(file, 'SELECT max(id) FROM block')).toBe(blocks);
  });

  test('when rules change, what is stricter is applied anew', async () => {
    const file = partition(['go_a', 'up', 'x']);
    await drop(file);
    expect(await drop(file, due('go_b', 'x'))).toMatchObject({ series: PODS });
    expect(readFile(file)).toEqual({ up: OF_ONE });
    expect(await drop(file, due('nothing'))).toMatchObject({ series: 0 });
    expect(query(file, 'SELECT rules FROM retention')).toBe('drop nothing');
    expect(await drop(file, due('.*p'), goOn, () => rmSync(file))).toMatchObject({ isAll: true });
  });

  test('come late: only what came is written anew', async () => {
    const file = partition(['go_a', 'up']);
    await drop(file);
    const first = query(file, 'SELECT min(id) FROM block');
    fold(file, 1, ['go_a', 'x']);
    expect(await drop(file)).toEqual({ series: PODS, samples: OF_ONE, isAll: false });
    expect(readFile(file)).toEqual({ up: OF_ONE, x: OF_ONE });
    expect(query(file, 'SELECT min(id) FROM block')).toBe(first);
    await mergePartition(file, { what: 'all', mayGoOn: goOn });
    expect(readFile(file)).toEqual({ up: OF_ONE, x: OF_ONE });
    expect(await drop(file)).toMatchObject({ series: 0 });
  });

  test('are all that a late part has: a reader that knows the part is not misled by the next', async () => {
    const file = partition(['up']);
    const reader = openReader(file);
    await drop(file);
    for (const [number, metric] of [
      [1, 'go_a'],
      [2, 'x'],
      [3, 'go_b'],
    ] as const) {
      fold(file, number, [metric]);
      expect(Object.keys(read(reader))).toContain(metric);
      await drop(file);
      expect(Object.keys(read(reader))).toEqual(number === 1 ? ['up'] : ['up', 'x']);
    }
    expect([...verifyPartition(file)]).toEqual([]);
    await mergePartition(file, { what: 'all', mayGoOn: goOn });
    expect(read(reader)).toEqual({ up: OF_ONE, x: OF_ONE });
  });

  test('are all of the day: its file is to go, unless a fold came meanwhile', async () => {
    const file = partition(['go_a'], ['go_b']);
    let removed = 0;
    const remove = (): void => void removed++;
    let folds = 2;
    const folding = (): Promise<boolean> => {
      if (folds === 2) fold(file, folds++, ['up']);
      return goOn();
    };
    expect(await drop(file, GO, folding, remove)).toBeUndefined();
    expect(removed).toBe(0);
    expect(readFile(file)).toEqual({ go_a: OF_ONE, go_b: OF_ONE, up: OF_ONE });
    await drop(file);
    expect(readFile(file)).toEqual({ up: OF_ONE });
    expect(await drop(file, due('.*'), goOn, remove)).toEqual({ series: PODS, samples: OF_ONE, isAll: true });
    expect(removed).toBe(1);
  });

  test('are not removed with the day while someone writes to it', async () => {
    const file = partition(['go_a']);
    const other = new Database(file);
    const writing = (): Promise<boolean> => {
      if (!other.inTransaction) other.exec('BEGIN IMMEDIATE');
      return goOn();
    };
    expect(await drop(file, GO, writing)).toBeUndefined();
    other.close();
  });

  test('stopped anywhere: the old or the new is there, and the next time finishes it', async () => {
    for (let pause = 0; ; pause++) {
      const file = partition(['go_a', 'up'], ['go_a', 'up', 'x']);
      let left = pause;
      const result = await drop(file, GO, () => Promise.resolve(left-- > 0));
      const some = readFile(file);
      expect(some).toMatchObject({ up: 2 * OF_ONE, x: OF_ONE });
      if (result === undefined) expect(some['go_a']).toBe(2 * OF_ONE);
      else expect(some['go_a']).toBeUndefined();
      await drop(file);
      expect(readFile(file)).toEqual({ up: 2 * OF_ONE, x: OF_ONE });
      expect(query(file, 'SELECT count(DISTINCT id / (1 << 20)) FROM block')).toBe(1);
      expect(query(file, 'PRAGMA freelist_count')).toBe(0);
      if (left > 0) break;
    }
  }, 60_000);

  test('cut off by a crash anywhere: the same', async () => {
    const file = partition(['go_a', 'up'], ['go_a', 'up', 'x']);
    const copies: string[] = [];
    await drop(file, GO, () => {
      const copy = join(folder(), `${copies.length}.db`);
      for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end);
      copies.push(copy);
      return goOn();
    });
    expect(copies.length).toBeGreaterThan(6);
    const seen = new Set<number | undefined>();
    for (const copy of copies) {
      const { go_a: dropped, ...others } = readFile(copy);
      expect(others).toEqual({ up: 2 * OF_ONE, x: OF_ONE });
      seen.add(dropped);
      await drop(copy);
      expect(readFile(copy)).toEqual({ up: 2 * OF_ONE, x: OF_ONE });
    }
    expect([...seen]).toEqual([2 * OF_ONE, undefined]);
  }, 60_000);

  test('a query that runs reads on what there was, others go by at any pause', async () => {
    const file = partition(['go_a', 'up']);
    const slow = openReader(file);
    slow.begin(freeLimits);
    const gathers: ((into: SampleColumn) => void)[] = [];
    slow.visit(everything, [], DAY, freeLimits, (_labels, gather) => gathers.push(gather));
    const reader = openReader(file);
    let folds = 1;
    let pauses = 0;
    const busy = (): Promise<boolean> => {
      if (++pauses === 4) fold(file, folds++, ['go_c', 'up']);
      expect(read(reader)).toMatchObject({ up: folds * OF_ONE });
      return goOn();
    };
    expect(await drop(file, GO, busy)).toMatchObject({ series: PODS });
    const column = new SampleColumn();
    for (const gather of gathers) gather(column);
    expect(column.length).toBe(2 * OF_ONE);
    slow.end();
    // What came meanwhile is for the next time.
    expect(read(reader)).toEqual({ go_c: OF_ONE, up: 2 * OF_ONE });
    await drop(file);
    expect(read(reader)).toEqual({ up: 2 * OF_ONE });
  });

  test('stay when a part is damaged', async () => {
    const file = partition(['go_a', 'up']);
    query(file, 'PRAGMA wal_checkpoint');
    const database = new Database(file);
    database.exec('UPDATE block SET body = zeroblob(length(body)) WHERE kind = 6');
    database.close();
    await expect(drop(file)).rejects.toThrow(/block \d of part 1 is damaged/);
    expect(query(file, 'SELECT count(*) FROM block WHERE kind = 0')).toBe(1);
  });
});
