import { Fault, reasonOf } from '../../lib/fault.ts';
import { goTime } from './go-time.ts';
import type { NotifiedAlert, Notification } from './notification.ts';
import type { Receiver } from './receiver.ts';

export interface WebhookOptions {
  readonly name: string;
  /** User and password in it are sent as basic authentication. */
  readonly url: string;
  /** Read before each request, since a token may be replaced. */
  readonly token: () => string | undefined;
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
}

/** Refusals of this very notification; all other answers than 2xx may be different the next time. */
const REFUSED = new Set([400, 404, 410, 413, 415, 422]);

/** Posts Alertmanager's JSON (prometheus/docs `alerting/configuration.md`, webhook_config) to a URL. */
export function webhookReceiver(options: WebhookOptions): Receiver {
  const { name, timeoutMs } = options;
  const url = new URL(options.url);
  // The path is often what lets one post there, and this is logged.
  const shown = url.origin;
  const basic = url.username === '' ? undefined : basicOf(url);
  url.username = '';
  url.password = '';
  const send = async (notification: Notification): Promise<void> => {
    let response: Response;
    try {
      const token = options.token();
      const authorization = token === undefined ? basic : `Bearer ${token}`;
      response = await options.fetch(url, {
        method: 'POST',
        // Credentials and alerts are for this server alone.
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Binnacle',
          'x-binnacle-notification-id': notification.id,
          ...(authorization !== undefined && { authorization }),
        },
        body: JSON.stringify(webhookBody(name, notification)),
      });
    } catch (cause) {
      throw new Fault('unreachable', `${shown} can't be reached: ${reasonOf(cause)}`, { retry: true });
    }
    const { status } = response;
    await response.body?.cancel().catch(() => undefined);
    if (response.ok) return;
    const redirect =
      status >= 300 && status < 400 ? ', and redirects are not followed: set the URL that it leads to' : '';
    throw new Fault(`http_${status}`, `${shown} answers ${status}${redirect}`, {
      retry: !REFUSED.has(status),
    });
  };
  return { name, send };
}

function basicOf({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** Alertmanager's webhook body, version 4. */
export function webhookBody(receiver: string, notification: Notification): Record<string, unknown> {
  const { groupKey, status, groupLabels, externalUrl, alerts } = notification;
  return {
    receiver,
    status,
    alerts: alerts.map(alertBody),
    groupLabels,
    commonLabels: commonOf(alerts.map(({ labels }) => labels)),
    commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    version: '4',
    groupKey,
    truncatedAlerts: 0,
  };
}

function alertBody(alert: NotifiedAlert): Record<string, unknown> {
  const { status, labels, annotations, startsAtMs, endsAtMs, generatorUrl, fingerprint } = alert;
  return {
    status,
    labels,
    annotations,
    startsAt: goTime(startsAtMs),
    endsAt: goTime(endsAtMs),
    generatorURL: generatorUrl,
    fingerprint,
  };
}

/** The pairs that are in all of them. */
export function commonOf(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((one) => one[name] === value)),
  );
}
