import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Registry } from 'prom-client';
import { expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { createHttpServer, listen } from '../../lib/http.ts';
import { silentLog } from '../../lib/log.ts';
import { readSettings } from '../../lib/settings-read.ts';
import { atEnd } from '../../test/tools/at-end.ts';
import { freePort } from '../../test/tools/free-port.ts';
import { peer } from '../../test/tools/peers.ts';
import { startProgram } from '../../test/tools/start-program.ts';
import { temporaryFolder } from '../../test/tools/temporary-folder.ts';
import { waitUntil } from '../../test/tools/wait-until.ts';
import { labelsFrom } from '../../wire/labels.ts';
import { startAlerting } from '../main.ts';
import { alertingSettings } from '../settings.ts';

/** One fires, one waits, one is not there; nothing has to be scraped. */
const RULES = `
groups:
- name: g
  interval: 1s
  limit: 10
  rules:
  - {alert: Fires, expr: 'vector(12.5)   > 1', keep_firing_for: 2m, labels: {severity: page, v: "{{ $value }}"}, annotations: {summary: 'at {{ $value }}'}}
  - {alert: Waits, expr: 'label_replace(vector(1e9), "x", "y", "", "")', for: 1h}
  - {alert: Not there, expr: vector(1) > 2}
`;

/** What the rules find, as their parts are printed. */
const FOUND: Readonly<Record<string, { labels: Record<string, string>; value: number }>> = {
  'vector(12.5) > 1': { labels: {}, value: 12.5 },
  'label_replace(vector(1e9), "x", "y", "", "")': { labels: { x: 'y' }, value: 1e9 },
};

async function startPrometheus(rules: string): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'p.yml'), JSON.stringify({ rule_files: [rules] }));
  const url = `http://127.0.0.1:${await freePort()}`;
  await startProgram({
    command: peer('prometheus'),
    args: [
      `--config.file=${join(folder, 'p.yml')}`,
      `--storage.tsdb.path=${folder}`,
      `--web.listen-address=${url.slice('http://'.length)}`,
    ],
    readyUrl: `${url}/-/ready`,
  });
  return url;
}

async function startOurs(rules: string): Promise<string> {
  const flags = [`--data-dir=${temporaryFolder()}`, `--alerting.rules=${rules}`];
  const { alerting: settings } = readSettings(
    { alerting: alertingSettings },
    { flags, environment: {}, readFile: () => '' },
  ).values;
  const parts = { log: silentLog, clock: systemClock, registry: new Registry() };
  const query = async (expr: string) => {
    const found = FOUND[expr.replace('1000000000', '1e9')];
    return found === undefined ? [] : [{ labels: labelsFrom(found.labels), value: found.value }];
  };
  const alerting = startAlerting(settings, { ...parts, query, externalUrl: 'http://x' });
  atEnd(() => alerting.close());
  const options = {
    token: undefined,
    maxBodyBytes: 1000,
    registry: parts.registry,
    log: silentLog,
    checks: () => [],
  };
  const server = createHttpServer(options);
  alerting.api(server);
  atEnd(() => server.close());
  return listen(server, { host: '127.0.0.1', port: 0 });
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The answer when all rules have been evaluated, its moments and durations made equal. */
async function answerOf(url: string, path: string): Promise<unknown> {
  const ask = async (): Promise<string> => (await fetch(url + path)).text();
  await waitUntil(async () => (await ask()).includes('"state":"pending"'), {
    what: `${url}${path}`,
    timeoutMs: 15_000,
  });
  return JSON.parse(await ask(), (key, value: unknown) => {
    if (key === 'evaluationTime') return typeof value;
    if (typeof value === 'string' && TIME.test(value)) return 'time';
    // Both print numbers of expressions in their own way.
    return key === 'query' ? String(value).replace('1000000000', '1e+09') : value;
  });
}

test('rules and alerts are shown as a real Prometheus shows them', async () => {
  const rules = join(temporaryFolder(), 'rules.yml');
  writeFileSync(rules, RULES);
  const [theirs, ours] = await Promise.all([startPrometheus(rules), startOurs(rules)]);
  for (const path of ['/api/v1/rules', '/api/v1/alerts', '/api/v1/rules?type=record']) {
    if (path.endsWith('record'))
      expect(await (await fetch(ours + path)).json()).toEqual({ status: 'success', data: { groups: [] } });
    else expect(await answerOf(ours, path)).toEqual(await answerOf(theirs, path));
  }
});
