/** A store of many days, made through the writer's interface under a clock of our own, and kept between runs. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import { RowBuffer } from '../../aggregator/store/row-buffer.ts';
import { SqliteWriter } from '../../aggregator/store/sqlite/sqlite-writer.ts';
import type { StoreWriter } from '../../aggregator/store/store.ts';
import { FakeClock } from '../../lib/clock.ts';
import { START_MS } from './dataset.ts';
import { Pod, SERIES_A_POD } from './pod.ts';
import { Random } from './random.ts';

const DAY_MS = 86_400_000;
const SCRAPES_A_DAY = 4;
const PODS_A_WRITE = 500;
/** Any; the same in every run. */
const SEED = 20_260_110;
const UNLIMITED = 2 ** 50;

interface Age {
  readonly series: number;
  readonly days: number;
}

interface AgedStore {
  /** What `--data-dir` names. */
  readonly folder: string;
  readonly lastMs: number;
  readonly samples: number;
  /** Undefined when it was there. */
  readonly madeInSeconds: number | undefined;
}

/** Takes it from the cache, or makes it there; those of other formats go. */
export async function agedStore({ series, days }: Age, cache: string): Promise<AgedStore> {
  const pods = Math.round(series / SERIES_A_POD);
  const lastMs = START_MS + days * DAY_MS - DAY_MS / SCRAPES_A_DAY;
  const known = { lastMs, samples: pods * SERIES_A_POD * days * SCRAPES_A_DAY };
  mkdirSync(cache, { recursive: true });
  const scratch = join(cache, 'making');
  rmSync(scratch, { recursive: true, force: true });
  await makeStore(scratch, 1, 1);
  const size = `aged-${pods * SERIES_A_POD}x${days}-`;
  const name = size + formatOf(scratch);
  rmSync(scratch, { recursive: true });
  const folder = join(cache, name);
  if (existsSync(folder)) return { folder, ...known, madeInSeconds: undefined };
  for (const other of readdirSync(cache).filter((each) => each.startsWith(size))) {
    rmSync(join(cache, other), { recursive: true });
  }
  const startMs = performance.now();
  await makeStore(scratch, pods, days);
  renameSync(scratch, folder);
  return { folder, ...known, madeInSeconds: (performance.now() - startMs) / 1000 };
}

/** The format's versions as the files themselves tell them. */
function formatOf(dataFolder: string): string {
  const files = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' }).filter((each) =>
    each.endsWith('.db'),
  );
  return files
    .sort()
    .map((file) => {
      const database = new Database(join(dataFolder, file), { readonly: true });
      const version = database.pragma('user_version', { simple: true });
      database.close();
      return `${file.replace(/\W.*/, '')}${String(version)}`;
    })
    .join('-');
}

/** All pods are there on all days, each day is folded at its end. */
async function makeStore(dataFolder: string, pods: number, days: number): Promise<void> {
  const random = new Random(SEED);
  const clock = new FakeClock(START_MS);
  const writer = openWriter(join(dataFolder, 'store'), clock);
  const alive = Array.from({ length: pods }, (_, i) => new Pod(i, START_MS, random));
  for (let day = 0; day < days; day++) {
    for (let scrape = 0; scrape < SCRAPES_A_DAY; scrape++) {
      writeScrape(writer, alive, random, clock.nowMs());
      await clock.advance(DAY_MS / SCRAPES_A_DAY);
    }
    await writer.fold();
  }
  await writer.close();
}

function writeScrape(writer: StoreWriter, pods: readonly Pod[], random: Random, atMs: number): void {
  const rows = new RowBuffer();
  for (let from = 0; from < pods.length; from += PODS_A_WRITE) {
    rows.clear();
    for (const [i, pod] of pods.slice(from, from + PODS_A_WRITE).entries()) {
      const name = `pod ${from + i}`;
      pod.step(random);
      rows.addRow(writer.groupNamed(name) ?? writer.addGroup(pod.target.series, name), atMs, pod.values);
    }
    writer.write([{ rows, logs: [] }]);
  }
}

function openWriter(folder: string, clock: FakeClock): SqliteWriter {
  const fail =
    (what: string) =>
    (...values: unknown[]): never => {
      throw new Error(`while the store is made: ${what} ${values.join(' ')}`);
    };
  return new SqliteWriter({
    folder,
    clock,
    readBatch: fail('a batch is read again'),
    onView: () => {},
    events: {
      replayed: () => {},
      folded: () => {},
      foldFailed: fail('fold failed'),
      entryDamaged: fail('entry damaged'),
      partitionDamaged: fail('partition damaged'),
      partitionDropped: fail('partition dropped'),
      merged: () => {},
      mergeFailed: fail('merge failed'),
      tierMade: () => {},
      tierFailed: fail('tier failed'),
      metricsDropped: fail('metrics dropped'),
      metricsDropFailed: fail('metrics drop failed'),
      retentionFailed: fail('retention failed'),
    },
    openDataBytes: UNLIMITED,
    foldAfterMs: UNLIMITED,
    retention: { maxBytes: UNLIMITED, maxAgeMs: undefined, rules: [] },
  });
}
