import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { Registry } from 'prom-client';
import { SMTPServer } from 'smtp-server';
import { describe, expect, test } from 'vitest';

import { systemClock } from '../lib/clock.ts';
import { createHttpServer } from '../lib/http.ts';
import { silentLog } from '../lib/log.ts';
import { readSettings } from '../lib/settings-read.ts';
import { atEnd } from '../test/tools/at-end.ts';
import { freePort } from '../test/tools/free-port.ts';
import { temporaryFolder } from '../test/tools/temporary-folder.ts';
import { waitUntil } from '../test/tools/wait-until.ts';
import { startAlerting, startAlertingProcess } from './main.ts';
import {
  alertingProcessSettings,
  alertingSettings,
  checkAlerting,
  checkAlertingProcess,
} from './settings.ts';

const tables = { alerting: { ...alertingSettings, ...alertingProcessSettings } };

function settingsOf(flags: readonly string[]) {
  const sources = { flags, environment: {}, readFile: () => '' };
  return readSettings(tables, sources, { checks: [({ alerting }) => checkAlertingProcess(alerting)] });
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An aggregator that has what a test gives it. */
class Aggregator {
  up = true;
  series: { metric: Record<string, string>; value: [number, string] }[] = [];
  authorization: (string | undefined)[] = [];

  listen(): Promise<string> {
    return serve((request, answer) => {
      this.authorization.push(request.headers.authorization);
      request.resume();
      if (!this.up)
        answer.writeHead(503).end('{"status":"error","errorType":"unavailable","error":"no thread"}');
      else
        answer.end(
          JSON.stringify({ status: 'success', data: { resultType: 'vector', result: this.series } }),
        );
    });
  }
}

async function mailbox(): Promise<{ port: number; mails: string[] }> {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      let source = '';
      stream.on('data', (part) => (source += String(part)));
      stream.on('end', () => {
        mails.push(source);
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  atEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, mails };
}

async function hookbox(): Promise<{ url: string; bodies: Record<string, unknown>[] }> {
  const bodies: Record<string, unknown>[] = [];
  const url = await serve((request, answer) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      bodies.push(JSON.parse(body) as Record<string, unknown>);
      answer.end();
    });
  });
  return { url, bodies };
}

const RULES = `
groups:
- name: g
  interval: 1s
  rules:
  - {alert: Excessive CPU load, expr: cpu > 80, for: 1s, annotations: {summary: "{{ $labels.instance }} at {{ $value }} %"}}
`;

test('one mail and one webhook when an alert fires, and when it resolves', async () => {
  const folder = temporaryFolder();
  const [rules, token] = [join(folder, 'rules.yaml'), join(folder, 'token')];
  writeFileSync(rules, RULES);
  writeFileSync(token, 'of-aggregator\n');
  const aggregator = new Aggregator();
  const { port, mails } = await mailbox();
  const { url: hookUrl, bodies } = await hookbox();
  const { values } = settingsOf([
    `--data-dir=${folder}`,
    '--listen=127.0.0.1:0',
    `--alerting.rules=${folder}/*.yaml`,
    `--alerting.aggregator-url=${await aggregator.listen()}/`,
    `--alerting.aggregator-token-file=${token}`,
    `--alerting.mail.server=127.0.0.1:${port}`,
    '--alerting.mail.tls=none',
    '--alerting.mail.from=binnacle@example.org',
    '--alerting.mail.to=ops@example.org',
    `--alerting.webhook.urls=${hookUrl}/hook`,
    '--alerting.external-url=http://page/',
  ]);
  const parts = { log: silentLog, clock: systemClock, registry: new Registry() };
  const alerting = await startAlertingProcess(values.alerting, parts);
  let open = true;
  atEnd(async () => {
    if (open) await alerting.close();
  });
  const get = async (path: string): Promise<Record<string, never>> =>
    (await (await fetch(alerting.url + path)).json()) as Record<string, never>;

  aggregator.series = [{ metric: { __name__: 'cpu', instance: 'a' }, value: [1, '97.5'] }];
  const within = { timeoutMs: 10_000 };
  await waitUntil(() => mails.length === 1 && bodies.length === 1, { what: 'mail and webhook', ...within });
  const rulesSeen = await get('/api/v1/rules');
  expect(rulesSeen).toMatchObject({
    status: 'success',
    data: {
      groups: [
        {
          name: 'g',
          file: rules,
          interval: 1,
          limit: 0,
          rules: [
            {
              name: 'Excessive CPU load',
              query: 'cpu > 80',
              duration: 1,
              keepFiringFor: 0,
              labels: {},
              annotations: { summary: '{{ $labels.instance }} at {{ $value }} %' },
              state: 'firing',
              health: 'ok',
              type: 'alerting',
              alerts: [
                {
                  state: 'firing',
                  value: '9.75e+01',
                  labels: { alertname: 'Excessive CPU load', instance: 'a' },
                },
              ],
            },
          ],
        },
      ],
    },
  });
  expect((await get('/api/v1/alerts'))['data']).toMatchObject({
    alerts: [{ state: 'firing', annotations: { summary: 'a at 97.5 %' } }],
  });
  expect(await get('/alertmanager/api/v2/alerts')).toMatchObject([
    { status: { state: 'active' }, receivers: [{ name: 'mail' }, { name: 'webhook-1' }] },
  ]);

  aggregator.up = false;
  await waitUntil(async () => (await fetch(`${alerting.url}/readyz`)).status === 503, {
    what: 'not ready',
    ...within,
  });
  expect(await (await fetch(`${alerting.url}/readyz`)).text()).toContain(
    '[-]rules failed: rule "Excessive CPU load" of group "g": http://127.0.0.1:',
  );
  expect((await fetch(`${alerting.url}/livez`)).status).toBe(200);

  aggregator.up = true;
  aggregator.series = [];
  await waitUntil(() => mails.length === 2 && bodies.length === 2, { what: 'both resolved', ...within });
  await waitUntil(async () => (await fetch(`${alerting.url}/readyz`)).ok, { what: 'ready', ...within });
  expect(bodies.map(({ status, externalURL }) => [status, externalURL])).toEqual([
    ['firing', 'http://page'],
    ['resolved', 'http://page'],
  ]);
  expect(mails.map((mail) => /^Subject: (.*)\r$/m.exec(mail)?.[1])).toEqual([
    '[FIRING:1] Excessive CPU load (instance=a)',
    '[RESOLVED] Excessive CPU load (instance=a)',
  ]);
  const history = (await get('/api/alerts/history?limit=2'))['data'] as unknown as {
    transitions: { from: string; to: string }[];
  };
  expect(history.transitions.map(({ from, to }) => [from, to])).toEqual([
    ['firing', 'resolved'],
    ['pending', 'firing'],
  ]);
  expect(new Set(aggregator.authorization)).toEqual(new Set(['Bearer of-aggregator']));
  const metrics = await (await fetch(`${alerting.url}/metrics`)).text();
  expect(metrics).toContain('binnacle_alerting_notifications_total{receiver="mail",result="sent"} 2');
  expect(metrics).toContain('binnacle_alerting_outbox_notifications 0');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect([mails.length, bodies.length]).toEqual([2, 2]);
  open = false;
  await alerting.close();
  expect(existsSync(join(folder, 'alerting/state.db'))).toBe(true);
});

