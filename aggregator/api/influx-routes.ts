import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { IngestAnswer } from './ingest-answer.ts';

/** Of every answer of this API. The version is the one whose API it is; clients look at it before they write. */
export const INFLUX_HEADERS = { 'x-influxdb-version': '1.8.0', 'x-influxdb-build': 'OSS' } as const;

/** What clients say at their start to make a place for what they write; here there is always one. */
const PREPARING = /^\s*(create\s+(database|retention\s+policy)|alter\s+retention\s+policy)\s/i;

const CODES: Readonly<Record<number, string>> = {
  413: 'request too large',
  500: 'internal error',
  503: 'unavailable',
};

/** What clients of InfluxDB ask before they write. */
export function addInfluxRoutes(server: FastifyInstance): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', async (_request, reply) => void reply.headers(INFLUX_HEADERS));
    scope.get('/ping', async (_request, reply) => reply.code(204).send());
    scope.route({ method: ['GET', 'POST'], url: '/query', handler: query });
  });
}

/** Tells a client what became of its lines. */
export const answerInflux: IngestAnswer = (reply, result) => {
  if (result.ok) return reply.code(204).send();
  const { message, samples, refused = 0 } = result;
  if (samples === undefined) return sendError(reply, message);
  // Clients know by these words that the others are taken, and do not send all of them again.
  return sendError(reply, `partial write: ${message} dropped=${refused}`);
};

/** `error` for clients of 1.x, `code` and `message` for those of 2.x; the status is set already. */
function sendError(reply: FastifyReply, error: string): FastifyReply {
  return reply.send({ error, code: CODES[reply.statusCode] ?? 'invalid', message: error });
}

/** Answers what a client says before it writes; what is stored is asked by PromQL. */
async function query({ url, body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const form = new URLSearchParams(typeof body === 'string' ? body : '');
  const q = new URL(url, 'http://localhost').searchParams.get('q') || (form.get('q') ?? '');
  const statements = q.split(';').filter((statement) => statement.trim() !== '');
  if (statements.length === 0) return sendError(reply.code(400), 'missing required parameter "q"');
  const other = statements.find((statement) => !PREPARING.test(statement));
  if (other === undefined) return reply.send({ results: statements.map((_, id) => ({ statement_id: id })) });
  const statement = JSON.stringify(other.trim().slice(0, 80));
  return sendError(
    reply.code(400),
    `${statement} is not answered here: what is stored is asked by PromQL, at /api/v1/query`,
  );
}
