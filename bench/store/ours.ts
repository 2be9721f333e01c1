/** Our aggregator as it ships: the bundle in `dist/`, with the environment that `bin/binnacle.js` gives it. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import Database from 'better-sqlite3';

import { BLOCK_KINDS } from '../../aggregator/store/part/blocks.ts';
import { cacheFolder } from '../../scripts/peers/table.ts';
import { waitUntil } from '../../test/tools/wait-until.ts';
import { scrape, sumOf } from '../exposition.ts';
import { folderBytes } from './folder-size.ts';
import type { SystemKind } from './system.ts';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
const SETTLE_MS = 600_000;

/** Settled once all open data are folded; it is started again for that, with a short `store.fold-after`. */
export function ours(folder: string, port: number, nodeFlags: readonly string[] = []): SystemKind {
  return {
    name: 'binnacle',
    url: `http://127.0.0.1:${port}`,
    command: process.execPath,
    env: { NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled'), UV_THREADPOOL_SIZE: '16' },
    args: (settling) => [
      ...nodeFlags,
      MAIN,
      'aggregator',
      '--listen',
      `127.0.0.1:${port}`,
      '--data-dir',
      folder,
      ...(settling ? ['--store.fold-after', '1s'] : []),
    ],
    restartsToSettle: true,
    settle: async (url) => {
      const isFolded = async (): Promise<boolean> => {
        const { text } = await scrape(`${url}/metrics`);
        return sumOf(text, 'binnacle_store_open_samples') === 0;
      };
      await waitUntil(isFolded, { what: 'all open data to be folded', timeoutMs: SETTLE_MS });
    },
    disk: () => {
      const isJournal = (path: string): boolean => /journal\.db/.test(path);
      const days = join(folder, 'store/metrics');
      const all = folderBytes(join(folder, 'store'), (path) => !isJournal(path));
      const samples = readdirSync(days)
        .filter((name) => name.endsWith('.db'))
        .reduce((sum, name) => sum + columnBytes(join(days, name)), 0);
      return { samples, index: all - samples, log: folderBytes(folder, isJournal) };
    },
  };
}

/** Bytes of all packed columns of values of a day. */
function columnBytes(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    const ofKind = database.prepare('SELECT sum(length(body)) FROM block WHERE kind = ?').pluck();
    return (ofKind.get(BLOCK_KINDS.indexOf('values')) as number | null) ?? 0;
  } finally {
    database.close();
  }
}
