import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { Fault } from '../../../lib/fault.ts';
import { freePort } from '../../../test/tools/free-port.ts';
import { peer } from '../../../test/tools/peers.ts';
import { startProgram } from '../../../test/tools/start-program.ts';
import { temporaryFolder } from '../../../test/tools/temporary-folder.ts';
import { labelsFrom, labelsToRecord } from '../../../wire/labels.ts';
import { everything } from '../../store/scope.ts';
import { MemoryReader } from './fakes/memory-reader.ts';
import { seriesFor } from './fakes/metrics.ts';
import type { MemorySeries } from './fakes/memory-reader.ts';
import { toPrometheusJson } from './json.ts';
import { queryInstant, queryRange } from './query.ts';

/**
 * The same queries on the same data, here and in a real Prometheus 2.42. Its ranges include their left end,
 * ours (as of 3.0) do not: no sample and no step of a subquery lies on one here, for all queries are at
 * 7.5 s past multiples of 15 s and samples at whole milliseconds of their own.
 */
const START_MS = 1_700_000_000_000;
const DATA = { startMs: START_MS + 1, stepMs: 15_000, count: 240 };
const FROM_MS = START_MS + 1_207_500;
const TO_MS = START_MS + 3_307_500;

const dashboards = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/dashboards/queries.json'), 'utf8'),
) as { source: string; expr: string }[];

/** What dashboards do not ask, over metrics of their own. */
const OWN: readonly string[] = [
  'one_total',
  '-one_total',
  'one_total{x="a"} offset 5m',
  'one_total offset -5m',
  'one_total @ 1700001234.5',
  'one_total @ start() + one_total @ end()',
  'rate(one_total[5m] @ end() offset 1m)',
  ...'rate increase delta irate idelta deriv changes resets avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time present_over_time stddev_over_time stdvar_over_time absent_over_time'
    .split(' ')
    .flatMap((f) => [`${f}(one_total[4m])`, `${f}(gauge{x=~"a|b"}[10m] offset 1m)`]),
  'quantile_over_time(0.3, gauge[10m])',
  'quantile_over_time(scalar(gauge{x="a"}) / 1e7, gauge[10m])',
  'predict_linear(gauge[10m], 3600)',
  'last_over_time(gauge[40s])',
  'deriv(gauge[40s])',
  'max_over_time(rate(one_total[2m])[10m:1m])',
  'avg_over_time((gauge > 0)[10m:])',
  'sum_over_time(sum(gauge)[5m:20s] offset 2m)',
  'rate(one_total[5m:45s])',
  ...'sum avg min max count group stddev stdvar'
    .split(' ')
    .flatMap((op) => [
      `${op}(gauge)`,
      `${op} by (x) (gauge or two)`,
      `${op} without (x, y) (gauge * 1e-3)`,
      `${op}(one_total > 3e5)`,
    ]),
  'quantile(0.9, gauge)',
  'quantile by (y) (scalar(count(gauge > 1e5)) / 10, gauge)',
  'topk(2, gauge)',
  'bottomk by (y) (1, gauge)',
  'topk(scalar(count(gauge > 1e5)), gauge)',
  'count_values("value", round(gauge, 1e5))',
  ...'+ - * / % ^'
    .split(' ')
    .flatMap((op) => [
      `gauge ${op} 3`,
      `3.5 ${op} gauge`,
      `(gauge / 1e5) ${op} ignoring (z) (two / 2e5)`,
      `time() ${op} 7`,
    ]),
  ...'== != < <= > >='
    .split(' ')
    .flatMap((op) => [
      `gauge ${op} 5e5`,
      `5e5 ${op} gauge`,
      `gauge ${op} bool 5e5`,
      `gauge ${op} on (x, y) two`,
      `gauge ${op} bool on (x, y) group_left () two`,
      `time() ${op} bool 1700002345`,
    ]),
  'gauge and on (x) two',
  'gauge{x!="b"} or two > 4e5',
  'gauge unless (two > 4e5)',
  'gauge > 4e5 or on (x) two',
  'gauge + on (x) group_right (y) two',
  'gauge + on () two',
  'one_total + on (x) group_left (name) (info_metric * 0)',
  ...'abs ceil floor exp sqrt ln log2 log10 sgn sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad'
    .split(' ')
    .map((f) => `${f}(gauge / 1e6)`),
  ...'minute hour day_of_week day_of_month day_of_year days_in_month month year'
    .split(' ')
    .flatMap((f) => [`${f}()`, `${f}(gauge * 1e3)`]),
  'clamp(gauge, 1e5, 6e5)',
  'clamp(gauge, 5, 1)',
  'clamp_min(gauge, 4e5)',
  'clamp_max(gauge, scalar(two{x="a"}))',
  'round(gauge / 1e4)',
  'round(-gauge / 1e6, 0.1)',
  'sort(gauge)',
  'sort_desc(gauge)',
  'scalar(gauge)',
  'scalar(gauge{x="a"})',
  'vector(scalar(gauge{x="b"}) * 2)',
  'pi() * 2',
  'timestamp(gauge)',
  'timestamp(gauge * 1)',
  'timestamp(gauge @ 1700001234.5)',
  'absent(gauge{x="a"})',
  'absent(nothing{x="a", y=~"b", z="c"})',
  'absent_over_time(nothing{x="a"}[5m])',
  'absent(gauge > 6e5)',
  'label_replace(gauge, "new", "$1-${2}x$$", "x", "(.)(.*)")',
  'label_replace(gauge, "x", "", "y", ".*")',
  'label_replace(gauge, "new", "${name}", "x", "(?P<name>a|b)")',
  'label_join(gauge, "new", "-", "x", "nothing", "y")',
  ...[-1, 0, 0.5, 0.99, 1, 2].map((q) => `histogram_quantile(${q}, rate(latency_bucket[5m]))`),
  'histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))',
  'histogram_quantile(0.9, gauge)',
  '{__name__=~"gauge|two"} * 1',
  '{__name__=~"gauge|two", x="a"}',
  'sum by (__name__) ({__name__=~"gauge|two"})',
  'gauge{y!~"a|b"}',
  'gauge{nothing=""}',
  '1 + 2 ^ 3 ^ 2 / -4 % 5',
  '-2 ^ 2',
  '1 > bool 2 == bool 0',
  'two{x="a", y="b"}',
  'topk(NaN, gauge) * 0',
];

