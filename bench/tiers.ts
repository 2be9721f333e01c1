/** What tiers cost and save: `npm run bench:tiers [-- --pods 9 --days 8]`. In this process, under a clock of its own. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { queryRange } from '../aggregator/query/promql/query.ts';
import { RowBuffer } from '../aggregator/store/row-buffer.ts';
import { everything } from '../aggregator/store/scope.ts';
import { SqliteReader } from '../aggregator/store/sqlite/sqlite-reader.ts';
import { SqliteWriter } from '../aggregator/store/sqlite/sqlite-writer.ts';
import type { MetricReader } from '../aggregator/store/store.ts';
import type { TierAges, TierName } from '../aggregator/store/tier/statistic.ts';
import { FakeClock } from '../lib/clock.ts';
import { INTERVAL_MS, START_MS } from './store/dataset.ts';
import { Pod, SERIES_A_POD } from './store/pod.ts';
import { Random } from './store/random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const UNLIMITED = 2 ** 50;
/** Any; the same in every run. */
const SEED = 20_260_110;
const RUNS = 5;
/** 12 series a pod. */
const ASKED = 'http_request_duration_seconds_bucket';

function openWriter(
  folder: string,
  clock: FakeClock,
  tierAgesMs: TierAges,
  readers: SqliteReader[],
): SqliteWriter {
  const nothing = (): void => {};
  const fail = (...values: unknown[]): never => {
    throw new Error(values.join(' '));
  };
  return new SqliteWriter({
    folder,
    clock,
    readBatch: fail,
    onView: (view) => readers.forEach((reader) => reader.setView(view)),
    events: {
      replayed: nothing,
      folded: nothing,
      foldFailed: fail,
      merged: nothing,
      mergeFailed: fail,
      metricsDropped: fail,
      metricsDropFailed: fail,
      tierMade: nothing,
      tierFailed: fail,
      entryDamaged: fail,
      partitionDamaged: fail,
      partitionDropped: fail,
      retentionFailed: fail,
    },
    openDataBytes: UNLIMITED,
    foldAfterMs: UNLIMITED,
    retention: { maxBytes: UNLIMITED, maxAgeMs: undefined, rules: [], tierAgesMs },
  });
}

/** A scrape every 15 s of pods that stay, folded every hour. */
async function feed(
  writer: SqliteWriter,
  clock: FakeClock,
  pods: readonly Pod[],
  days: number,
): Promise<void> {
  const random = new Random(SEED);
  const rows = new RowBuffer();
  for (let atMs = START_MS; atMs < START_MS + days * DAY_MS; atMs += INTERVAL_MS) {
    rows.clear();
    for (const [i, pod] of pods.entries()) {
      const name = `pod ${i}`;
      pod.step(random);
      rows.addRow(writer.groupNamed(name) ?? writer.addGroup(pod.target.series, name), atMs, pod.values);
    }
    writer.write([{ rows, logs: [] }]);
    await clock.advance(INTERVAL_MS);
    if ((atMs + INTERVAL_MS) % HOUR_MS === 0) await writer.fold();
  }
}

/** Seconds of the median run, each with nothing in memory. */
function timed(
  folder: string,
  views: (reader: SqliteReader) => void,
  isTold: boolean,
  query: string,
): [number, number] {
  const seconds: number[] = [];
  let rows = 0;
  for (let run = 0; run < RUNS; run++) {
    const reader = new SqliteReader();
    views(reader);
    rows = 0;
    const asked = {
      select: (scope, matchers, range, limits, summary) => {
        const found = reader.select(scope, matchers, range, limits, isTold ? summary : undefined);
        for (const { values } of found) rows += values.length;
        return found;
      },
    } as MetricReader;
    const limits = { maxSamples: UNLIMITED, maxSeries: UNLIMITED, maxSteps: 11_000, checkDeadline() {} };
    const startMs = performance.now();
    const endMs = START_MS + 7 * DAY_MS;
    queryRange(asked, everything, {
      query,
      startMs: START_MS,
      endMs,
      stepMs: HOUR_MS,
      lookbackMs: 300_000,
      limits,
    });
    seconds.push((performance.now() - startMs) / 1000);
    reader.close();
  }
  return [seconds.sort((a, b) => a - b)[RUNS >> 1] as number, rows];
}

const { values: options } = parseArgs({
  options: { pods: { type: 'string', default: '9' }, days: { type: 'string', default: '8' } },
});
const podCount = Number(options.pods);
const days = Number(options.days);
const folder = mkdtempSync(join(tmpdir(), 'binnacle-bench-tiers-'));
try {
  const clock = new FakeClock(START_MS);
  const random = new Random(SEED);
  const pods = Array.from({ length: podCount }, (_, i) => new Pod(i, START_MS, random));
  let writer = openWriter(folder, clock, {}, []);
  await feed(writer, clock, pods, days);
  await writer.merge();
  await writer.close();
  await clock.advance(2 * HOUR_MS);
  const samples = podCount * SERIES_A_POD * days * (DAY_MS / INTERVAL_MS);
  const sizeOf = (kind: string): number => statSync(join(folder, kind, '2026-01-11.db')).size;
  const bytesASample = (kind: string): string => ((sizeOf(kind) * days) / samples).toFixed(4);
  console.log(`${podCount * SERIES_A_POD} series x ${days} days, ${samples} samples`);
  console.log(`samples  ${bytesASample('metrics')} B a sample`);
  const ages: Partial<Record<TierName, number>> = {};
  for (const name of ['5m', '1h'] as const) {
    ages[name] = 1000 * DAY_MS;
    writer = openWriter(folder, clock, ages, []);
    const startMs = performance.now();
    await writer.merge();
    const nanoseconds = ((performance.now() - startMs) * 1e6) / samples;
    await writer.close();
    const made = `${nanoseconds.toFixed(0)} ns a sample to make`;
    console.log(`tier-${name}  ${bytesASample(`tier-${name}`)} B a sample, ${made}`);
  }
  const readers: SqliteReader[] = [];
  writer = openWriter(folder, clock, ages, readers);
  for (const name of ['max', 'avg', 'count']) {
    const query = `${name}_over_time(${ASKED}[1h])`;
    const view = (reader: SqliteReader): void => reader.setView(writer.view());
    const [raw, rawRows] = timed(folder, view, false, query);
    const [tier, tierRows] = timed(folder, view, true, query);
    console.log(
      `${query} over 7 days, step 1 h: ${(raw * 1000).toFixed(0)} ms of ${rawRows} samples, ${(tier * 1000).toFixed(0)} ms of ${tierRows} rows`,
    );
  }
  await writer.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
