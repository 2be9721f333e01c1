import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

import type { Clock } from '../lib/clock.ts';
import { Fault, reasonOf } from '../lib/fault.ts';
import { createHttpServer, listen, type HealthCheck } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';
import type { Running } from '../lib/running.ts';
import { readToken } from '../lib/token.ts';
import { addAlertingApi } from './api/alerting-api.ts';
import { Engine } from './engine.ts';
import { httpQuery } from './http-query.ts';
import { mailReceiver } from './notify/mail.ts';
import type { Receiver } from './notify/receiver.ts';
import { webhookReceiver } from './notify/webhook.ts';
import type { Query } from './query.ts';
import { readRuleFiles } from './rules/read-rule-files.ts';
import { externalLabelsOf, type AlertingProcessSettings, type AlertingSettings } from './settings.ts';

export interface AlertingProcessParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly registry: Registry;
}

export interface AlertingParts extends AlertingProcessParts {
  readonly query: Query;
  /** Where the page is, when `alerting.external-url` says nothing else; without a slash at the end. */
  readonly externalUrl: string;
}

export interface RunningAlerting {
  readonly checks: readonly HealthCheck[];
  /** Adds the routes that show alerts and rules to a server. */
  api(server: FastifyInstance): void;
  /** Lets evaluations and tries to send that are under way end; what was not sent waits in the outbox. */
  close(): Promise<void>;
}

/** The default rules lie beside the sources; the bundle is one folder beside `alerting`. */
const BUNDLED = !import.meta.url.endsWith('.ts');
const DEFAULT_RULES = join(import.meta.dirname, BUNDLED ? '../alerting/rules/host.yaml' : 'rules/host.yaml');

const QUERY_TIMEOUT_MS = 60_000;
const MAX_BODY_BYTES = 64 * 1024;

/** Starts evaluating rules by `query`, and notifying. Throws a Fault for rule files that are wrong. */
export function startAlerting(settings: AlertingSettings, parts: AlertingParts): RunningAlerting {
  const { rules, dataDir, timeoutMs } = settings;
  const read = readRuleFiles(rules.length > 0 ? rules : [DEFAULT_RULES]);
  const folder = join(dataDir, 'alerting');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new Fault('state', `the folder ${folder} can't be made (setting data-dir): ${reasonOf(cause)}`);
  }
  const engine = new Engine({
    ...parts,
    read,
    file: join(folder, 'state.db'),
    intervalMs: settings.intervalMs,
    externalUrl: (settings.externalUrl ?? parts.externalUrl).replace(/\/+$/, ''),
    externalLabels: externalLabelsOf(settings),
    repeatMs: settings.repeatMs,
    historyAgeMs: settings.historyAgeMs,
    notificationAgeMs: settings.notificationAgeMs,
    receivers: (metrics) => [
      ...mailReceivers(settings, (addresses) => metrics.addressesRefused('mail', addresses.join(', '))),
      ...webhookReceivers(settings, timeoutMs),
    ],
  });
  engine.start();
  return {
    checks: engine.checks,
    api: (server) => addAlertingApi(server, engine.view),
    close: () => engine.close(),
  };
}

/** Starts alerting as a process of its own, asking an aggregator over HTTP. */
export async function startAlertingProcess(
  settings: AlertingSettings & AlertingProcessSettings,
  parts: AlertingProcessParts,
): Promise<Running> {
  const { log, registry } = parts;
  const aggregatorUrl = settings.aggregatorUrl.replace(/\/+$/, '');
  const token = settings.tokenFile === undefined ? undefined : readToken(settings.tokenFile, 'token-file');
  const query = httpQuery({
    url: aggregatorUrl,
    token: tokenFrom(settings.aggregatorTokenFile, 'alerting.aggregator-token-file'),
    timeoutMs: QUERY_TIMEOUT_MS,
    fetch,
  });
  const alerting = startAlerting(settings, { ...parts, query, externalUrl: aggregatorUrl });
  const checks = (): readonly HealthCheck[] => alerting.checks;
  const server = createHttpServer({ token, maxBodyBytes: MAX_BODY_BYTES, registry, log, checks });
  alerting.api(server);
  const close = async (): Promise<void> => {
    await server.close();
    await alerting.close();
  };
  try {
    const url = await listen(server, settings.listen);
    log.info('alerting evaluates', { url, aggregator: aggregatorUrl });
    return { url, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function mailReceivers(
  settings: AlertingSettings,
  onRefusedAddresses: (addresses: readonly string[]) => void,
): Receiver[] {
  const {
    mailServer: server,
    mailFrom: from,
    mailTo: to,
    mailTls: tls,
    mailUser: user,
    timeoutMs,
  } = settings;
  if (server === undefined || from === undefined) return [];
  const password = tokenFrom(settings.mailPasswordFile, 'alerting.mail.password-file');
  return [
    mailReceiver({ name: 'mail', server, tls, user, password, from, to, timeoutMs, onRefusedAddresses }),
  ];
}

function webhookReceivers(
  { webhookUrls, webhookTokenFile }: AlertingSettings,
  timeoutMs: number,
): Receiver[] {
  const token = tokenFrom(webhookTokenFile, 'alerting.webhook.token-file');
  return webhookUrls.map((url, i) =>
    webhookReceiver({ name: `webhook-${i + 1}`, url, token, timeoutMs, fetch }),
  );
}

/** Reads the file each time, as secrets are replaced; a first time at once, so that a wrong setting is told at start. */
function tokenFrom(file: string | undefined, setting: string): () => string | undefined {
  if (file === undefined) return () => undefined;
  readToken(file, setting);
  return () => readToken(file, setting);
}
