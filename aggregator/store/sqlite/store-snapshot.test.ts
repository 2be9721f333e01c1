import { mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { temporaryFolder } from '../../../test/tools/temporary-folder.ts';
import { StoredPart } from '../log/part-codec.ts';
import { FileSnapshot } from './file-snapshot.ts';
import { Journal } from './journal.ts';
import { LogPartition } from './log-partition.ts';
import { openStoreSnapshot } from './store-snapshot.ts';
import { unpack, type PackedRow } from './verify-file.ts';

const DAYS = ['2026-01-09', '2026-01-10'];
const never = new AbortController().signal;
const open = (file: string): FileSnapshot => new FileSnapshot(file, Infinity);

/** A store whose entries have one line for each of two days: their own number. */
class TestStore {
  readonly folder = temporaryFolder();
  readonly journal: Journal;
  #waiting: number[] = [];
  #sealed: number[] = [];
  #steps: (() => void)[] = [];

  constructor() {
    mkdirSync(join(this.folder, 'logs'));
    this.journal = new Journal(join(this.folder, 'journal.db'), 0);
  }

  commit(): void {
    this.journal.commit([{ kind: 1, newestMs: 0, body: Uint8Array.of(1) }]);
    this.#waiting.push(this.journal.lastId);
  }

  /** Does the next step of a fold: seal, one day, the other, drop from the journal. */
  foldOn(): void {
    if (this.#steps.length === 0) {
      this.#sealed = this.#waiting;
      this.#waiting = [];
      const through = this.journal.lastId;
      this.#steps = [
        ...DAYS.map((day) => () => this.#foldInto(day, through)),
        () => this.journal.dropThrough(through, new Set()),
      ];
    }
    this.#steps.shift()?.();
  }

  #foldInto(day: string, through: number): void {
    const partition = new LogPartition(join(this.folder, 'logs', `${day}.db`));
    partition.begin();
    for (const id of this.#sealed) {
      const bytes = Buffer.from(String(id));
      const lines = { timesNs: BigInt64Array.of(BigInt(id)), ends: Uint32Array.of(bytes.length), bytes };
      partition.add(['a', 'b'], lines);
    }
    partition.commit(through);
    partition.close();
  }
}

/** What a start would find for a day: the lines in its file, and the entries of the journal that it has not noted. */
function contentOf(folder: string, day: string): number[] {
  const ask = (file: string, sql: string): unknown[] => {
    const database = new Database(join(folder, file), { readonly: true });
    const rows = database.prepare(sql).all();
    database.close();
    return rows;
  };
  const lines: number[] = [];
  let through = 0;
  try {
    through = (ask(`logs/${day}.db`, 'SELECT through FROM folded')[0] as { through: number }).through;
    for (const row of ask(`logs/${day}.db`, 'SELECT * FROM block ORDER BY id') as PackedRow[]) {
      const content = unpack(row) as Uint8Array;
      const parts = ask(`logs/${day}.db`, `SELECT start FROM part WHERE block = ${row.id}`) as {
        start: number;
      }[];
      for (const { start } of parts)
        lines.push(Number(new StoredPart(content.subarray(start)).bytes.toString()));
    }
  } catch (thrown) {
    expect((thrown as { code?: string }).code).toBe('SQLITE_CANTOPEN');
  }
  const entries = ask('journal.db', 'SELECT id FROM entry') as { id: number }[];
  return [...lines, ...entries.map(({ id }) => id).filter((id) => id > through)].sort((a, b) => a - b);
}

async function copyAll(files: ReadonlyMap<string, FileSnapshot>, target: string): Promise<void> {
  mkdirSync(join(target, 'logs'), { recursive: true });
  for (const [name, snapshot] of files) {
    await snapshot.copyTo(join(target, name), never);
    snapshot.close();
  }
}

/** Each caught one wrong order of looking at the files. */
const KNOWN: [boolean[][]][] = [
  // The first fold, with new files, just before the journal is opened.
  [[[], [true, true, true]]],
  // A fold of what came after the journal was opened, into one day of two, or both.
  [[[true, true, true], [], [false, true]]],
  [[[true, true, true], [], [false, true, true, true]]],
  [[[true, true, true], [], [], [false, true, true]]],
];

