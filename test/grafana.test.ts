import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';

import { beforeAll, describe, expect, test } from 'vitest';

import { systemClock } from '../lib/clock.ts';
import { startBinnacle } from './tools/binnacle.ts';
import { freePort } from './tools/free-port.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';
import { waitUntil } from './tools/wait-until.ts';

/**
 * What Grafana's Prometheus data source asks (grafana-prometheus-datasource: its backend in `pkg/promlib/client` and
 * `resource`, its page in `language_provider.ts`, `datasource.ts` and `metric_find_query.ts`), as it asks: paths,
 * methods, forms and headers. The answers have the shapes that its `converter/prom.go` and its page read.
 */
let url: string;
let nowSeconds: number;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await startBinnacle('standalone', port, temporaryFolder());
  const nowMs = systemClock.nowMs();
  nowSeconds = Math.floor(nowMs / 1000);
  const lines = [
    '# TYPE app_requests_total counter',
    '# HELP app_requests_total Requests by code.',
    ...Array.from({ length: 40 }, (_, i) => {
      const atMs = nowSeconds * 1000 - (39 - i) * 15_000;
      return `app_requests_total{job="app",code="200"} ${i * 30} ${atMs}
app_requests_total{job="app",code="500"} ${i} ${atMs}
{"http.server.duration","http.route"="/a b"} ${i / 8} ${atMs}
empty{job="app"} NaN ${atMs}`;
    }),
    '',
  ];
  const body = lines.join('\n');
  const pushed = await fetch(`${url}/api/v1/import/prometheus`, { method: 'POST', body });
  expect(pushed.status).toBe(204);
}, 60_000);

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it awaits
  readonly body: any;
}

/** The headers of its backend: Go's client asks for gzip by itself. */
const HEADERS = {
  'user-agent': 'Grafana/12.1.0',
  'accept-encoding': 'gzip',
  'x-datasource-uid': 'binnacle',
  'x-grafana-org-id': '1',
  'x-dashboard-uid': 'board',
  'x-panel-id': '2',
  'x-query-group-id': 'b1a1b2c3',
};

function ask(method: string, path: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
  const body = form === undefined ? '' : new URLSearchParams(form).toString();
  const headers = {
    ...HEADERS,
    ...(form !== undefined && {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
    }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: JSON.parse(text.toString()) as unknown,
        });
      });
    });
    asked.on('error', reject).end(body);
  });
}

const get = (path: string, parameters: Record<string, string> = {}): Promise<Answer> =>
  ask('GET', `${path}?${new URLSearchParams(parameters).toString()}`);

describe('the data source is saved and tested', () => {
  test('health check: 1+1 at second 4', async () => {
    const { status, body } = await ask('POST', '/api/v1/query', { query: '1+1', time: '4' });
    expect(status).toBe(200);
    expect(body).toEqual({ status: 'success', data: { resultType: 'scalar', result: [4, '2'] } });
  });

  test('what it is: Prometheus, and new enough for labels with selectors', async () => {
    const { body } = await get('/api/v1/status/buildinfo');
    const [major] = body.data.version.split('.').map(Number);
    expect(major).toBeGreaterThanOrEqual(3);
    // With features it would be Mimir.
    expect(body.data.features).toBeUndefined();
  });

  test('exemplars: asked with milliseconds, success means that they may be asked', async () => {
    const times = { start: String(nowSeconds * 1000), end: String(nowSeconds * 1000) };
    for (const method of ['GET', 'POST']) {
      const path = '/api/v1/query_exemplars';
      const parameters = { query: 'test', ...times };
      const answer = method === 'GET' ? get(path, parameters) : ask(method, path, parameters);
      expect((await answer).body).toEqual({ status: 'success', data: [] });
    }
  });
});

