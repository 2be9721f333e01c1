import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';

import { StateStore } from '../alerting/state/state-store.ts';
import { Feeder } from './durability/feeder.ts';
import { ownMetric, startBinnacle } from './tools/binnacle.ts';
import { freePort } from './tools/free-port.ts';
import { runBinnacle } from './tools/run-binnacle.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';

/** A data folder with something in each kind of file, a backup of it, and the names of its files. */
let data: string;
let backup: string;
const file = { journal: 'store/journal.db', metrics: '', logs: '', state: 'alerting/state.db' };

beforeAll(async () => {
  const folder = temporaryFolder();
  data = join(folder, 'data');
  backup = join(folder, 'backup');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await startBinnacle('aggregator', port, data, { 'store.fold-after': '2s' });
  const feeder = new Feeder(url, 2000);
  const folds = (): Promise<number> => ownMetric(url, 'binnacle_store_folds_total').catch(() => 0);
  while ((await folds()) === 0) expect(await feeder.send()).toMatchObject({ status: 200 });
  for (let n = 0; n < 3; n++) expect(await feeder.send()).toMatchObject({ status: 200 });
  await program.kill('SIGKILL');
  mkdirSync(join(data, 'alerting'));
  const labels = ['alertname', 'A'];
  const state = new StateStore(join(data, file.state));
  const alert = { ruleKey: 'r', labels, annotations: {}, state: 'firing', value: 1, activeAtMs: 1 } as const;
  const times = { firedAtMs: 1, keepFiringSinceMs: undefined, resolvedAtMs: undefined };
  const change = { groupKey: 'g', atMs: 1, changed: [{ ...alert, ...times }], gone: [], transitions: [] };
  state.commit(change, [], () => []);
  state.close();
  const whole = await runBinnacle('store', 'check', data);
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  expect(whole.stdout).toMatch(/data: 4 files, \d+\.\d KiB, all right\n$/);
  expect(await runBinnacle('backup', backup, '--data-dir', data)).toMatchObject({ code: 0 });
  // What a crash left beside the files goes into them.
  for (const kind of ['journal', 'metrics', 'logs'] as const) {
    if (kind !== 'journal') file[kind] = join('store', kind, dayIn(join(data, 'store', kind)));
    const database = new Database(join(data, file[kind]));
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
  }
}, 60_000);

function dayIn(folder: string): string {
  return readdirSync(folder).find((name) => name.endsWith('.db')) as string;
}

/** Flips a bit where these bytes are in a file, somewhat behind their begin; also in what SQLite has left in free room. */
function flip(path: string, bytes: Uint8Array, behind = 20): void {
  const content = readFileSync(path);
  let at = content.indexOf(bytes);
  expect(at).toBeGreaterThanOrEqual(0);
  for (; at >= 0; at = content.indexOf(bytes, at + 1)) (content[at + behind] as number) ^= 1;
  writeFileSync(path, content);
}

/** The begin of the largest blob of a file. */
function largestBlob(path: string): Uint8Array {
  const database = new Database(path, { readonly: true });
  const sql = `SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.type = 'BLOB'`;
  const columns = database.prepare(sql).all() as { table: string; column: string }[];
  const blobs = columns.flatMap(({ table, column }) =>
    database.prepare(`SELECT ${column} FROM ${table} ORDER BY length(${column}) DESC LIMIT 1`).pluck().all(),
  ) as Buffer[];
  database.close();
  return blobs.reduce((a, b) => (a.length > b.length ? a : b)).subarray(0, 100);
}

