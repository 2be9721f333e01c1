import { escapeHtml } from '../../lib/go-template/builtins.ts';
import { goTime } from './go-time.ts';
import type { NotifiedAlert, Notification } from './notification.ts';
import { commonOf } from './webhook.ts';

/** Alerts that one mail tells in full. */
const MAX_ALERTS = 50;
const MAX_SUBJECT_CHARS = 200;

export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * The words of a mail. Labels and annotations come from anywhere: they are text in both parts, and the subject is
 * one line.
 */
export function mailText(notification: Notification): MailText {
  const { alerts, groupLabels, externalUrl } = notification;
  const firing = alerts.filter(({ status }) => status === 'firing');
  const resolved = alerts.filter(({ status }) => status === 'resolved');
  const name = groupLabels['alertname'] ?? '';
  const { alertname: _, ...common } = commonOf(alerts.map(({ labels }) => labels));
  const what = firing.length > 0 ? `FIRING:${firing.length}` : 'RESOLVED';
  const where = Object.entries(common).map(([label, value]) => `${label}=${value}`);
  const subject = `[${what}] ${name}${where.length > 0 ? ` (${where.join(', ')})` : ''}`;
  const shown = [...firing, ...resolved].slice(0, MAX_ALERTS);
  const more = alerts.length - shown.length;
  const rest = more > 0 ? `and ${more} more` : '';
  const foot = `Binnacle: ${externalUrl}/`;
  return {
    subject: oneLine(subject),
    text: [...shown.map(alertText), ...(rest === '' ? [] : [rest]), foot].join('\n\n').concat('\n'),
    html: [
      '<!doctype html><html><body style="font-family:sans-serif;color:#222;max-width:48em">',
      ...shown.map(alertHtml),
      ...(rest === '' ? [] : [`<p>${escapeHtml(rest)}</p>`]),
      `<p style="color:#666;font-size:small">Binnacle: <a href="${escapeHtml(externalUrl)}/">${escapeHtml(externalUrl)}/</a></p>`,
      '</body></html>\n',
    ].join('\n'),
  };
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > MAX_SUBJECT_CHARS ? `${line.slice(0, MAX_SUBJECT_CHARS)}…`.toWellFormed() : line;
}

function stateOf({ status, startsAtMs, endsAtMs }: NotifiedAlert): string {
  const since = `since ${goTime(startsAtMs)}`;
  return status === 'firing' ? `FIRING ${since}` : `RESOLVED at ${goTime(endsAtMs)}, fired ${since}`;
}

function alertText(alert: NotifiedAlert): string {
  const { labels, annotations, generatorUrl } = alert;
  const { summary, ...others } = annotations;
  return [
    summary ?? labels['alertname'] ?? '',
    stateOf(alert),
    ...Object.values(others).map((value) => `\n${value}\n`),
    ...Object.entries(labels).map(([name, value]) => `  ${name}: ${value}`),
    `  ${generatorUrl}`,
  ].join('\n');
}

function alertHtml(alert: NotifiedAlert): string {
  const { labels, annotations, generatorUrl, status } = alert;
  const { summary, ...others } = annotations;
  const colour = status === 'firing' ? '#b00020' : '#1b6e3c';
  const rows = Object.entries(labels).map(
    ([name, value]) =>
      `<tr><td style="color:#666;padding-right:1em">${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`,
  );
  return [
    `<h2 style="font-size:1.1em;border-left:4px solid ${colour};padding-left:.6em">${escapeHtml(summary ?? labels['alertname'] ?? '')}</h2>`,
    `<p><b style="color:${colour}">${escapeHtml(stateOf(alert))}</b></p>`,
    ...Object.values(others).map((value) => `<p style="white-space:pre-wrap">${escapeHtml(value)}</p>`),
    `<table style="font-size:small">${rows.join('')}</table>`,
    `<p><a href="${escapeHtml(generatorUrl)}">See the graph</a></p>`,
  ].join('\n');
}
