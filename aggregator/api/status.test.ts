import { parse } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { FakeAggregator } from './asking.fake.ts';

const aggregator = new FakeAggregator();
let nowMs: number;
beforeAll(async () => {
  await aggregator.start({ retentionAgeMs: 30 * 86_400_000 });
  nowMs = systemClock.nowMs();
  const lines = Array.from(
    { length: 30 },
    (_, i) => `many{number="${i}",part="${i % 3}"} ${i} ${nowMs - 1000}`,
  );
  await aggregator.push(
    [
      ...lines,
      `up{job="node",instance="b:1"} 0 ${nowMs - 4000}`,
      `up{job="node",instance="a:1"} 1 ${nowMs - 3000}`,
      `up{job="apps",instance="a:2"} 1 ${nowMs - 2000}`,
      `scrape_duration_seconds{job="node",instance="a:1"} 0.25 ${nowMs - 3000}`,
      `old 1 ${nowMs - 3_600_000}`,
      `{"dotted.name","a.b"="c\\"d"} 1e30 ${nowMs - 5000}`,
      '',
    ].join('\n'),
  );
});
afterAll(() => aggregator.stop());

const dataOf = async (path: string, parameters: Record<string, string> = {}) => {
  const { status, body } = await aggregator.get(path, parameters);
  expect([status, body.status], JSON.stringify(body)).toEqual([200, 'success']);
  return body.data;
};

test('what the program is', async () => {
  const build = await dataOf('/api/v1/status/buildinfo');
  expect(build).toMatchObject({ version: expect.stringMatching(/^3\.\d+\.\d+$/), revision: 'binnacle-0' });
  expect(build).not.toHaveProperty('features');
  const runtime = await dataOf('/api/v1/status/runtimeinfo');
  expect(runtime).toMatchObject({ reloadConfigSuccess: true, storageRetention: '4w2d' });
  expect(Date.parse(runtime.serverTime)).toBeGreaterThanOrEqual(Date.parse(runtime.startTime));
});

test('how it is set', async () => {
  const flags = await dataOf('/api/v1/status/flags');
  expect(flags).toMatchObject({ 'query.timeout': '30s', 'store.retention-age': '4w2d' });
  expect(flags).not.toHaveProperty('store.retention-size');
  expect(parse((await dataOf('/api/v1/status/config')).yaml)).toEqual(flags);
});

test('what makes the series many', async () => {
  const found = await dataOf('/api/v1/status/tsdb', { limit: '2' });
  expect(found.headStats).toMatchObject({ numSeries: 36, minTime: found.headStats.maxTime - 7_200_000 });
  expect(found.seriesCountByMetricName).toEqual([
    { name: 'many', value: 30 },
    { name: 'up', value: 3 },
  ]);
  expect(found.labelValueCountByLabelName).toEqual([
    { name: 'number', value: 30 },
    { name: '__name__', value: 5 },
  ]);
  expect(found.seriesCountByLabelValuePair).toEqual([
    { name: '__name__=many', value: 30 },
    { name: 'part=0', value: 10 },
  ]);
  expect(found.memoryInBytesByLabelName[0]).toEqual({ name: 'number', value: 50 });
  expect((await dataOf('/api/v1/status/tsdb')).seriesCountByMetricName).toHaveLength(5);
  expect((await aggregator.get('/api/v1/status/tsdb', { limit: '0' })).status).toBe(400);
});

test('targets are those that are up or down now', async () => {
  const { activeTargets, droppedTargets } = await dataOf('/api/v1/targets');
  expect(droppedTargets).toEqual([]);
  expect(activeTargets).toHaveLength(3);
  expect(activeTargets[1]).toMatchObject({
    labels: { job: 'node', instance: 'a:1' },
    scrapePool: 'node',
    health: 'up',
    lastError: '',
    lastScrape: new Date(nowMs - 3000).toISOString(),
    lastScrapeDuration: 0.25,
  });
  expect(activeTargets[2]).toMatchObject({ health: 'down', lastError: expect.stringContaining('down') });
  expect((await dataOf('/api/v1/targets', { scrapePool: 'apps' })).activeTargets).toHaveLength(1);
  expect((await dataOf('/api/v1/targets', { state: 'dropped' })).activeTargets).toEqual([]);
  expect((await aggregator.get('/api/v1/targets', { state: 'gone' })).status).toBe(400);
  expect((await dataOf('/api/v1/scrape_pools')).scrapePools).toEqual(['apps', 'node']);
});

test('exemplars are none, and that is no error', async () => {
  // As Grafana asks at its start.
  expect(
    await dataOf('/api/v1/query_exemplars', { query: 'test', start: String(nowMs), end: String(nowMs) }),
  ).toEqual([]);
});

test('queries are told in one form and as trees', async () => {
  const query = 'sum(foo)by(a) / on(b)group_left() bar';
  expect(await dataOf('/api/v1/format_query', { query })).toBe('sum by (a) (foo) / on (b) group_left () bar');
  expect(await dataOf('/api/v1/parse_query', { query })).toMatchObject({
    type: 'binaryExpr',
    lhs: { type: 'aggregation', grouping: ['a'] },
    matching: { card: 'many-to-one', labels: ['b'] },
  });
  for (const path of ['/api/v1/format_query', '/api/v1/parse_query']) {
    const { status, body } = await aggregator.post(path, { query: 'sum(' });
    expect([status, body.errorType]).toEqual([400, 'bad_data']);
  }
});

test('another Prometheus federates', async () => {
  const federated = async (...matches: string[]): Promise<Response> =>
    fetch(
      `${aggregator.url}/federate?${new URLSearchParams(matches.map((match) => ['match[]', match])).toString()}`,
    );
  const response = await federated('{job="node"}', 'up', '{"dotted.name"}', 'old');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await response.text()).toBe(
    `# TYPE "dotted.name" untyped
{"dotted.name","a.b"="c\\"d",instance=""} 1000000000000000000000000000000 ${nowMs - 5000}
# TYPE scrape_duration_seconds untyped
scrape_duration_seconds{instance="a:1",job="node"} 0.25 ${nowMs - 3000}
# TYPE up untyped
up{instance="a:1",job="node"} 1 ${nowMs - 3000}
up{instance="a:2",job="apps"} 1 ${nowMs - 2000}
up{instance="b:1",job="node"} 0 ${nowMs - 4000}
`,
  );
  expect((await federated()).status).toBe(400);
  expect((await federated('rate(up[5m])')).status).toBe(400);
});
