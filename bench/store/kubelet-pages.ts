import { join } from 'node:path';

import { labelsKey } from '../../wire/labels.ts';
import { type Dataset, START_MS, type Target, targetOf, type TargetRow, type Tick } from './dataset.ts';
import { Pages } from './pages.ts';
import { textsOf } from './tar.ts';

const RECORDING = join(import.meta.dirname, '../fixtures/kubelet.tar.zst');
/** When the first pages were asked for; cAdvisor's samples have times of their own, some of them older. */
const RECORDED_MS = Date.UTC(2026, 10, 20, 7, 10, 52);
/** Of the first page; later than midnight by more than the age of any sample. */
const FIRST_MS = START_MS + 60_000;
const APART_MS = 16_000;
/** Each with the pages of both scrapes; what was asked for once only is in the second. */
const PATHS: Readonly<Record<string, readonly [string | undefined, string]>> = {
  '/metrics/cadvisor': ['metrics-cadvisor-1.txt', 'metrics-cadvisor-2.txt'],
  '/metrics/resource': ['metrics-resource-1.txt', 'metrics-resource-2.txt'],
  '/metrics/probes': ['metrics-probes-1.txt', 'metrics-probes-2.txt'],
  '/metrics': [undefined, 'metrics-kubelet.txt'],
};

/**
 * The two scrapes of a kubelet as they were recorded, and nothing made up between them: what real, long label sets
 * take that have hardly any samples. What the second page repeats, time and value, is left out.
 */
export function kubeletPages(): Dataset {
  const texts = new Map(textsOf(RECORDING).map(({ name, text }) => [name, text]));
  const ticks = (): Tick[] => {
    const fed = new Set<string>();
    const scrapers = Object.entries(PATHS).map(([path, pages]) => ({
      pages,
      reader: new Pages({ instance: '10.0.0.1:10250', job: 'kubelet', metrics_path: path, node: 'node-1' }),
    }));
    return [0, 1].map((scrape) => {
      const atMs = FIRST_MS + scrape * APART_MS;
      const rows = scrapers.flatMap(({ pages, reader }) => {
        const page = pages[scrape];
        return page === undefined ? [] : reader.rows(textOf(texts, page));
      });
      return { atMs, rows: rows.map(shifted).flatMap((row) => unfed(row, fed)) };
    });
  };
  return {
    key: 'kubelet',
    title: "two recorded scrapes of a kubelet's four pages",
    tickCount: 2,
    probe: 'container_cpu_usage_seconds_total',
    ticks,
  };
}

function textOf(texts: ReadonlyMap<string, string>, page: string): string {
  const text = texts.get(page);
  if (text === undefined) throw new Error(`${RECORDING} has no ${page}`);
  return text;
}

function shifted({ atMs, ...row }: TargetRow): TargetRow {
  return atMs === undefined ? row : { ...row, atMs: atMs - RECORDED_MS + FIRST_MS };
}

/** The row without the samples that `fed` names, and adds the others to it. */
function unfed(row: TargetRow, fed: Set<string>): TargetRow[] {
  const { atMs, target, values } = row;
  if (atMs === undefined) return [row];
  const kept = target.series.flatMap((labels, i) => {
    const key = `${atMs} ${labelsKey(labels)}`;
    if (fed.has(key)) return [];
    fed.add(key);
    return [i];
  });
  if (kept.length === values.length) return [row];
  if (kept.length === 0) return [];
  const some: Target = targetOf(kept.map((i) => target.series[i] as Target['series'][number]));
  return [{ atMs, target: some, values: Float64Array.from(kept, (i) => values[i] as number) }];
}
