import type { FastifyInstance } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import type { Metadata } from '../ingest/metric-metadata.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { TaskLimits } from '../query/task.ts';
import { everything } from '../store/scope.ts';
import { askReader } from './ask-reader.ts';
import { parametersOf, sendFault, whenGone } from './send-answer.ts';

/** Metrics without metadata are looked for so far back. */
const LOOK_BACK_MS = 3_600_000;

/**
 * `/api/v1/metadata` of Prometheus's API: what senders told of their metrics; and of those that came in without, what
 * their names tell by Prometheus's conventions, without a help.
 */
export function addMetadata(
  server: FastifyInstance,
  {
    readers,
    clock,
    limits,
    metadata,
  }: {
    readonly readers: ReaderPool;
    readonly clock: Clock;
    readonly limits: TaskLimits;
    readonly metadata: () => ReadonlyMap<string, Metadata>;
  },
): void {
  server.get('/api/v1/metadata', async (request, reply) => {
    try {
      const parameters = parametersOf(request);
      const metric = parameters.optional('metric');
      const limit = parameters.count('limit', 0);
      // Each metric has one entry here.
      parameters.count('limit_per_metric', 0);
      const endMs = clock.nowMs();
      const question = {
        kind: 'label_values',
        name: '__name__',
        matches: [],
        startMs: endMs - LOOK_BACK_MS,
        endMs,
        limit: 0,
      } as const;
      const names = await askReader(readers, { question, scope: everything, limits }, whenGone(reply));
      const all = withGuesses(metadata(), names as string[]);
      const chosen = [...all].filter(([name]) => metric === '' || name === metric);
      const told = limit === 0 ? chosen : chosen.slice(0, limit);
      return { status: 'success', data: Object.fromEntries(told.map(([name, entry]) => [name, [entry]])) };
    } catch (thrown) {
      return sendFault(reply, thrown);
    }
  });
}

/** By name; metrics whose names tell nothing are left out. */
function withGuesses(
  known: ReadonlyMap<string, Metadata>,
  names: readonly string[],
): ReadonlyMap<string, Metadata> {
  const all = new Map(known);
  const add = (name: string, type: string): void => {
    if (!all.has(name)) all.set(name, { type, help: '', unit: '' });
  };
  for (const name of names) {
    if (name.endsWith('_total')) add(name, 'counter');
    else if (name.endsWith('_bucket')) add(name.slice(0, -'_bucket'.length), 'histogram');
    else if (name.endsWith('_info')) add(name, 'gauge');
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}
