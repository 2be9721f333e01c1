import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';

import { labelsFrom } from '../../../wire/labels.ts';
import { BLOCK_KINDS } from '../part/blocks.ts';
import { openSamples } from '../part/open-samples.fake.ts';
import { finished } from '../part/blocks.fake.ts';
import { Partition } from './partition.ts';
import { verifyPartition } from './verify.ts';

const DAY = { fromMs: Date.UTC(2026, 0, 10), toMs: Date.UTC(2026, 0, 11) - 1 };

/** A day of one part. */
function partition(): string {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-verify-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, '2026-01-10.db');
  const day = new Partition(file);
  day.begin();
  const series = Array.from({ length: 50 }, (_, i) => labelsFrom({ __name__: 'm', pod: `pod-${i}` }));
  const rows = Array.from({ length: 20 }, (_, row) => ({
    atMs: DAY.fromMs + row * 15_000,
    values: series.map((_labels, i) => Math.sin(row * 50 + i)),
  }));
  finished(day.add(openSamples([{ series, rows }]), DAY));
  day.commit(1);
  day.close();
  return file;
}

test('nothing is told of a whole partition', () => {
  expect([...verifyPartition(partition())]).toEqual([]);
});

test.each(BLOCK_KINDS)('a damaged block of %s is told, once', (kind) => {
  const file = partition();
  const database = new Database(file);
  database
    .prepare('UPDATE block SET body = zeroblob(length(body)) WHERE kind = ?')
    .run(BLOCK_KINDS.indexOf(kind));
  database.close();
  expect([...verifyPartition(file)]).toEqual([
    expect.stringMatching(/^block \d of part 1 is damaged and was left out: its checksum is wrong$/),
  ]);
});

test('a block that is missing is told', () => {
  const file = partition();
  const database = new Database(file);
  database.prepare('DELETE FROM block WHERE kind = ?').run(BLOCK_KINDS.indexOf('values'));
  database.close();
  expect([...verifyPartition(file)]).toEqual([expect.stringMatching(/^block \d of part 1 .*it is missing$/)]);
});

test('another format is told', () => {
  const file = partition();
  const database = new Database(file);
  database.pragma('user_version = 99');
  database.close();
  expect([...verifyPartition(file)]).toEqual([expect.stringContaining('it has format 99')]);
});
