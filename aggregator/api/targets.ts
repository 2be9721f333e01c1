import type { FastifyInstance } from 'fastify';

import type { Clock } from '../../lib/clock.ts';
import type { ReaderPool } from '../query/reader-pool.ts';
import type { TaskLimits } from '../query/task.ts';
import { everything } from '../store/scope.ts';
import { askReader } from './ask-reader.ts';
import { parametersOf, sendFault, whenGone } from './send-answer.ts';

type Metric = Readonly<Record<string, string>>;

interface Sample {
  readonly metric: Metric;
  readonly value: readonly [number, string];
}

const ACTIVE = ['any', 'active', 'dropped'] as const;

/**
 * `/api/v1/targets` and `/api/v1/scrape_pools` of Prometheus's API, told from what came in: whatever has a series `up`
 * now is an active target. Who scrapes it where and how often is known to the scraper alone.
 */
export function addTargets(
  server: FastifyInstance,
  {
    readers,
    clock,
    limits,
  }: { readonly readers: ReaderPool; readonly clock: Clock; readonly limits: TaskLimits },
): void {
  const ask = async (query: string, timeMs: number, gone: AbortSignal): Promise<readonly Sample[]> => {
    const question = { kind: 'instant', query, timeMs } as const;
    const data = await askReader(readers, { question, scope: everything, limits }, gone);
    return (data as { result: readonly Sample[] }).result;
  };
  server.get('/api/v1/targets', async (request, reply) => {
    try {
      const parameters = parametersOf(request);
      const state = parameters.choice('state', ACTIVE);
      const pool = parameters.optional('scrapePool');
      const gone = whenGone(reply);
      const timeMs = clock.nowMs();
      const queries = ['up', 'timestamp(up)', 'scrape_duration_seconds'];
      const [ups, times, durations] = await Promise.all(queries.map((query) => ask(query, timeMs, gone)));
      const targets = targetsOf(ups ?? [], times ?? [], durations ?? []);
      const activeTargets = targets.filter(
        ({ scrapePool }) => state !== 'dropped' && (pool === '' || pool === scrapePool),
      );
      return { status: 'success', data: { activeTargets, droppedTargets: [], droppedTargetCounts: {} } };
    } catch (thrown) {
      return sendFault(reply, thrown);
    }
  });
  server.get('/api/v1/scrape_pools', async (_request, reply) => {
    try {
      const ups = await ask('group by (job) (up)', clock.nowMs(), whenGone(reply));
      return {
        status: 'success',
        data: { scrapePools: ups.map(({ metric }) => metric['job'] ?? '').sort() },
      };
    } catch (thrown) {
      return sendFault(reply, thrown);
    }
  });
}

interface Target {
  readonly discoveredLabels: Metric;
  readonly labels: Metric;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly globalUrl: string;
  readonly lastError: string;
  readonly lastScrape: string;
  readonly lastScrapeDuration: number;
  readonly health: 'up' | 'down' | 'unknown';
}

function targetsOf(ups: readonly Sample[], times: readonly Sample[], durations: readonly Sample[]): Target[] {
  const secondsOf = bySeries(times);
  const durationOf = bySeries(durations);
  return ups
    .map(({ metric, value: [, up] }): Target => {
      const labels = withoutName(metric);
      const key = JSON.stringify(labels);
      return {
        discoveredLabels: {},
        labels,
        scrapePool: labels['job'] ?? '',
        scrapeUrl: '',
        globalUrl: '',
        lastError: up === '0' ? 'the target is down: who scrapes it knows why' : '',
        lastScrape: new Date((secondsOf.get(key) ?? 0) * 1000).toISOString(),
        lastScrapeDuration: durationOf.get(key) ?? 0,
        health: up === '1' ? 'up' : up === '0' ? 'down' : 'unknown',
      };
    })
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function orderOf({ scrapePool, labels }: Target): string {
  return JSON.stringify([scrapePool, labels['instance'], labels]);
}

/** Numbers by the labels, in their order, without the name. */
function bySeries(samples: readonly Sample[]): ReadonlyMap<string, number> {
  return new Map(
    samples.map(({ metric, value: [, text] }) => [JSON.stringify(withoutName(metric)), Number(text)]),
  );
}

function withoutName({ __name__: _name, ...labels }: Metric): Metric {
  return labels;
}
