import { join } from 'node:path';

import { labelValue, METRIC_NAME } from '../../wire/labels.ts';
import { type Dataset, INTERVAL_MS, START_MS, type TargetRow } from './dataset.ts';
import { Pages } from './pages.ts';
import { textsOf } from './tar.ts';

export const NODE_EXPORTER = join(import.meta.dirname, '../fixtures/node-exporter-480.tar.zst');

interface Recording {
  /** A tar in zstd, a page of the text format a file, in their order. */
  readonly file: string;
  /** So many hosts show these pages, each from another one on, so that no two show the same at a time. */
  readonly hosts?: number;
  readonly key: string;
}

/** Real scrapes, taken as 15 s apart; series come and go as they did. */
export function recordedScrapes({ file, hosts = 1, key }: Recording): Dataset {
  const pages = textsOf(file).map(({ text }) => text);
  const [first = ''] = pages;
  const scrapers = Array.from(
    { length: hosts },
    (_, i) => new Pages({ instance: `10.0.0.${i + 1}:9100`, job: 'node-exporter' }),
  );
  return {
    key,
    title: `${pages.length} recorded scrapes${hosts > 1 ? `, of ${hosts} hosts that begin at different ones` : ''}`,
    tickCount: pages.length,
    probe: mostFrequent((scrapers[0] as Pages).rows(first)),
    *ticks() {
      let atMs = START_MS;
      for (let tick = 0; tick < pages.length; tick++) {
        const pageOf = (host: number): string => {
          return pages[(tick + Math.floor((host * pages.length) / hosts)) % pages.length] as string;
        };
        yield { atMs, rows: scrapers.flatMap((scraper, host) => scraper.rows(pageOf(host))) };
        atMs += INTERVAL_MS;
      }
    },
  };
}

/** The metric with the most series of a scrape. */
function mostFrequent(rows: readonly TargetRow[]): string {
  const counts = new Map<string, number>();
  for (const { target } of rows) {
    for (const labels of target.series) {
      const name = labelValue(labels, METRIC_NAME);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (most === undefined) throw new Error('the first page of the recording has no samples');
  return most[0];
}
