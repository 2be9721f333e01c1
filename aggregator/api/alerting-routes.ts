import type { FastifyInstance } from 'fastify';

import { Fault, reasonOf } from '../../lib/fault.ts';
import { sendFault, whenGone } from './send-answer.ts';

/** Where alerting runs as a process of its own. */
export interface RemoteAlerting {
  /** Without a slash at the end. */
  readonly url: string;
  /** Read before each request, since a token may be replaced. */
  readonly token: () => string | undefined;
  readonly fetch: typeof fetch;
}

/** What is answered without any alerting. */
const NOTHING: Readonly<Record<string, unknown>> = {
  '/api/v1/rules': { status: 'success', data: { groups: [] } },
  '/api/v1/alerts': { status: 'success', data: { alerts: [] } },
  '/alertmanager/api/v2/alerts': [],
  '/api/alerts/history': { status: 'success', data: { transitions: [] } },
};

const TIMEOUT_MS = 10_000;

/**
 * The routes of alerting on an aggregator that runs without it: handed on to the process that `alerting` names, or
 * answered as of no rules.
 */
export function addAlertingRoutes(server: FastifyInstance, alerting: RemoteAlerting | undefined): void {
  for (const [path, nothing] of Object.entries(NOTHING)) {
    server.get(path, async (request, reply) => {
      if (alerting === undefined) return nothing;
      try {
        const { status, body } = await handOn(alerting, request.url, whenGone(reply));
        return await reply.code(status).type('application/json; charset=utf-8').send(body);
      } catch (thrown) {
        return sendFault(reply, thrown);
      }
    });
  }
}

async function handOn(
  { url, token, fetch }: RemoteAlerting,
  path: string,
  gone: AbortSignal,
): Promise<{ status: number; body: Buffer }> {
  const shown = token();
  try {
    const response = await fetch(`${url}${path}`, {
      redirect: 'error',
      signal: AbortSignal.any([gone, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: shown === undefined ? {} : { authorization: `Bearer ${shown}` },
    });
    const body = Buffer.from(await response.arrayBuffer());
    // Its refusal of our token is none of the asker's.
    if (response.status === 401) throw new Error('it wants another token (setting api.alerting-token-file)');
    return { status: response.status, body };
  } catch (cause) {
    const why = `alerting gives no answer at ${url} (setting api.alerting-url): ${reasonOf(cause)}`;
    throw new Fault('unavailable', why, { retry: true });
  }
}
