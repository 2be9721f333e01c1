import { isLoopback } from '../lib/loopback.ts';
import {
  address,
  choice,
  duration,
  list,
  path,
  secretFile,
  text,
  url,
  type SettingsOf,
  type SettingsTable,
} from '../lib/settings.ts';

/** Only where a URL leads to. */
function maskPath(text: string): string {
  return `${URL.parse(text)?.origin ?? ''}/***`;
}

/** What alerting needs wherever it runs. */
export const alertingSettings = {
  dataDir: path({ key: 'data-dir', default: './data', doc: 'Where everything is kept.' }),
  rules: list({
    key: 'alerting.rules',
    default: [],
    doc: 'Rule files in the format of Prometheus, with * and ** as wildcards. Default: rules for a host, see `alerting/rules/host.yaml`.',
  }),
  intervalMs: duration({
    key: 'alerting.interval',
    default: '15s',
    min: '1s',
    max: '1h',
    doc: 'Time between two evaluations of a group of rules that sets none itself.',
  }),
  externalLabels: list({
    key: 'alerting.external-labels',
    default: [],
    doc: 'Labels such as `cluster=east` that every alert is sent with.',
  }),
  externalUrl: url({
    key: 'alerting.external-url',
    doc: 'Where people find this Binnacle, for the links in notifications. Default: where the page answers.',
  }),
  repeatMs: duration({
    key: 'alerting.repeat-interval',
    default: '4h',
    min: '1m',
    doc: 'Alerts that keep firing are told again after this time.',
  }),
  historyAgeMs: duration({
    key: 'alerting.history-age',
    default: '30d',
    min: '1h',
    doc: 'How long the history of alerts is kept.',
  }),
  notificationAgeMs: duration({
    key: 'alerting.notification-age',
    default: '1d',
    min: '1m',
    doc: 'A notification that could not be sent for this time is dropped.',
  }),
  timeoutMs: duration({
    key: 'alerting.notification-timeout',
    default: '10s',
    min: '100ms',
    max: '5m',
    doc: 'Longest wait for a mail server or webhook.',
  }),
  mailServer: address({
    key: 'alerting.mail.server',
    doc: 'The SMTP server that takes the mails, such as mail.example.org:587. Without it no mail is sent.',
  }),
  mailTls: choice({
    key: 'alerting.mail.tls',
    choices: ['starttls', 'implicit', 'none'],
    default: 'starttls',
    doc: 'How the connection to the SMTP server is encrypted: required STARTTLS (port 587), from the start (465), or not.',
  }),
  mailUser: text({ key: 'alerting.mail.user', doc: 'User at the SMTP server.' }),
  mailPasswordFile: secretFile({
    key: 'alerting.mail.password-file',
    doc: 'File with the password of that user.',
  }),
  mailFrom: text({ key: 'alerting.mail.from', doc: 'Sender, such as `Binnacle <binnacle@example.org>`.' }),
  mailTo: list({ key: 'alerting.mail.to', default: [], doc: 'Addresses that every notification goes to.' }),
  webhookUrls: {
    ...list({
      key: 'alerting.webhook.urls',
      default: [],
      doc: "URLs that every notification is posted to, in the format of Alertmanager's webhook.",
    }),
    // Who knows such a URL may often post there.
    show: (urls: readonly string[]) => urls.map(maskPath).join(','),
    mask: maskPath,
  },
  webhookTokenFile: secretFile({
    key: 'alerting.webhook.token-file',
    doc: 'File with the token to show to the webhooks.',
  }),
} satisfies SettingsTable;

/** What it needs besides when it is a process of its own. */
export const alertingProcessSettings = {
  listen: address({
    key: 'listen',
    default: '127.0.0.1:4402',
    doc: 'Where alerting tells its alerts, health and metrics. Other than loopback only with a token.',
  }),
  tokenFile: secretFile({ key: 'token-file', doc: 'File with the token that whoever asks has to show.' }),
  aggregatorUrl: url({
    key: 'alerting.aggregator-url',
    default: 'http://127.0.0.1:4400',
    doc: 'The aggregator that answers the queries of the rules.',
  }),
  aggregatorTokenFile: secretFile({
    key: 'alerting.aggregator-token-file',
    doc: 'File with the token to show to the aggregator.',
  }),
} satisfies SettingsTable;

export type AlertingSettings = SettingsOf<typeof alertingSettings>;
export type AlertingProcessSettings = SettingsOf<typeof alertingProcessSettings>;

const MAIL_ADDRESS = /^(?:[^<>@\r\n]*<)?[^\s<>@,]+@[\w.-]+>?$/;
const LABEL = /^([A-Za-z_]\w*)=(.*)$/s;

/** What must hold between settings; each fault as a sentence. */
export function checkAlerting(settings: AlertingSettings): string[] {
  const faults = settings.externalLabels
    .filter((label) => !LABEL.test(label))
    .map((label) => `alerting.external-labels: ${JSON.stringify(label)} is not name=value`);
  // A webhook's URL is often a secret itself, so it is not told.
  settings.webhookUrls.forEach((webhook, i) => {
    const { protocol } = URL.parse(webhook) ?? {};
    if (protocol === 'http:' || protocol === 'https:') return;
    faults.push(
      `alerting.webhook.urls: number ${i + 1} is not a URL such as https://hooks.example.org/alerts`,
    );
  });
  if (settings.webhookTokenFile !== undefined && settings.webhookUrls.length === 0) {
    faults.push('alerting.webhook.token-file is set, but no alerting.webhook.urls to show it to');
  }
  return [...faults, ...checkMail(settings)];
}

function checkMail(settings: AlertingSettings): string[] {
  const { mailServer, mailFrom, mailTo, mailUser, mailPasswordFile, mailTls } = settings;
  const faults = [...(mailFrom === undefined ? [] : [mailFrom]), ...mailTo]
    .filter((one) => !MAIL_ADDRESS.test(one))
    .map((one) => `${JSON.stringify(one)} is not a mail address such as ops@example.org`);
  const missing = [
    ...(mailServer === undefined ? ['alerting.mail.server'] : []),
    ...(mailFrom === undefined ? ['alerting.mail.from'] : []),
    ...(mailTo.length === 0 ? ['alerting.mail.to'] : []),
  ];
  if (missing.length > 0 && missing.length < 3) {
    faults.push(
      `mail needs alerting.mail.server, alerting.mail.from and alerting.mail.to: ${missing.join(' and ')} is missing`,
    );
  }
  if ((mailUser === undefined) !== (mailPasswordFile === undefined)) {
    faults.push('alerting.mail.user and alerting.mail.password-file go together: one is missing');
  }
  if (
    mailUser !== undefined &&
    mailTls === 'none' &&
    mailServer !== undefined &&
    !isLoopback(mailServer.host)
  ) {
    faults.push('alerting.mail.tls is none: the password would be readable on the way to the mail server');
  }
  return faults;
}

/** The same for alerting as a process of its own. */
export function checkAlertingProcess(settings: AlertingSettings & AlertingProcessSettings): string[] {
  const { listen, tokenFile } = settings;
  const faults = checkAlerting(settings);
  if (isLoopback(listen.host) || tokenFile !== undefined) return faults;
  return [
    ...faults,
    `listen is ${listen.host}, which others can reach: set token-file, or listen at 127.0.0.1`,
  ];
}

/** The labels of `alerting.external-labels`, which have been checked. */
export function externalLabelsOf({ externalLabels }: AlertingSettings): Map<string, string> {
  return new Map(
    externalLabels.map((label) => {
      const [, name = '', value = ''] = LABEL.exec(label) ?? [];
      return [name, value];
    }),
  );
}
