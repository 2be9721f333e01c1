import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { burnCpu, linesOf, ownMetric, samplesOf, startBinnacle } from './tools/binnacle.ts';
import { freePort } from './tools/free-port.ts';
import { receiveMail, receiveWebhooks } from './tools/receivers.ts';
import { temporaryFolder } from './tools/temporary-folder.ts';
import { waitUntil } from './tools/wait-until.ts';

/** The way of a log line and of an alert through real processes, beside that of a sample (flow.test.ts). */

const MINUTE_MS = 60_000;

function ruleFile(folder: string, pid: number): string {
  const rule = {
    alert: 'Burning',
    expr: `rate(binnacle_process_cpu_seconds_total{pid="${pid}"}[10s]) > 0.3`,
    for: '3s',
    labels: { severity: 'warning' },
    annotations: { summary: 'Process {{ $labels.pid }} burns {{ printf "%.1f" $value }} cores' },
  };
  const file = join(folder, 'rules.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'g', interval: '1s', rules: [rule] }] }));
  return file;
}

function notify(mailAddress: string, webhookUrl: string): Record<string, string> {
  return {
    'alerting.mail.server': mailAddress,
    'alerting.mail.tls': 'none',
    'alerting.mail.from': 'binnacle@example.org',
    'alerting.mail.to': 'ops@example.org',
    'alerting.webhook.urls': webhookUrl,
  };
}

/** The states that the one alert `Burning` has now, by Prometheus's API. */
async function alertStates(url: string): Promise<string[]> {
  const response = await fetch(`${url}/api/v1/alerts`);
  const { data } = (await response.json()) as {
    data: { alerts: { state: string; labels: { alertname: string } }[] };
  };
  return data.alerts.filter(({ labels }) => labels.alertname === 'Burning').map(({ state }) => state);
}

test(
  'standalone: a written line is found; burnt CPU pends, fires, resolves; mail and webhook come once each',
  async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const folder = temporaryFolder();
    const file = join(folder, 'app.log');
    const [{ address, mails }, { url: hook, webhooks }] = [await receiveMail(), await receiveWebhooks()];
    const burning = burnCpu();
    await startBinnacle('standalone', port, join(folder, 'data'), {
      'agent.interval': '1s',
      'log-globs': join(folder, '*.log'),
      'alerting.rules': ruleFile(folder, burning.pid),
      ...notify(address, hook),
    });
    appendFileSync(file, 'the first line\nneedle 4711 in the hay\n');
    const filter = { selector: `{filename="${file}"}` };
    await waitUntil(async () => (await linesOf(url, { ...filter, contains: 'needle' })).length === 1, {
      what: 'the line to be found',
      timeoutMs: 20_000,
    });
    expect(await linesOf(url, filter)).toEqual(['the first line', 'needle 4711 in the hay']);

    for (const state of ['pending', 'firing']) {
      await waitUntil(async () => (await alertStates(url)).includes(state), {
        what: state,
        timeoutMs: 40_000,
      });
    }
    await waitUntil(() => mails.length > 0 && webhooks.length > 0, {
      what: 'mail and webhook',
      timeoutMs: 20_000,
    });
    burning.stop();
    await waitUntil(() => mails.length > 1 && webhooks.length > 1, {
      what: 'the resolution',
      timeoutMs: 40_000,
    });
    expect(await alertStates(url)).toEqual([]);
    // Long enough for a second one to come, if there were one.
    await sleep(3000);
    expect(mails.map(({ subject }) => subject.slice(0, 18))).toEqual([
      '[FIRING:1] Burning',
      '[RESOLVED] Burning',
    ]);
    expect(mails[0]!.raw).toMatch(/text\/plain/);
    expect(mails[0]!.raw).toMatch(/text\/html/);
    expect(webhooks.map(({ version, status }) => [version, status])).toEqual([
      ['4', 'firing'],
      ['4', 'resolved'],
    ]);
    expect(webhooks[0]!.alerts[0]!.annotations['summary']).toMatch(
      new RegExp(`^Process ${burning.pid} burns [01]\\.\\d cores$`),
    );
    const history = (await (await fetch(`${url}/api/alerts/history`)).json()) as { data: unknown };
    expect(JSON.stringify(history.data)).toMatch(/firing.*pending/s);
  },
  3 * MINUTE_MS,
);

