import type { FastifyInstance, FastifyReply } from 'fastify';

import { Fault } from '../../lib/fault.ts';
import { labelsToRecord } from '../../wire/labels.ts';
import { goTime } from '../notify/go-time.ts';
import type { NotificationContext } from '../notify/notification.ts';
import type { Group } from '../state/group.ts';
import type { PastTransition } from '../state/state-store.ts';
import { alertmanagerAlerts } from './alertmanager.ts';
import { alertsData, formatValue, rulesData } from './prometheus-rules.ts';

/** What is shown of alerting. */
export interface AlertingView {
  readonly groups: readonly Group[];
  readonly receivers: readonly string[];
  readonly context: NotificationContext;
  /** The newest first. */
  transitions(limit: number, sinceMs: number): PastTransition[];
}

const MOST_TRANSITIONS = 10_000;

/**
 * Adds the routes by which alerts are seen: those of Prometheus and Alertmanager that Grafana asks, and our own
 * for the past, `GET /api/alerts/history?limit=&since=` (`since` in seconds or RFC 3339).
 */
export function addAlertingApi(server: FastifyInstance, view: AlertingView): void {
  const route = (url: string, answer: (query: URLSearchParams) => unknown, bare = false): void => {
    server.get(url, async (request, reply) => {
      const query = new URLSearchParams(request.url.split('?')[1] ?? '');
      try {
        const data = answer(query);
        return bare ? data : { status: 'success', data };
      } catch (thrown) {
        return await refuse(reply, thrown);
      }
    });
  };
  route('/api/v1/rules', (query) =>
    rulesData(view.groups, {
      type: readType(query.get('type')),
      names: query.getAll('rule_name[]'),
      groups: query.getAll('rule_group[]'),
      files: query.getAll('file[]'),
      withAlerts: query.get('exclude_alerts') !== 'true',
    }),
  );
  route('/api/v1/alerts', () => alertsData(view.groups));
  route(
    '/alertmanager/api/v2/alerts',
    (query) =>
      query.get('active') === 'false'
        ? []
        : alertmanagerAlerts(view.groups, query.getAll('filter'), view.receivers, view.context),
    true,
  );
  route('/api/alerts/history', (query) => ({
    transitions: view
      .transitions(readLimit(query.get('limit')), readSince(query.get('since')))
      .map(transitionData),
  }));
}

function transitionData(transition: PastTransition): Record<string, unknown> {
  const { id, atMs, from, to, labels, annotations, value, activeAtMs } = transition;
  return {
    id,
    at: goTime(atMs),
    from,
    to,
    labels: labelsToRecord(labels),
    annotations,
    value: formatValue(value),
    activeAt: goTime(activeAtMs),
  };
}

function readType(text: string | null): 'alert' | 'record' | undefined {
  if (text === null || text === '') return undefined;
  if (text === 'alert' || text === 'record') return text;
  throw new Fault('bad_data', `invalid parameter "type": ${JSON.stringify(text)} is not alert or record`);
}

function readLimit(text: string | null): number {
  if (text === null || text === '') return 100;
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Math.min(Number(text), MOST_TRANSITIONS);
  throw new Fault(
    'bad_data',
    `invalid parameter "limit": ${JSON.stringify(text)} is not a number such as 100`,
  );
}

function readSince(text: string | null): number {
  if (text === null || text === '') return 0;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text);
  if (Number.isFinite(ms)) return Math.round(ms);
  const right = 'seconds since 1970 or RFC 3339, e.g. 2026-01-31T12:00:00Z';
  throw new Fault('bad_data', `invalid parameter "since": cannot parse ${JSON.stringify(text)}: ${right}`);
}

async function refuse(reply: FastifyReply, thrown: unknown): Promise<FastifyReply> {
  if (!(thrown instanceof Fault)) throw thrown;
  return reply.code(400).send({ status: 'error', errorType: thrown.code, error: thrown.message });
}