test('whatever is committed and folded between the files, a snapshot has a beginning of it, once', async () => {
  // What happens before each file is opened; true: a step of a fold.
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  );
  const moments = fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(moments, async (between) => {
      const left = [...between];
      const store = new TestStore();
      store.commit();
      const turn = (): void => {
        for (const isFold of left.shift() ?? []) {
          if (isFold) store.foldOn();
          else store.commit();
        }
      };
      turn();
      const least = store.journal.lastId;
      const files = openStoreSnapshot(store.folder, (file) => {
        turn();
        return open(file);
      });
      // Nothing of what comes later is in it.
      for (let n = 0; n < 3; n++) {
        store.commit();
        store.foldOn();
      }
      const target = join(store.folder, 'copy');
      await copyAll(files, target);
      const [one, other] = DAYS.map((day) => contentOf(target, day));
      expect(one).toEqual(Array.from({ length: one?.length ?? 0 }, (_, i) => i + 1));
      expect(other).toEqual(one);
      expect(one?.length).toBeGreaterThanOrEqual(least);
      store.journal.close();
      rmSync(store.folder, { recursive: true });
    }),
    { numRuns: 20, examples: KNOWN },
  );
}, 60_000);

test('days that noted entries of a journal that is gone are no reason to wait', () => {
  const store = new TestStore();
  for (let n = 0; n < 3; n++) store.commit();
  for (let n = 0; n < 3; n++) store.foldOn();
  store.journal.close();
  for (const name of ['journal.db', 'journal.db-wal', 'journal.db-shm'])
    rmSync(join(store.folder, name), { force: true });
  new Journal(join(store.folder, 'journal.db'), 0).close();
  const files = openStoreSnapshot(store.folder, open);
  expect([...files.keys()]).toEqual(['journal.db', 'logs/2026-01-10.db', 'logs/2026-01-09.db']);
  for (const snapshot of files.values()) snapshot.close();
});

test('a day that retention drops meanwhile is in the copy', async () => {
  const store = new TestStore();
  store.commit();
  for (let n = 0; n < 3; n++) store.foldOn();
  const files = openStoreSnapshot(store.folder, open);
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(store.folder, 'logs', `2026-01-09.db${suffix}`), { force: true });
  await copyAll(files, join(store.folder, 'copy'));
  expect(contentOf(join(store.folder, 'copy'), '2026-01-09')).toEqual([1]);
  store.journal.close();
});

test('a state names a file until it changes', () => {
  const store = new TestStore();
  store.commit();
  for (let n = 0; n < 3; n++) store.foldOn();
  const file = join(store.folder, 'logs/2026-01-09.db');
  const stateAt = (nowMs: number): string | undefined => {
    const snapshot = new FileSnapshot(file, nowMs);
    snapshot.close();
    return snapshot.state;
  };
  // Just changed: the next change may not be seen.
  expect(stateAt(0)).toBeUndefined();
  const state = stateAt(Infinity);
  expect(state).toMatch(/^\d+ \d+ \d+$/);
  expect(stateAt(Infinity)).toBe(state);
  store.commit();
  for (let n = 0; n < 3; n++) store.foldOn();
  expect(stateAt(Infinity)).not.toBe(state);
  store.journal.close();
});

test('nothing is left beside files that nobody else has open', () => {
  const store = new TestStore();
  store.commit();
  for (let n = 0; n < 3; n++) store.foldOn();
  const names = (): string[] => readdirSync(join(store.folder, 'logs'));
  const before = names();
  const files = openStoreSnapshot(store.folder, open);
  expect(names().length).toBeGreaterThan(before.length);
  for (const snapshot of files.values()) snapshot.close();
  expect(names()).toEqual(before);
  expect(readdirSync(store.folder)).toContain('journal.db-wal');
  store.journal.close();
});

test('a copy that is given up, and files that are none', async () => {
  const store = new TestStore();
  const snapshot = open(join(store.folder, 'journal.db'));
  const target = join(store.folder, 'copy.db');
  const stopped = AbortSignal.abort();
  await expect(snapshot.copyTo(target, stopped)).rejects.toThrow('it was asked to stop');
  await expect(snapshot.copyTo(join(store.folder, 'nowhere/copy.db'), never)).rejects.toThrow(
    /journal\.db can't be copied to .*nowhere\/copy\.db: /,
  );
  snapshot.close();
  expect(() => open(join(store.folder, 'nothing.db'))).toThrow(
    /nothing\.db can't be read: unable to open database file; run this as/,
  );
  store.journal.close();
  unlinkSync(join(store.folder, 'journal.db'));
});