describe('panels', () => {
  const form = (query: string) => ({
    query,
    start: String(nowSeconds - 300),
    end: String(nowSeconds),
    step: '15',
  });

  test('a range by a posted form: a matrix of pairs of seconds and text', async () => {
    const { status, body, headers } = await ask(
      'POST',
      '/api/v1/query_range',
      form('sum by (code) (rate(app_requests_total{job="app"}[1m]))'),
    );
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(Object.keys(body)).toEqual(['status', 'data']);
    expect(body.data.resultType).toBe('matrix');
    expect(body.data.result.map(({ metric }: { metric: object }) => metric)).toEqual([
      { code: '200' },
      { code: '500' },
    ]);
    for (const { values } of body.data.result) {
      expect(values).toHaveLength(21);
      for (const [seconds, value] of values) {
        expect((nowSeconds - seconds) % 15).toBe(0);
        expect(typeof value).toBe('string');
        expect(Number(value)).toBeGreaterThan(0);
      }
    }
  });

  test('large answers are packed, numbers without value are text', async () => {
    const { headers, body } = await ask('POST', '/api/v1/query_range', form('{job="app"}'));
    expect(headers['content-encoding']).toBe('gzip');
    const empty = body.data.result.find(
      ({ metric }: { metric: { __name__: string } }) => metric.__name__ === 'empty',
    );
    expect(empty.values[0][1]).toBe('NaN');
  });

  test('an instant for tables and stats', async () => {
    const { body } = await ask('POST', '/api/v1/query', {
      query: 'app_requests_total',
      time: `${nowSeconds}.25`,
    });
    expect(body.data.resultType).toBe('vector');
    expect(body.data.result[0]).toEqual({
      metric: { __name__: 'app_requests_total', code: '200', job: 'app' },
      value: [nowSeconds + 0.25, '1170'],
    });
  });

  test('a name with dots, in quotes', async () => {
    const { body } = await ask('POST', '/api/v1/query', {
      query: '{"http.server.duration", "http.route"="/a b"}',
      time: String(nowSeconds),
    });
    expect(body.data.result[0].metric).toEqual({ __name__: 'http.server.duration', 'http.route': '/a b' });
  });

  test('remarks come beside the data', async () => {
    const { body } = await ask('POST', '/api/v1/query_range', form('rate(empty[1m])'));
    expect(body.status).toBe('success');
    expect(body.infos ?? body.warnings).toEqual([expect.stringContaining('metric might not be a counter')]);
  });

  test('an error is JSON with its kind', async () => {
    const { status, body } = await ask('POST', '/api/v1/query_range', form('sum(app_requests_total'));
    expect(status).toBe(400);
    expect(body).toEqual({
      status: 'error',
      errorType: 'bad_data',
      error: expect.stringMatching(/^1:\d+: parse error/),
    });
  });
});

describe('the query builder and variables', () => {
  const range = () => ({ start: String(nowSeconds - 3600), end: String(nowSeconds) });

  test.each(['GET', 'POST'])('labels of a selector by %s', async (method) => {
    const parameters = { ...range(), 'match[]': 'app_requests_total{job="app"}', limit: '40000' };
    const { body } =
      method === 'GET'
        ? await get('/api/v1/labels', parameters)
        : await ask('POST', '/api/v1/labels', parameters);
    expect(body).toEqual({ status: 'success', data: ['__name__', 'code', 'job'] });
  });

  test('names of metrics, and values of a label of a selector', async () => {
    const names = await get('/api/v1/label/__name__/values', { ...range(), limit: '40000' });
    expect(names.body.data).toEqual(expect.arrayContaining(['app_requests_total', 'http.server.duration']));
    const codes = await get('/api/v1/label/code/values', { ...range(), 'match[]': 'app_requests_total' });
    expect(codes.body.data).toEqual(['200', '500']);
  });

  test('a label whose name has to be escaped', async () => {
    const { body } = await get('/api/v1/label/U__http_2e_route/values', range());
    expect(body.data).toEqual(['/a b']);
  });

  test.each(['GET', 'POST'])('series by %s', async (method) => {
    const parameters = { ...range(), 'match[]': '{__name__!="", job="app", code="500"}', limit: '40000' };
    const { body } =
      method === 'GET'
        ? await get('/api/v1/series', parameters)
        : await ask('POST', '/api/v1/series', parameters);
    expect(body.data).toEqual([{ __name__: 'app_requests_total', code: '500', job: 'app' }]);
  });

  test('a limit that cuts is told', async () => {
    const { body } = await get('/api/v1/label/__name__/values', { ...range(), limit: '1' });
    expect(body.data).toHaveLength(1);
    expect(body.warnings).toEqual(['results truncated due to limit']);
  });

  test('metadata', async () => {
    const told = await waitUntil(
      async () => {
        const { body } = await get('/api/v1/metadata', { limit: '40000' });
        return body.data.app_requests_total?.[0].help === '' ? undefined : body.data;
      },
      { what: 'metadata', timeoutMs: 10_000 },
    );
    expect(told.app_requests_total).toEqual([{ type: 'counter', help: 'Requests by code.', unit: '' }]);
    const one = await get('/api/v1/metadata', { metric: 'app_requests_total' });
    expect(Object.keys(one.body.data)).toEqual(['app_requests_total']);
  });
});

describe('alerts', () => {
  test('rules', async () => {
    const { body } = await get('/api/v1/rules');
    expect(body.status).toBe('success');
    expect(body.data.groups.length).toBeGreaterThan(0);
    for (const { name, file, interval, rules } of body.data.groups) {
      expect([typeof name, typeof file, typeof interval]).toEqual(['string', 'string', 'number']);
      for (const rule of rules) {
        expect(rule).toMatchObject({
          name: expect.any(String),
          query: expect.any(String),
          health: expect.any(String),
          type: expect.stringMatching(/^(alerting|recording)$/),
        });
      }
    }
    const alerts = await get('/api/v1/rules', { type: 'alert' });
    expect(alerts.body.data.groups[0].rules[0].type).toBe('alerting');
  });

  test('alerts', async () => {
    expect((await get('/api/v1/alerts')).body).toMatchObject({
      status: 'success',
      data: { alerts: expect.any(Array) },
    });
  });
});

test('what it does not know is 404 in JSON', async () => {
  const { status, body } = await get('/api/v1/cardinality/label_names');
  expect([status, body.status, body.errorType]).toEqual([404, 'error', 'not_found']);
});