test(
  'SIGKILL of any of the three at random moments: no sample, line or alert is lost or doubled',
  async () => {
    const [port, agentPort, alertingPort] = [await freePort(), await freePort(), await freePort()];
    const [url, alertingUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${alertingPort}`];
    const [store, spool, state, logs] = Array.from({ length: 4 }, () => temporaryFolder()) as [
      string,
      string,
      string,
      string,
    ];
    const [{ address, mails }, { url: hook, webhooks }] = [await receiveMail(), await receiveWebhooks()];
    const burning = burnCpu();
    const rules = ruleFile(state, burning.pid);
    const file = join(logs, 'app.log');
    const starts = {
      aggregator: () => startBinnacle('aggregator', port, store, { 'store.fold-after': '3s' }),
      agent: () =>
        startBinnacle('agent', agentPort, spool, {
          'agent.interval': '1s',
          'agent.aggregator-url': url,
          'log-globs': join(logs, '*.log'),
        }),
      alerting: () =>
        startBinnacle('alerting', alertingPort, state, {
          'alerting.aggregator-url': url,
          'alerting.rules': rules,
          ...notify(address, hook),
        }),
    };
    const running = {
      aggregator: await starts.aggregator(),
      agent: await starts.agent(),
      alerting: await starts.alerting(),
    };

    const written: string[] = [];
    const stop = new AbortController();
    const writing = (async () => {
      for (let n = 0; !stop.signal.aborted; n++) {
        const line = `line ${n} ${'x'.repeat(n % 90)}`;
        appendFileSync(file, `${line}\n`);
        written.push(line);
        // Not before the agent has seen it: what was rotated before that is nobody's.
        if (n % 400 === 399 && n > 800) renameSync(file, `${file}.${n}`);
        await sleep(5);
      }
    })();
    for (const name of ['agent', 'aggregator', 'alerting', 'aggregator', 'alerting', 'agent'] as const) {
      await sleep(1000 + Math.random() * 2000);
      await running[name].kill('SIGKILL');
      await sleep(Math.random() * 1500);
      running[name] = await starts[name]();
    }
    const ofStatus = (status: string) => webhooks.filter((one) => one.status === status);
    await waitUntil(() => ofStatus('firing').length > 0 && mails.length > 0, {
      what: 'the alert',
      timeoutMs: 40_000,
    });
    await running.alerting.kill('SIGKILL');
    running.alerting = await starts.alerting();
    burning.stop();
    await waitUntil(
      () => ofStatus('resolved').length > 0 && mails.some(({ subject }) => subject.includes('RESOLVED')),
      {
        what: 'the resolution',
        timeoutMs: 40_000,
      },
    );
    stop.abort();
    await writing;

    const selector = { selector: '{job="files"}' };
    await waitUntil(async () => (await linesOf(url, selector)).length >= written.length, {
      what: 'all lines',
      timeoutMs: 30_000,
    });
    const found = await linesOf(url, selector);
    expect(found.length).toBe(written.length);
    expect(new Set(found)).toEqual(new Set(written));

    const times = (await samplesOf(url, 'up{job="node-exporter"}')).map(({ atMs }) => atMs);
    expect(new Set(times).size).toBe(times.length);
    expect(await ownMetric(url, 'binnacle_ingest_missing_batches_total')).toBe(0);

    // A crash between sending and noting it sends again, under the same name, by which a receiver knows it.
    for (const status of ['firing', 'resolved']) {
      expect(new Set(ofStatus(status).map(({ notificationId }) => notificationId)).size, status).toBe(1);
    }
    const subjects = new Map(mails.map(({ id, subject }) => [id, subject.slice(0, 18)]));
    expect([...subjects.values()]).toEqual(['[FIRING:1] Burning', '[RESOLVED] Burning']);
    expect(await alertStates(alertingUrl)).toEqual([]);
  },
  4 * MINUTE_MS,
);