/** Where 3.x answers differently; that 2.42 still does is looked at, too. */
const CHANGED: readonly { query: string; since: string }[] = [
  { query: 'gauge atan2 3', since: '3.0: atan2 drops the metric name' },
  { query: 'gauge atan2 ignoring (z) group_left () two', since: '3.0: atan2 drops the metric name' },
  { query: 'predict_linear(gauge[10m] @ end(), 60)', since: '3.0: @ pins the range at every step' },
  {
    query: 'increase(gauge[40s])',
    since: '2.51: half a spacing at most beyond the border, then not below zero',
  },
];

/** What is no PromQL. */
const REFUSED = [
  'rate(one_total)',
  'sum(gauge) by',
  'gauge + + ',
  'gauge[5m] + 1',
  'unknown_function(gauge)',
  '"text" + 1',
];

const LIMITS = { maxSamples: 50_000_000, maxSeries: 100_000, maxSteps: 11_000, checkDeadline() {} };
const common = { lookbackMs: 300_000, limits: LIMITS };

const queries = [...new Set([...dashboards.map(({ expr }) => expr), ...OWN])];
const series = seriesFor([...queries, ...CHANGED.map(({ query }) => query)], DATA);
const reader = new MemoryReader(series);
let ask: (path: string, params: Record<string, string>) => Promise<PrometheusAnswer>;

beforeAll(async () => {
  ask = await startPrometheus(series);
}, 120_000);

/** Their data are told apart from no data by most queries. */
let withData = 0;

describe('answers as Prometheus does', () => {
  test.each(queries)('%s', async (query) => {
    for (const stepMs of [60_000, 210_000]) await compareRange(query, stepMs);
    const timeMs = FROM_MS + 615_000;
    const theirs = await ask('/api/v1/query', { query, time: String(timeMs / 1000) });
    const ours = answer(() => queryInstant(reader, everything, { query, timeMs, ...common }));
    compare(ours, theirs);
    if (/^(sort|topk|bottomk)/.test(query)) expect(metricsOf(ours)).toEqual(metricsOf(theirs));
    if (Array.isArray(theirs.data?.result) && theirs.data.result.length > 0) withData++;
  });

  test.each(CHANGED)('$query not: $since', async ({ query }) => {
    await expect(compareRange(query, 60_000)).rejects.toThrow();
  });

  test.each(REFUSED)('refuses %s', async (query) => {
    const theirs = await ask('/api/v1/query', { query, time: String(FROM_MS / 1000) });
    expect(theirs.errorType).toBe('bad_data');
    compare(
      answer(() => queryInstant(reader, everything, { query, timeMs: FROM_MS, ...common })),
      theirs,
    );
  });

  test('most queries find data', () => {
    expect(withData).toBeGreaterThan(queries.length * 0.7);
  });
});

