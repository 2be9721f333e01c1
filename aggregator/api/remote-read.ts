import type { FastifyInstance } from 'fastify';

import { contentEncoding } from '../../lib/content-encoding.ts';
import { Fault } from '../../lib/fault.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { TaskLimits } from '../query/task.ts';
import { everything } from '../store/scope.ts';
import { expectType, PROTOBUF } from './media-type.ts';
import { sendAnswer } from './send-answer.ts';

/**
 * `POST /api/v1/read`: another Prometheus reads samples from here (prometheus/docs `querying/remote_read_api.md`), as
 * whole samples, which every reader takes.
 */
export function addRemoteRead(
  server: FastifyInstance,
  { readers, limits }: { readonly readers: ReaderPool; readonly limits: TaskLimits },
): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post('/api/v1/read', async (request, reply) =>
      sendAnswer(readers, request, reply, () => {
        expectType(request.headers['content-type'] ?? '', [PROTOBUF]);
        if (contentEncoding(request.headers['content-encoding'] ?? '') !== 'snappy')
          throw new Fault('bad_data', 'the request has to be packed: Content-Encoding: snappy');
        const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
        return { question: { kind: 'remote_read', body }, scope: everything, limits };
      }),
    );
  });
}