const DAMAGES: [what: string, damage: (folder: string) => void, says: RegExp][] = [
  [
    'an entry of the journal',
    (folder) => flip(join(folder, file.journal), largestBlob(join(folder, file.journal))),
    /^store\/journal\.db: entry \d+ is damaged \(\d+ bytes, its checksum is wrong\): .* is lost$/m,
  ],
  [
    'a block of lines',
    (folder) => flip(join(folder, file.logs), largestBlob(join(folder, file.logs))),
    /^store\/logs\/[\d-]+\.db: block \d+ is damaged \(its checksum is wrong\): \d+ lines of 1 stream between 20\S+Z and 20\S+Z are lost$/m,
  ],
  [
    'samples',
    (folder) => flip(join(folder, file.metrics), largestBlob(join(folder, file.metrics))),
    /^store\/metrics\/[\d-]+\.db: .*damaged/m,
  ],
  [
    'the text of an alert',
    (folder) => flip(join(folder, file.state), Buffer.from('["alertname"'), 0),
    /^alerting\/state\.db: .*(rows of alert are damaged \(labels\)|SQLite says)/m,
  ],
  [
    'the begin of a file',
    (folder) => flip(join(folder, file.logs), Buffer.from('SQLite format 3'), 0),
    /^store\/logs\/[\d-]+\.db: it can't be read: file is not a database$/m,
  ],
  [
    'the end of a file',
    (folder) => truncateSync(join(folder, file.logs), 3 * 4096),
    /^store\/logs\/[\d-]+\.db: (SQLite says: |it can't be read: )/m,
  ],
];

describe('store check', () => {
  test.each(DAMAGES)('tells of %s', async (_what, damage, says) => {
    const folder = join(temporaryFolder(), 'data');
    cpSync(data, folder, { recursive: true });
    damage(folder);
    const told = await runBinnacle('store', 'check', '--data-dir', folder);
    expect(told.code).toBe(1);
    expect(told.stdout).toMatch(says);
    expect(told.stdout).toMatch(/data: 4 files, \d+\.\d KiB, 1 damaged\nAnswers leave out what is damaged/);
    const json = await runBinnacle('store', 'check', folder, '-o', 'json');
    expect(json.code).toBe(1);
    const { damaged } = JSON.parse(json.stdout) as { damaged: { file: string; problem: string }[] };
    expect(damaged.map((one) => `${one.file}: ${one.problem}`).join('\n')).toMatch(says);
  });

  test.each(DAMAGES)('of a backup tells of %s, and it is not restored', async (_what, damage) => {
    const folder = join(temporaryFolder(), 'backup');
    cpSync(backup, folder, { recursive: true });
    damage(folder);
    const told = await runBinnacle('store', 'check', folder);
    expect(told.code).toBe(1);
    expect(told.stdout).toMatch(
      /: (its content is not what was backed up \(SHA-256\)|it has \d+ bytes, the manifest says \d+)$/m,
    );
    const target = join(folder, '../restored');
    const restored = await runBinnacle('restore', folder, '--data-dir', target);
    expect(restored).toMatchObject({ code: 1, stdout: '' });
    expect(restored.stderr).toMatch(/^binnacle: .* is damaged: .*; nothing was restored\n$/);
    expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
  });
});

const NAME = /"files"/;

test.each<[string, string[], number, RegExp]>([
  ['backup without a folder', ['backup'], 2, /a folder is missing: binnacle backup DIR/],
  ['two folders', ['backup', 'a', 'b'], 2, /"b" is too much/],
  ['an option that is none', ['backup', 'a', '--bse', 'b'], 2, /'--bse'/],
  ['a setting of another part', ['restore', 'a', '--listen', ':1'], 2, /'--listen'/],
  ['store without check', ['store'], 2, /store is followed by check: binnacle store check \[DIR\]/],
  ['store with another word', ['store', 'chek'], 2, /followed by check, not "chek"/],
  ['an output that is none', ['store', 'check', '-o', 'yaml'], 2, /-o is json or text, not "yaml"/],
  ['a backup of nothing', ['backup', 'a', '--data-dir', '/nowhere'], 1, /nothing to back up in \/nowhere/],
  [
    'a check of nothing',
    ['store', 'check', '/nowhere'],
    1,
    /\/nowhere is neither a data folder .* nor a backup/,
  ],
  [
    'a restore of nothing',
    ['restore', '/nowhere'],
    1,
    /\/nowhere is not a backup: there is no manifest\.json/,
  ],
])('%s', async (_what, args, code, says) => {
  const told = await runBinnacle(...args);
  expect(told).toMatchObject({ code, stdout: '' });
  expect(told.stderr).toMatch(says);
});

describe('a folder for a backup', () => {
  test('has to be empty, and elsewhere than the data', async () => {
    const again = await runBinnacle('backup', backup, '--data-dir', data);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/backup has a backup already; each backup takes a new folder\n$/);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine'), '');
    const taken = await runBinnacle('backup', folder, '--data-dir', data);
    expect(taken.stderr).toMatch(/ is not empty; each backup takes a new folder\n$/);
    expect(readdirSync(folder)).toEqual(['mine']);
    const inside = await runBinnacle('backup', join(data, 'store/b'), '--data-dir', data);
    expect(inside.stderr).toMatch(/lies in .*store, which is backed up: choose a folder elsewhere\n$/);
  });

  test.each<[string, (manifest: string) => string, RegExp]>([
    [
      'of a later format',
      (text) => text.replace('"format": 1', '"format": 2'),
      /has format 2, this program reads 1/,
    ],
    ['cut off', (text) => text.slice(0, -20), /manifest\.json can't be read: /],
    [
      'that leads elsewhere',
      (text) => text.replace('store/journal', 'store/../../journal'),
      /is not as it was written/,
    ],
    ['without files', (text) => text.replace(NAME, '"x"'), /is not as it was written/],
  ])('with a manifest %s is not restored', async (_what, change, says) => {
    const folder = join(temporaryFolder(), 'backup');
    cpSync(backup, folder, { recursive: true });
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, change(readFileSync(manifest, 'utf8')));
    const told = await runBinnacle('restore', folder, '--data-dir', join(folder, '../data'));
    expect(told).toMatchObject({ code: 1, stdout: '' });
    expect(told.stderr).toMatch(says);
  });
});
