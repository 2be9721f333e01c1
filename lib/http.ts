import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';

import { reasonOf } from './fault.ts';
import { gzipAnswer } from './gzip-answer.ts';
import type { Log } from './log.ts';
import { isLoopback } from './loopback.ts';
import type { Address } from './settings.ts';

/**
 * The HTTP server that every part has: limits on slow and large clients, who may ask, the part's own health
 * and metrics, and the headers that keep a page to itself.
 */
export interface HttpOptions {
  /** Who shows it may ask everything. Without one the server must listen at loopback alone. */
  readonly token: string | undefined;
  /** Bytes of a request body as it comes. */
  readonly maxBodyBytes: number;
  readonly registry: Registry;
  readonly log: Log;
  /** Asked anew at each probe. */
  checks(): readonly HealthCheck[];
}

/** One thing that must be well. `run` returns why it is not. */
export interface HealthCheck {
  readonly name: string;
  /** `live`: a restart may help; also asked by /readyz. `ready`: only /readyz asks. */
  readonly kind: 'live' | 'ready';
  run(): string | undefined;
}

/** Asked by probes, which carry no token. */
const OPEN_PATHS = new Set(['/livez', '/readyz', '/healthz', '/-/healthy', '/-/ready']);

const SLOW_CLIENT_MS = 30_000;
const MAX_CONNECTIONS = 2000;

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Makes the server with its common routes; the caller adds its own and listens. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: options.maxBodyBytes,
    requestTimeout: SLOW_CLIENT_MS,
    connectionTimeout: 2 * SLOW_CLIENT_MS,
    keepAliveTimeout: 2 * SLOW_CLIENT_MS,
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true },
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply: FastifyReply) =>
      void reply.code(400).send({ status: 'error', errorType: 'bad_data', error: error.message }),
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers(HEADERS);
    const refusal = OPEN_PATHS.has(request.url.split('?')[0] as string)
      ? undefined
      : refuse(request, options);
    if (refusal) await refusal(reply);
  });
  server.addHook('onSend', async (request, reply, payload) => packed(request, reply, payload));
  server.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) options.log.error('a request failed', { reason: error.stack ?? reasonOf(error) });
    await reply.code(status).send({ status: 'error', errorType: errorType(status), error: error.message });
  });
  server.setNotFoundHandler(async (request, reply) => {
    const error = `there is nothing at ${request.method} ${request.url.slice(0, 200)}`;
    await reply.code(404).send({ status: 'error', errorType: 'not_found', error });
  });
  addHealth(server, options);
  server.get('/metrics', async (_request, reply) => {
    void reply.type(options.registry.contentType);
    return options.registry.metrics();
  });
  return server;
}

/** Listens and returns the address as a URL without a slash at the end. */
export async function listen(server: FastifyInstance, { host, port }: Address): Promise<string> {
  await server.listen({ host, port });
  const bound = server.server.address();
  const actual = typeof bound === 'object' && bound ? bound.port : port;
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${actual}`;
}

/** Kubernetes's form: a line a check; the reasons are told, they name files and nodes and no secrets. */
function addHealth(server: FastifyInstance, options: HttpOptions): void {
  const probe = (path: string, asks: (check: HealthCheck) => boolean): void => {
    server.get(path, async (_request, reply) => {
      const results = options
        .checks()
        .filter(asks)
        .map((check) => ({ check, reason: check.run() }));
      const failed = results.some(({ reason }) => reason !== undefined);
      const lines = results.map(({ check: { name }, reason }) =>
        reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`,
      );
      lines.push(`${path.split('/').at(-1)} check ${failed ? 'failed' : 'passed'}`, '');
      return reply
        .code(failed ? 503 : 200)
        .type('text/plain; charset=utf-8')
        .send(lines.join('\n'));
    });
  };
  probe('/livez', ({ kind }) => kind === 'live');
  probe('/readyz', () => true);
  probe('/healthz', () => true);
  // Prometheus's names of them.
  probe('/-/healthy', ({ kind }) => kind === 'live');
  probe('/-/ready', () => true);
}

/** The payload for a client that takes gzip, if it is text and not packed yet. */
async function packed(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const isWhole = typeof payload === 'string' || payload instanceof Uint8Array;
  if (!isWhole || reply.hasHeader('content-encoding')) return payload;
  const type = String(reply.getHeader('content-type') ?? '');
  const body = await gzipAnswer(payload, type, request.headers['accept-encoding'] ?? '');
  if (body === undefined) return payload;
  void reply.header('content-encoding', 'gzip').header('vary', 'accept-encoding');
  return body;
}

/**
 * Undefined when the request may go on. With a token: bearer, or basic with the token as the password, which
 * a browser asks for by itself. Without: the name that was asked for must be this host's own, so that no
 * page from elsewhere can reach it under a name of its own (DNS rebinding).
 */
function refuse(
  request: FastifyRequest,
  { token }: HttpOptions,
): ((reply: FastifyReply) => Promise<void>) | undefined {
  if (token === undefined) {
    const host = request.hostname.replace(/^\[|\]$/g, '');
    if (isLoopback(host) || isIP(host) > 0) return undefined;
    const error = `the name ${JSON.stringify(host.slice(0, 100))} is not this host's: ask for 127.0.0.1, or set a token (setting token-file)`;
    return async (reply) =>
      void (await reply.code(421).send({ status: 'error', errorType: 'forbidden', error }));
  }
  if (sameSecret(shownToken(request.headers.authorization), token)) return undefined;
  const error = 'a token is needed: Authorization: Bearer <token>, or Basic with the token as the password';
  return async (reply) =>
    void (await reply
      .code(401)
      .header('www-authenticate', 'Basic realm="Binnacle", charset="UTF-8"')
      .send({ status: 'error', errorType: 'unauthorized', error }));
}

function shownToken(header: string | undefined): string {
  const [scheme = '', value = ''] = (header ?? '').split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return '';
  const pair = Buffer.from(value, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}

function sameSecret(shown: string, token: string): boolean {
  const left = Buffer.from(shown);
  const right = Buffer.from(token);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Prometheus's names for kinds of errors. */
function errorType(status: number): string {
  if (status === 503) return 'unavailable';
  return status >= 500 ? 'internal' : 'bad_data';
}
