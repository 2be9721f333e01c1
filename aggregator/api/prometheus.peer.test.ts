import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { freePort } from '../../test/tools/free-port.ts';
import { peer } from '../../test/tools/peers.ts';
import { startProgram } from '../../test/tools/start-program.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { waitUntil } from '../../test/tools/wait-until.ts';
import { remoteWriteBody, type FakeSeries } from '../ingest/remote-write.fake.ts';
import { FakeAggregator, type JsonAnswer } from './asking.fake.ts';

/**
 * The same requests, here and to a real Prometheus 2.42 that was sent the same samples; and a Prometheus that reads
 * from here by remote read and by federation.
 */
const STEP_MS = 15_000;
const ours = new FakeAggregator();
let theirs: string;
let atMs: number;

beforeAll(async () => {
  // On a whole step, a little ago, so that nothing lies in the future.
  atMs = Math.floor(systemClock.nowMs() / STEP_MS) * STEP_MS - STEP_MS;
  await ours.start();
  theirs = await startPrometheus('global: {}\n');
  const body = Buffer.from(remoteWriteBody(samples()));
  for (const url of [ours.url, theirs]) {
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    };
    const response = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body });
    expect(response.status, await response.text()).toBe(204);
  }
}, 60_000);
afterAll(() => ours.stop());

function samples(): FakeSeries[] {
  const seriesOf = (labels: Record<string, string>, valueAt: (i: number) => number): FakeSeries => ({
    labels: Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
    samples: Array.from({ length: 60 }, (_, i) => [atMs - (59 - i) * STEP_MS, valueAt(i)] as const),
  });
  const places = Array.from({ length: 12 }, (_, n) =>
    seriesOf({ __name__: 'load', place: `p${n}`, job: 'node', instance: `h${n % 3}:1` }, (i) => n + i / 8),
  );
  return [
    ...places,
    seriesOf({ __name__: 'requests_total', code: '200', job: 'web' }, (i) => i * 40),
    seriesOf({ __name__: 'requests_total', code: '500', job: 'web' }, (i) => (i % 20) * 3),
    seriesOf({ __name__: 'odd', text: 'a "quoted"\n\\ Zürich 😀' }, (i) => (i === 59 ? NaN : 1e-7 * i)),
    seriesOf({ __name__: 'up', job: 'node', instance: 'h1:1' }, () => 1),
  ];
}

type Request = readonly [path: string, parameters: Record<string, string> | [string, string][]];

/** Seconds from the newest sample on. */
const at = (seconds: number): string => String(atMs / 1000 + seconds);

/** Made late, since times are known then. */
const REQUESTS: readonly (() => Request)[] = [
  () => ['/api/v1/query', { query: '1+1', time: '4' }],
  () => ['/api/v1/query', { query: 'load', time: at(0) }],
  () => ['/api/v1/query', { query: 'sum by (instance) (load)', time: at(-7.5) }],
  () => ['/api/v1/query', { query: 'sort_desc(load)', time: new Date(atMs).toISOString() }],
  () => ['/api/v1/query', { query: 'odd', time: at(0) }],
  () => ['/api/v1/query', { query: '"a text"', time: at(0) }],
  () => ['/api/v1/query', { query: 'requests_total[50s]', time: at(-7.5) }],
  () => ['/api/v1/query', { query: 'load', time: at(0), timeout: '5s' }],
  () => [
    '/api/v1/query_range',
    { query: 'rate(requests_total[1m])', start: at(-607.5), end: at(0), step: '60' },
  ],
  () => ['/api/v1/query_range', { query: 'load > 5', start: at(-607.5), end: at(0), step: '1m' }],
  () => ['/api/v1/query_range', { query: '1', start: at(-30), end: at(0), step: '15.5' }],
  () => ['/api/v1/series', { 'match[]': 'load{place=~"p1.*"}' }],
  () => [
    '/api/v1/series',
    [
      ['match[]', 'load{instance="h1:1"}'],
      ['match[]', '{job="node"}'],
      ['start', at(-300)],
      ['end', at(0)],
    ],
  ],
  () => ['/api/v1/series', { 'match[]': 'nothing' }],
  () => ['/api/v1/series', { 'match[]': '{__name__!=""}' }],
  () => ['/api/v1/labels', {}],
  () => ['/api/v1/labels', { 'match[]': 'requests_total' }],
  () => ['/api/v1/labels', { 'match[]': 'nothing' }],
  () => ['/api/v1/label/__name__/values', {}],
  () => ['/api/v1/label/place/values', { 'match[]': 'load{instance="h2:1"}' }],
  () => ['/api/v1/label/nothing/values', {}],
  () => ['/api/v1/query_exemplars', { query: 'test', start: at(-60), end: at(0) }],
  () => ['/api/v1/rules', {}],
  () => ['/api/v1/alerts', {}],
  () => ['/api/v1/format_query', { query: 'sum(rate(a{b="c"}[5m]))by(d)/3' }],
  () => [
    '/api/v1/format_query',
    {
      query:
        'topk(3,sum by (namespace)(rate(container_cpu_usage_seconds_total{container!="",image!=""}[5m] offset 1h)))/-max_over_time(clamp_max(a_metric_with_a_name_that_is_long{one="two"},12345)[1h:5m])',
    },
  ],
  // What is wrong.
  () => ['/api/v1/query', {}],
  () => ['/api/v1/query', { query: 'sum(' }],
  () => ['/api/v1/query', { query: 'load', time: 'noon' }],
  () => ['/api/v1/query', { query: 'load', timeout: 'soon' }],
  () => ['/api/v1/query', { query: 'load + on (instance) load', time: at(0) }],
  () => ['/api/v1/query_range', { query: 'load', start: at(0), end: at(-1), step: '1' }],
  () => ['/api/v1/query_range', { query: 'load', start: at(-1), end: at(0), step: '0' }],
  () => ['/api/v1/query_range', { query: 'load', start: '0', end: at(0), step: '1' }],
  () => ['/api/v1/query_range', { query: 'load[5m]', start: at(-1), end: at(0), step: '1' }],
  () => ['/api/v1/query_range', { query: 'load', start: at(-1), end: at(0) }],
  () => ['/api/v1/series', {}],
  () => ['/api/v1/series', { 'match[]': '{}' }],
  () => ['/api/v1/labels', { 'match[]': '{a=~"("}' }],
  () => ['/api/v1/label/place/values', { 'match[]': '{' }],
  () => ['/api/v1/label/place/values', { start: 'noon' }],
  () => ['/api/v1/format_query', { query: 'sum(' }],
  () => ['/api/v1/targets', {}],
  () => ['/api/v1/status/runtimeinfo', {}],
  () => ['/api/v1/status/buildinfo', {}],
  () => ['/api/v1/status/config', {}],
  () => ['/api/v1/status/tsdb', {}],
];

