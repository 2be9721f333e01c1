import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';

import { FakeClock } from '../../../lib/clock.ts';
import { labelsFrom } from '../../../wire/labels.ts';
import { finished } from '../part/blocks.fake.ts';
import { openSamples } from '../part/open-samples.fake.ts';
import { Merger } from './merger.ts';
import { Partition } from './partition.ts';
import { PartitionFiles } from './partition-files.ts';
import { Tiers } from './tiers.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 0, 10);

interface Store {
  readonly files: PartitionFiles;
  readonly clock: FakeClock;
  readonly told: string[];
  /** What folds wait for; set by a test. */
  folding: Promise<void> | undefined;
  merger(): Merger;
  fold(merger?: Merger): void;
  parts(): number;
}

function open(): Store {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-merger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = new PartitionFiles(folder);
  const { file } = files.of(START_MS);
  let folds = 0;
  const store: Store = {
    files,
    clock: new FakeClock(START_MS + HOUR_MS),
    told: [],
    folding: undefined,
    merger: () =>
      new Merger({
        files,
        tiers: new Tiers({
          folder,
          clock: store.clock,
          agesMs: {},
          onMade: (file) => void store.told.push(file),
          onFailed: (_file, reason) => void store.told.push(reason),
        }),
        folder,
        clock: store.clock,
        quietMs: HOUR_MS / 6,
        folding: () => store.folding,
        onMerged: (_file, { parts, samples }) => void store.told.push(`${parts} parts, ${samples} samples`),
        onFailed: (_file, reason) => void store.told.push(reason),
        onDropped: () => {},
        onDropFailed: (_due, reason) => void store.told.push(reason),
        onAllDropped: () => {},
      }),
    fold: (merger) => {
      const rows = [{ atMs: START_MS + ++folds * 1000, values: [folds] }];
      const day = new Partition(file);
      day.begin();
      finished(day.add(openSamples([{ series: [labelsFrom({ __name__: 'x' })], rows }]), files.of(START_MS)));
      day.commit(folds);
      day.close();
      files.changed();
      merger?.folded(START_MS);
    },
    parts: () => {
      const database = new Database(file, { readonly: true });
      try {
        return database.prepare('SELECT count(*) FROM block WHERE kind = 0').pluck().get() as number;
      } finally {
        database.close();
      }
    },
  };
  return store;
}

describe('the merger', () => {
  test('makes one part of eight, and one of all when the day is over and nothing came for a while', async () => {
    const store = open();
    const merger = store.merger();
    for (let n = 0; n < 7; n++) store.fold(merger);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(store.parts()).toBe(7);
    store.fold(merger);
    await expect.poll(() => store.parts()).toBe(1);
    store.fold(merger);
    store.fold(merger);
    store.clock.jump(DAY_MS + HOUR_MS);
    merger.tick();
    expect(store.parts()).toBe(3);
    await store.clock.advance(HOUR_MS);
    await expect.poll(() => (merger.tick(), store.parts())).toBe(1);
    expect(store.told).toEqual(['8 parts, 8 samples', '3 parts, 10 samples']);
    await merger.close();
  });

  test('makes one part of days that ended while nothing ran', async () => {
    const store = open();
    for (let n = 0; n < 3; n++) store.fold();
    store.clock.jump(2 * DAY_MS);
    const merger = store.merger();
    merger.tick();
    await expect.poll(() => store.parts()).toBe(1);
    await merger.close();
  });

  test('waits for a fold', async () => {
    const store = open();
    const merger = store.merger();
    for (let n = 0; n < 3; n++) store.fold();
    let end = (): void => {};
    store.folding = new Promise((resolve) => {
      end = () => {
        store.folding = undefined;
        resolve();
      };
    });
    const merging = merger.mergeAll();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(store.parts()).toBe(3);
    end();
    await merging;
    expect(store.parts()).toBe(1);
  });

  test('leaves a day as it is that is damaged, and tells it', async () => {
    const store = open();
    for (let n = 0; n < 3; n++) store.fold();
    const database = new Database(store.files.of(START_MS).file);
    database.exec('UPDATE block SET body = zeroblob(length(body)) WHERE kind = 6 AND id < 2 << 20');
    database.close();
    await store.merger().mergeAll();
    expect(store.told).toEqual([expect.stringMatching(/^block \d of part 1 is damaged/)]);
    expect(store.parts()).toBe(3);
  });
});
