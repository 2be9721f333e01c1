import { RE2JS } from 're2js';

import { Fault, reasonOf } from '../../lib/fault.ts';
import { toNotified, type NotificationContext } from '../notify/notification.ts';
import type { Group } from '../state/group.ts';

const MATCHER = /^\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*$/s;

/** Alerts are sent anew at each evaluation, but seen as such once a minute at most (Prometheus's resend delay). */
const RESEND_MS = 60_000;

/**
 * The answer of Alertmanager's `GET /api/v2/alerts` (alertmanager `api/v2/openapi.yaml`): what fires and passes all
 * `filters`, such as `severity=~"page|warn"`. Throws a Fault `bad_data`.
 */
export function alertmanagerAlerts(
  groups: readonly Group[],
  filters: readonly string[],
  receivers: readonly string[],
  context: NotificationContext,
): Record<string, unknown>[] {
  const matchers = filters.map(parseMatcher);
  return groups.flatMap((group) => {
    const updatedMs = group.lastEvaluationMs ?? 0;
    const endsMs = updatedMs + 4 * Math.max(group.intervalMs, RESEND_MS);
    return group.statuses
      .flatMap(({ alerts }) => [...alerts.values()])
      .filter(({ state }) => state === 'firing')
      .map((alert) => toNotified(alert, context))
      .filter(({ labels }) => matchers.every((matches) => matches(labels)))
      .map(({ labels, annotations, startsAtMs, generatorUrl, fingerprint }) => ({
        annotations,
        endsAt: new Date(endsMs).toISOString(),
        fingerprint,
        receivers: receivers.map((name) => ({ name })),
        startsAt: new Date(startsAtMs).toISOString(),
        status: { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' },
        updatedAt: new Date(updatedMs).toISOString(),
        generatorURL: generatorUrl,
        labels,
      }));
  });
}

type Matches = (labels: Readonly<Record<string, string>>) => boolean;

function parseMatcher(text: string): Matches {
  const [, name = '', op, quoted, bare = ''] = MATCHER.exec(text) ?? [];
  if (op === undefined)
    throw new Fault('bad_data', `filter ${JSON.stringify(text)} is not like name="value"`);
  const wanted =
    quoted === undefined
      ? bare
      : quoted.replace(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char));
  if (op === '=') return (labels) => (labels[name] ?? '') === wanted;
  if (op === '!=') return (labels) => (labels[name] ?? '') !== wanted;
  try {
    const pattern = RE2JS.compile(`^(?s:${wanted})$`);
    const matches = (value: string): boolean => pattern.matcher(value).matches();
    return (labels) => matches(labels[name] ?? '') === (op === '=~');
  } catch (thrown) {
    throw new Fault(
      'bad_data',
      `the regular expression of filter ${JSON.stringify(text)} is wrong: ${reasonOf(thrown)}`,
    );
  }
}