async function compareRange(query: string, stepMs: number): Promise<void> {
  const params = { start: String(FROM_MS / 1000), end: String(TO_MS / 1000), step: String(stepMs / 1000) };
  const theirs = await ask('/api/v1/query_range', { query, ...params });
  compare(
    answer(() =>
      queryRange(reader, everything, { query, startMs: FROM_MS, endMs: TO_MS, stepMs, ...common }),
    ),
    theirs,
  );
}

function answer(run: () => Parameters<typeof toPrometheusJson>[0]): PrometheusAnswer {
  try {
    return JSON.parse(Buffer.from(toPrometheusJson(run())).toString()) as PrometheusAnswer;
  } catch (thrown) {
    if (thrown instanceof Fault) return { status: 'error', errorType: thrown.code, error: thrown.message };
    throw thrown;
  }
}

function compare(ours: PrometheusAnswer, theirs: PrometheusAnswer): void {
  expect(ours.status, `${ours.error} / ${theirs.error}`).toBe(theirs.status);
  expect(ours.errorType).toBe(theirs.errorType);
  expect(ours.data?.resultType).toBe(theirs.data?.resultType);
  expectNear(normal(ours.data?.result), normal(theirs.data?.result), '');
}

function metricsOf({ data }: PrometheusAnswer): unknown[] {
  const result = (data?.result ?? []) as { metric: unknown }[];
  return result.map(({ metric }) => metric);
}

/** The order of a vector is not told by Prometheus, but for sorted ones; values are compared as numbers. */
function normal(result: unknown): unknown {
  if (!Array.isArray(result) || typeof result[0] !== 'object') return result;
  const entries = result.map((one: { metric: Record<string, string> }) => {
    const { metric, ...values } = one;
    return [JSON.stringify(labelsFrom(metric)), values] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function expectNear(ours: unknown, theirs: unknown, where: string): void {
  if (typeof theirs === 'object' && theirs !== null && typeof ours === 'object' && ours !== null) {
    expect(Object.keys(ours), where).toEqual(Object.keys(theirs));
    for (const [key, value] of Object.entries(theirs)) {
      expectNear((ours as Record<string, unknown>)[key], value, `${where}.${key}`);
    }
    return;
  }
  if (ours === theirs) return;
  const [a, b] = [Number(ours), Number(theirs)];
  const near = Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  expect(near, `${where}: ${String(ours)} here, ${String(theirs)} there`).toBe(true);
}

/** The answer of Prometheus's HTTP API. */
interface PrometheusAnswer {
  readonly status: 'success' | 'error';
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
}

/**
 * Starts Debian's Prometheus on series that are in memory, handed over as blocks made from OpenMetrics. Ends
 * with the test or hook that it was called in. Throws when it is not there.
 */
async function startPrometheus(
  series: readonly MemorySeries[],
): Promise<(path: string, params: Record<string, string>) => Promise<PrometheusAnswer>> {
  const folder = temporaryFolder();
  const file = join(folder, 'samples.txt');
  writeFileSync(file, openMetrics(series));
  const data = join(folder, 'data');
  execFileSync(peer('promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', '-q', file, data], {
    stdio: 'pipe',
  });
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, 'global: {}\n');
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=${new URL(url).host}`,
    '--enable-feature=promql-negative-offset,promql-at-modifier',
  ];
  await startProgram({ command: peer('prometheus'), args, readyUrl: `${url}/-/ready` });
  return async (path, params) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(params) });
    return (await response.json()) as PrometheusAnswer;
  };
}

function openMetrics(series: readonly MemorySeries[]): string {
  const lines: string[] = [];
  for (const { labels, timestampsMs, values } of series) {
    const { __name__: name, ...rest } = labelsToRecord(labels);
    const pairs = Object.entries(rest).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    const metric = `${name}{${pairs.join(',')}}`;
    timestampsMs.forEach((ms, i) =>
      lines.push(`${metric} ${openMetricsNumber(values[i] as number)} ${ms / 1000}`),
    );
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

function openMetricsNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
