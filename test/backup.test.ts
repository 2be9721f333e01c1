import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { Feeder } from './durability/feeder.ts';
import { ownMetric, startBinnacle } from './tools/binnacle.ts';
import { freePort } from './tools/free-port.ts';
import { runBinnacle as run } from './tools/run-binnacle.ts';
import { smallDisk } from './tools/small-disk.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';

const MINUTE_MS = 60_000;

/** Sends as fast as it is taken, until told to stop. */
function feed(feeder: Feeder): () => Promise<void> {
  const over = new AbortController();
  const sending = (async () => {
    while (!over.signal.aborted) expect(await feeder.send()).toMatchObject({ status: 200 });
  })();
  return () => {
    over.abort();
    return sending;
  };
}

async function startCopy(folder: string): Promise<string> {
  const port = await freePort();
  await startBinnacle('aggregator', port, folder);
  return `http://127.0.0.1:${port}`;
}

test(
  'backups under load have all that was acknowledged before, nothing twice, and of later a beginning',
  async () => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    // Folds run all the time.
    const settings = { 'store.fold-after': '1s', 'store.open-data-size': '1MiB' };
    await startBinnacle('aggregator', port, data, settings);
    const feeders = ['a', 'b', 'c'].map((name) => new Feeder(url, 5000, name));
    const stops = feeders.map(feed);
    const backups: { place: string; least: number[]; folds: number }[] = [];
    const folds = (): Promise<number> => ownMetric(url, 'binnacle_store_folds_total');
    await expect.poll(folds, { timeout: 20_000 }).toBeGreaterThan(0);
    for (let n = 0; n < 6; n++) {
      const place = join(folder, `backup-${n}`);
      const least = feeders.map(({ acknowledged }) => acknowledged.length);
      const before = await folds();
      const earlier = n === 0 ? [] : ['--base', join(folder, `backup-${n - 1}`)];
      expect(await run('backup', place, '--data-dir', data, ...earlier)).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(await run('store', 'check', data)).toMatchObject({ code: 0, stderr: '' });
      backups.push({ place, least, folds: (await folds()) - before });
    }
    await Promise.all(stops.map((stop) => stop()));
    // Else they were too short to show anything.
    expect(backups.reduce((sum, backup) => sum + backup.folds, 0)).toBeGreaterThan(1);
    for (const [n, { place, least }] of backups.entries()) {
      expect(await run('store', 'check', place)).toMatchObject({ code: 0 });
      const restored = join(folder, `restored-${n}`);
      expect(await run('restore', place, '--data-dir', restored)).toMatchObject({ code: 0, stderr: '' });
      const copy = await startCopy(restored);
      for (const [i, feeder] of feeders.entries())
        expect(await feeder.faultsOfCopy(copy, least[i] as number)).toEqual([]);
    }
    for (const feeder of feeders) expect(await feeder.faults()).toEqual([]);
  },
  3 * MINUTE_MS,
);

test(
  'a backup of the whole program answers as the program did, and a killed one can be backed up too',
  async () => {
    const folder = temporaryFolder();
    const [data, restored] = [join(folder, 'data'), join(folder, 'restored')];
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const program = await startBinnacle('standalone', port, data, { 'store.fold-after': '2s' });
    await expect
      .poll(() => ownMetric(url, 'binnacle_store_folds_total'), { timeout: 20_000 })
      .toBeGreaterThan(1);
    expect(await run('backup', join(folder, 'running'), '--data-dir', data)).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, 'running'))).toEqual(['alerting', 'manifest.json', 'store']);
    await program.kill('SIGKILL');
    expect(await run('backup', join(folder, 'killed'), '--data-dir', data)).toMatchObject({ code: 0 });
    expect(await run('store', 'check', '-o', 'json', join(folder, 'killed'))).toMatchObject({ code: 0 });
    expect(await run('restore', join(folder, 'killed'), '--data-dir', restored)).toMatchObject({ code: 0 });
    const nowSeconds = Math.floor(performance.timeOrigin / 1000) + 3600;
    const [original, copy] = [await startCopy(data), await startCopy(restored)];
    for (const path of [
      `query?query=${encodeURIComponent('{__name__=~".+"}[2h]')}&time=${nowSeconds}`,
      `query?query=${encodeURIComponent('count({__name__=~".+"} offset 0s)')}&time=${nowSeconds}`,
      `series?match[]=${encodeURIComponent('{__name__=~"node_.+"}')}&start=0&end=${nowSeconds}`,
    ]) {
      const [theirs, ours] = [
        await fetch(`${original}/api/v1/${path}`),
        await fetch(`${copy}/api/v1/${path}`),
      ];
      expect(theirs.status).toBe(200);
      const text = await theirs.text();
      expect(await ours.text()).toBe(text);
      expect(text.length).toBeGreaterThan(50);
    }
  },
  2 * MINUTE_MS,
);

test(
  'what is wrong is said, and nothing half made is left',
  async () => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const program = await startBinnacle('aggregator', port, data);
    const feeder = new Feeder(url, 20_000);
    for (let n = 0; n < 100; n++) expect(await feeder.send()).toMatchObject({ status: 200 });

    const disk = smallDisk(1);
    const full = await run('backup', join(disk, 'b'), '--data-dir', data);
    expect(full).toMatchObject({ code: 1, stdout: '' });
    expect(full.stderr).toMatch(/\/b has too little room: \d\.\d MiB are needed, .* are free\n$/);
    expect(readdirSync(disk)).toEqual([]);

    const backup = join(folder, 'backup');
    expect(await run('backup', backup, '--data-dir', data)).toMatchObject({ code: 0 });
    const inUse = await run('restore', backup, '--data-dir', data);
    expect(inUse).toMatchObject({ code: 1, stdout: '' });
    expect(inUse.stderr).toContain(
      `another Binnacle writes to ${join(data, 'store')} as process ${program.pid}`,
    );
    await program.end();
    const notEmpty = await run('restore', backup, '--data-dir', data);
    expect(notEmpty.stderr).toMatch(/\/data\/store is not empty: move it away/);
    mkdirSync(join(disk, 'data'));
    const noRoom = await run('restore', backup, '--data-dir', join(disk, 'data'));
    expect(noRoom.stderr).toMatch(/has too little room/);
    expect(readdirSync(join(disk, 'data'))).toEqual([]);
    rmSync(join(backup, 'manifest.json'));
    const cutOff = await run('restore', backup, '--data-dir', join(folder, 'other'));
    expect(cutOff.stderr).toMatch(/backup is not a backup: there is no manifest\.json; it was cut off/);
  },
  MINUTE_MS,
);
