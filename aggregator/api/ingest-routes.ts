import type { FastifyInstance, FastifyRequest } from 'fastify';

import { contentEncoding } from '../../lib/content-encoding.ts';
import { Fault } from '../../lib/fault.ts';
import type { AggregatorMetrics } from '../event.ts';
import { CONTENT_TYPE } from '../ingest/exposition.ts';
import type { BodyKind, IngestReply } from '../ingest/ingester.ts';
import type { Writer } from '../ingest/writer.ts';
import { answerInflux, INFLUX_HEADERS } from './influx-routes.ts';
import { answerAgent, answerPlainly, setStatus, type IngestAnswer } from './ingest-answer.ts';
import { BINARY, expectType, JSON_TYPE, mediaType, PROTOBUF } from './media-type.ts';
import { answerOtlp } from './otlp-answer.ts';

/** One way in. */
interface Route {
  readonly url: string;
  /** Names it in the metrics. */
  readonly source: string;
  /** What a body of this content type is. Throws a `Fault` `unsupported_type`. */
  readonly kindOf: (contentType: string) => BodyKind;
  readonly answer: IngestAnswer;
  /** Headers of every answer, with what was taken of a request, if it came so far. */
  readonly headers?: (reply?: IngestReply) => Record<string, string>;
}

const INFLUX: Omit<Route, 'url'> = {
  source: 'influx',
  // Clients name all sorts of types for their lines.
  kindOf: () => 'influx',
  answer: answerInflux,
  headers: () => INFLUX_HEADERS,
};

const ROUTES: readonly Route[] = [
  { url: '/api/v1/agent/batches', source: 'agent', kindOf: binary('batch'), answer: answerAgent },
  { url: '/api/v1/agent/schemas', source: 'agent', kindOf: binary('schemas'), answer: answerAgent },
  {
    url: '/api/v1/write',
    source: 'remote_write',
    kindOf: remoteWriteKind,
    answer: answerPlainly,
    headers: writtenHeaders,
  },
  {
    url: '/api/v1/import/prometheus',
    source: 'exposition',
    kindOf: expositionKind,
    answer: answerPlainly,
  },
  { url: '/v1/metrics', source: 'otlp', kindOf: otlpKind, answer: answerOtlp },
  { url: '/write', ...INFLUX },
  { url: '/api/v2/write', ...INFLUX },
];

/**
 * Where samples come in: the agents' own batches, Prometheus's remote write 1.0 and 2.0, the text that exporters
 * expose, OTLP/HTTP metrics, and InfluxDB's write API of 1.x and 2.x.
 */
export function addIngestRoutes(server: FastifyInstance, writer: Writer, metrics: AggregatorMetrics): void {
  void server.register(async (scope) => {
    // Bodies of any type stay bytes: the writer thread reads them.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const { url, source, kindOf, answer, headers } of ROUTES) {
      scope.route({
        method: 'POST',
        url,
        onRequest: async (_request, reply) => void reply.headers(headers?.() ?? {}),
        handler: async (request, reply) => {
          const result = await take(kindOf, request, writer);
          metrics.ingested(source, result);
          void reply.headers(headers?.(result) ?? {});
          setStatus(reply, result);
          return answer(reply, result, contentTypeOf(request));
        },
        // What the server itself refuses, such as a body that is too large.
        errorHandler: (error, request, reply) => {
          const result = refusalOf(error);
          setStatus(reply, result);
          void answer(reply, result, contentTypeOf(request));
        },
      });
    }
  });
}

async function take(kindOf: Route['kindOf'], request: FastifyRequest, writer: Writer): Promise<IngestReply> {
  const type = contentTypeOf(request);
  const encoding = request.headers['content-encoding'];
  try {
    const kind = kindOf(type);
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const query = new URL(request.url, 'http://localhost').searchParams;
    return await writer.take(kind, body, {
      ...(encoding !== undefined && { encoding: contentEncoding(encoding) }),
      parameters: [[CONTENT_TYPE, type], ...query],
    });
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    const { code, message, retry } = thrown;
    return { ok: false, code, message, retry };
  }
}

/** Throws what is nobody's refusal but a bug. */
function refusalOf(error: Error & { statusCode?: number }): IngestReply {
  const { statusCode = 500, message } = error;
  if (statusCode >= 500) throw error;
  return { ok: false, code: statusCode === 413 ? 'too_large' : 'bad_data', message, retry: false };
}

function contentTypeOf(request: FastifyRequest): string {
  return request.headers['content-type'] ?? '';
}

function binary(kind: BodyKind): Route['kindOf'] {
  return (type) => {
    expectType(type, [BINARY, PROTOBUF]);
    return kind;
  };
}

/**
 * The versions are different messages: read as the other each holds no series, and a 204 for it would lose them
 * all.
 */
function remoteWriteKind(type: string): BodyKind {
  expectType(type, [PROTOBUF, BINARY]);
  const message = /;\s*proto\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? 'prometheus.WriteRequest';
  if (message === 'prometheus.WriteRequest') return 'remote-write';
  if (message === 'io.prometheus.write.v2.Request') return 'remote-write-2';
  throw new Fault(
    'unsupported_type',
    `the message ${message.slice(0, 100)} is not taken, only prometheus.WriteRequest and io.prometheus.write.v2.Request`,
  );
}

/** Also what curl says of a body when it is not told, and nothing at all. */
function expositionKind(type: string): BodyKind {
  const types = ['text/plain', 'application/openmetrics-text', 'application/x-www-form-urlencoded', BINARY];
  if (type !== '') expectType(type, types);
  return 'exposition';
}

function otlpKind(type: string): BodyKind {
  expectType(type, [PROTOBUF, JSON_TYPE]);
  return mediaType(type) === JSON_TYPE ? 'otlp-json' : 'otlp-protobuf';
}

/** Remote write 2.0: a sender takes an answer without them for that of a receiver that knows 1.0 alone. */
function writtenHeaders(reply?: IngestReply): Record<string, string> {
  const written = 'x-prometheus-remote-write';
  return {
    [`${written}-samples-written`]: String(reply?.samples ?? 0),
    [`${written}-histograms-written`]: String(reply?.histograms ?? 0),
    [`${written}-exemplars-written`]: '0',
  };
}
