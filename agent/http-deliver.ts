import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import { reasonOf } from '../lib/fault.ts';
import type { Deliver, Delivery } from './sender.ts';

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface HttpDeliverOptions {
  /** Of the aggregator, without a slash at the end. */
  readonly url: string;
  /** Read before each request, since a token may be replaced. */
  readonly token: () => string | undefined;
}

/** Delivers over one kept connection; wire/FORMAT.md has the answers. Close gives the connection back. */
export function httpDeliver({ url, token }: HttpDeliverOptions): { deliver: Deliver; close: () => void } {
  const secure = url.startsWith('https:');
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const send = secure ? httpsRequest : httpRequest;
  const deliver: Deliver = (what, body) =>
    new Promise((resolve) => {
      const fail = (message: string): void =>
        resolve({ ok: false, code: 'unreachable', message, retry: true });
      let shown: string | undefined;
      try {
        shown = token();
      } catch (thrown) {
        fail(`the token can't be read: ${reasonOf(thrown)}`);
        return;
      }
      const path = what === 'batch' ? '/api/v1/agent/batches' : '/api/v1/agent/schemas';
      const request = send(`${url}${path}`, {
        method: 'POST',
        agent,
        timeout: TIMEOUT_MS,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': body.length,
          ...(shown !== undefined && { authorization: `Bearer ${shown}` }),
        },
      });
      request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      request.on('error', (error) => fail(`${url} can't be reached: ${reasonOf(error)}`));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
        });
        response.on('error', (error) => fail(`${url} broke off: ${reasonOf(error)}`));
        response.on('end', () =>
          resolve(readAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString(), url)),
        );
      });
      request.end(body);
    });
  return { deliver, close: () => agent.destroy() };
}

/** Statuses by which the aggregator says that these bytes will never be taken. */
const FINAL = new Set([400, 413, 415]);

/** What decides over a batch must be the aggregator's own word: a proxy, or a wrong address, answers 200 or 400 too. */
function readAnswer(status: number, text: string, url: string): Delivery {
  const told = parse(text);
  if (status === 200 && told['status'] === 'ok') return { ok: true };
  const message = typeof told['error'] === 'string' ? told['error'] : text.slice(0, 200);
  const code = typeof told['code'] === 'string' ? told['code'] : `http_${status}`;
  const schemas = told['schemas'];
  if (status === 409 && Array.isArray(schemas)) {
    return {
      ok: false,
      code,
      message,
      retry: false,
      schemas: schemas.filter((hash) => typeof hash === 'string'),
    };
  }
  return {
    ok: false,
    code,
    message: `${url} answers ${status}: ${message}`,
    retry: !(FINAL.has(status) && told['status'] === 'error'),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
