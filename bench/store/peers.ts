/** Debian's Prometheus and VictoriaMetrics as they are started by default, but for folders, ports and retention. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { peer } from '../../test/tools/peers.ts';
import { folderBytes } from './folder-size.ts';
import type { SystemKind } from './system.ts';

const YEARS = '100y';
/** Debian's build tells no version. */
export const VICTORIA_METRICS = 'victoria-metrics';

/** Its settled state is a snapshot: all blocks, and one made of the head. The WAL and the head's chunks stay beside it. */
export function prometheus(folder: string, port: number): SystemKind {
  const config = join(folder, 'prometheus.yml');
  const data = join(folder, 'data');
  writeFileSync(config, 'scrape_configs: []\n');
  const inSnapshot = (path: string): boolean => path.startsWith(join(data, 'snapshots'));
  return {
    name: prometheusName(),
    url: `http://127.0.0.1:${port}`,
    command: peer('prometheus'),
    args: () => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--storage.tsdb.retention.time=${YEARS}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
    ],
    restartsToSettle: false,
    settle: async (url) => {
      const answer = await fetch(`${url}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
      if (!answer.ok)
        throw new Error(`prometheus makes no snapshot: ${answer.status} ${await answer.text()}`);
    },
    disk: () => {
      const isIndex = (path: string): boolean => !path.includes('/chunks/');
      return {
        samples: folderBytes(data, (path) => inSnapshot(path) && !isIndex(path)),
        index: folderBytes(data, (path) => inSnapshot(path) && isIndex(path)),
        log: folderBytes(data, (path) => /\/(wal|wbl|chunks_head)\//.test(path)),
      };
    },
  };
}

/** Merged into as few parts as it makes; its caches are not counted. */
export function victoriaMetrics(folder: string, port: number): SystemKind {
  const flush = async (url: string, how: string): Promise<void> => {
    const answer = await fetch(`${url}/internal/${how}`);
    if (!answer.ok) throw new Error(`victoria-metrics: ${how}: ${answer.status} ${await answer.text()}`);
  };
  return {
    name: VICTORIA_METRICS,
    url: `http://127.0.0.1:${port}`,
    command: peer('victoria-metrics'),
    args: () => [
      `-storageDataPath=${folder}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      `-retentionPeriod=${YEARS}`,
      // Else it holds back what is newest by the clock.
      '-search.latencyOffset=0s',
    ],
    restartsToSettle: false,
    settle: async (url) => {
      await flush(url, 'force_flush');
      await flush(url, 'force_merge');
    },
    disk: () => ({
      samples: folderBytes(join(folder, 'data')),
      index: folderBytes(join(folder, 'indexdb')),
      log: 0,
    }),
  };
}

/** With its version. */
export function prometheusName(): string {
  const text = execFileSync(peer('prometheus'), ['--version'], { encoding: 'utf8' });
  return `prometheus ${/version (\d+\.\d+)/.exec(text)?.[1] ?? ''}`;
}