/** Those whose values differ by nature: the same keys are to be there, of the same types. */
const SHAPE_ALONE = new Set([
  '/api/v1/targets',
  '/api/v1/status/runtimeinfo',
  '/api/v1/status/buildinfo',
  '/api/v1/status/config',
  '/api/v1/status/tsdb',
]);

test.each(REQUESTS.map((request, number) => ({ number, request })))(
  'request $number',
  async ({ request }) => {
    const [path, parameters] = request();
    const [here, there] = [await ours.get(path, parameters), await askTheirs(path, parameters)];
    const what = `${path} ${JSON.stringify(parameters)}: ${JSON.stringify([here.body, there.body]).slice(0, 2000)}`;
    expect([here.status, here.body.status, here.body.errorType], what).toEqual([
      there.status,
      there.body.status,
      there.body.errorType,
    ]);
    expect(here.type?.split(';')[0]).toBe(there.type?.split(';')[0]);
    if (SHAPE_ALONE.has(path))
      expect(shapeOf(there.body.data, here.body.data), what).toEqual(shapeOf(there.body.data));
    else expect(normal(here.body.data), what).toEqual(normal(there.body.data));
  },
);

async function askTheirs(path: string, parameters: Request[1]): Promise<JsonAnswer> {
  const response = await fetch(`${theirs}${path}?${new URLSearchParams(parameters).toString()}`);
  const body: unknown = await response.json();
  return { status: response.status, type: response.headers.get('content-type'), body };
}

/** The order of series is Prometheus's own affair, and so are the blanks behind `on` before 2.44. */
function normal(data: unknown): unknown {
  if (typeof data === 'string') return data.replace(/\b(on|ignoring|group_left|group_right)\(/g, '$1 (');
  const result = (data as { result?: unknown } | undefined)?.result ?? data;
  if (!Array.isArray(result) || typeof result[0] !== 'object') return data;
  return result.map((one) => JSON.stringify(one, sortedKeys)).sort();
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The types of an object's fields; of another object only those of the fields that the first has. */
function shapeOf(pattern: unknown, value = pattern): unknown {
  if (typeof pattern !== 'object' || pattern === null) return typeof value;
  if (Array.isArray(pattern)) return Array.isArray(value) ? 'list' : typeof value;
  const fields = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(pattern)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, shapeOf(inner, fields[key])]),
  );
}

describe('another Prometheus', () => {
  let reader: string;
  beforeAll(async () => {
    const target = new URL(ours.url).host;
    reader = await startPrometheus(`global: {scrape_interval: 1s}
remote_read:
  - url: ${ours.url}/api/v1/read
    read_recent: true
    required_matchers: {job: web}
scrape_configs:
  - job_name: federate
    honor_labels: true
    metrics_path: /federate
    params: {'match[]': ['load{place=~"p[12]"}', 'up']}
    static_configs: [{targets: ['${target}']}]
`);
  }, 60_000);

  const ask = async (url: string, query: string, seconds: number): Promise<unknown[]> => {
    const form = new URLSearchParams({ query, time: at(seconds) });
    const { data } = (await (await fetch(`${url}/api/v1/query`, { method: 'POST', body: form })).json()) as {
      data: { result: { metric: Record<string, string> }[] };
    };
    return data.result.map((one) => JSON.stringify(one, sortedKeys)).sort();
  };

  test.each([
    'requests_total{job="web"}',
    'requests_total{job="web"}[5m]',
    'sum(rate({job="web",code!="200"}[5m]))',
  ])('reads %s from here', async (query) => {
    const here = await ask(ours.url, query, -7.5);
    expect(here.length).toBeGreaterThan(0);
    expect(await ask(reader, query, -7.5)).toEqual(here);
  });

  test('federates', async () => {
    const query = '{__name__=~"load|up", instance=~"h.*"}';
    await waitUntil(async () => (await ask(reader, query, 0)).length > 0, {
      what: 'a scrape',
      timeoutMs: 20_000,
    });
    const here = await ask(ours.url, '{__name__=~"load|up", instance=~"h.*", place=~"p[12]|"}', 0);
    expect(here).toHaveLength(3);
    expect(await ask(reader, query, 0)).toEqual(here);
  }, 30_000);
});

async function startPrometheus(config: string): Promise<string> {
  const folder = temporaryFolder();
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config);
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${new URL(url).host}`,
    '--web.enable-remote-write-receiver',
  ];
  await startProgram({ command: peer('prometheus'), args, readyUrl: `${url}/-/ready` });
  return url;
}