test('within another process: its query, its server, the default rules', async () => {
  const settings = readSettings(
    { alerting: alertingSettings },
    { flags: [`--data-dir=${temporaryFolder()}`], environment: {}, readFile: () => '' },
    { checks: [({ alerting }) => checkAlerting(alerting)] },
  ).values.alerting;
  const registry = new Registry();
  const query = async () => [];
  const alerting = startAlerting(settings, {
    log: silentLog,
    clock: systemClock,
    registry,
    query,
    externalUrl: 'http://x',
  });
  atEnd(() => alerting.close());
  const options = {
    token: undefined,
    maxBodyBytes: 1000,
    registry,
    log: silentLog,
    checks: () => alerting.checks,
  };
  const server = createHttpServer(options);
  alerting.api(server);
  atEnd(() => server.close());
  const ask = (url: string) => server.inject({ url, headers: { host: '127.0.0.1' } });
  const { data } = (await ask('/api/v1/rules')).json<{ data: { groups: { name: string }[] } }>();
  expect(data.groups.map(({ name }) => name)).toEqual(['host', 'host-data']);
  expect((await ask('/readyz')).statusCode).toBe(200);
});

describe('the API refuses', () => {
  test.each([
    '/api/v1/rules?type=x',
    '/api/alerts/history?limit=0',
    '/api/alerts/history?since=then',
    '/alertmanager/api/v2/alerts?filter=x',
  ])('%s', async (path) => {
    const flags = [
      `--data-dir=${temporaryFolder()}`,
      '--listen=127.0.0.1:0',
      `--alerting.aggregator-url=http://127.0.0.1:${await freePort()}`,
    ];
    const parts = { log: silentLog, clock: systemClock, registry: new Registry() };
    const alerting = await startAlertingProcess(settingsOf(flags).values.alerting, parts);
    atEnd(() => alerting.close());
    const response = await fetch(alerting.url + path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: 'error', errorType: 'bad_data' });
  });
});

describe('settings that do not fit are told', () => {
  const mail = ['--alerting.mail.server=h:25', '--alerting.mail.from=a@b', '--alerting.mail.to=c@d'];
  test.each([
    [['--alerting.mail.server=h:25'], /alerting\.mail\.from and alerting\.mail\.to is missing/],
    [[...mail, '--alerting.mail.user=u'], /user and alerting\.mail\.password-file go together/],
    [
      [...mail, '--alerting.mail.user=u', '--alerting.mail.password-file=f', '--alerting.mail.tls=none'],
      /password would be readable/,
    ],
    [[...mail.slice(0, 2), '--alerting.mail.to=nobody'], /"nobody" is not a mail address/],
    [['--alerting.webhook.urls=ftp://x/secret'], /number 1 is not a URL/],
    [['--alerting.webhook.token-file=f'], /no alerting\.webhook\.urls/],
    [['--alerting.external-labels=a'], /"a" is not name=value/],
    [['--listen=0.0.0.0:4402'], /others can reach/],
  ])('%j', (flags, says) => {
    expect(() => settingsOf(flags)).toThrow(says);
    expect(() => settingsOf(flags)).not.toThrow(/secret/);
  });

  test('and a webhook is not printed whole', () => {
    const { effective } = settingsOf(['--alerting.webhook.urls=https://u:p@hooks.example.org/T0/secret']);
    expect(effective.find(({ key }) => key === 'alerting.webhook.urls')?.shown).toBe(
      'https://hooks.example.org/***',
    );
  });
});
