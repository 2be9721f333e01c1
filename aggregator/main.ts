import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Registry } from 'prom-client';

import type { Clock } from '../lib/clock.ts';
import { Fault, reasonOf } from '../lib/fault.ts';
import { createHttpServer, listen, type HealthCheck } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';
import type { Running } from '../lib/running.ts';
import { readToken } from '../lib/token.ts';
import { addIngestRoutes } from './api/ingest-routes.ts';
import { addLogsApi, type LogsLimits } from './api/logs.ts';
import { addPage } from './api/page.ts';
import { addPrometheusApi } from './api/prometheus.ts';
import { AggregatorMetrics } from './event.ts';
import { KIND_BATCH, KIND_SCHEMAS, type IngestReply } from './ingest/ingester.ts';
import { Writer } from './ingest/writer.ts';
import { ReaderPool } from './query/reader-pool.ts';
import type { TaskLimits } from './query/task.ts';
import type { AggregatorSettings } from './settings.ts';
import { defaultMaxBytes } from './store/sqlite/retention.ts';

export interface AggregatorParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly version: string;
}

export interface RunningAggregator extends Running {
  /** What an agent in the same process sends, without HTTP between. */
  deliver(what: 'batch' | 'schemas', body: Uint8Array): Promise<IngestReply>;
  /** Adds checks of others in the same process to the probes. */
  watch(checks: readonly HealthCheck[]): void;
}

/** The threads' programs and the page lie beside the sources, or beside the bundle. */
const BUNDLED = !import.meta.url.endsWith('.ts');
const WRITER_THREAD = new URL(BUNDLED ? './writer-thread.js' : './ingest/writer-thread.ts', import.meta.url);
const READER_THREAD = new URL(BUNDLED ? './reader-thread.js' : './query/reader-thread.ts', import.meta.url);
const PAGE = join(import.meta.dirname, BUNDLED ? 'web' : '../dist/web');

/** Starts the aggregator; resolves when it answers. */
export async function startAggregator(
  settings: AggregatorSettings,
  parts: AggregatorParts,
): Promise<RunningAggregator> {
  const { log, clock, registry } = parts;
  const folder = join(settings.dataDir, 'store');
  makeFolder(folder);
  const token = settings.tokenFile === undefined ? undefined : readToken(settings.tokenFile, 'token-file');

  let writer: Writer | undefined;
  let readers: ReaderPool | undefined;
  const metrics = new AggregatorMetrics(registry, log, {
    stats: () => writer?.stats,
    queries: () => ({ busy: readers?.busy ?? 0, queued: readers?.queued ?? 0 }),
  });
  const started = await startWriter(settings, folder, clock, metrics);
  writer = started;
  const pool = startReaders(settings, started, metrics);
  readers = pool;

  const checks: HealthCheck[] = [
    { name: 'writer', kind: 'live', run: () => started.hangs },
    { name: 'queries', kind: 'ready', run: () => pool.failure },
    { name: 'store', kind: 'ready', run: () => started.stats?.refusal ?? started.stats?.failure },
  ];
  const server = createHttpServer({
    token,
    maxBodyBytes: settings.maxBodyBytes,
    registry,
    log,
    checks: () => checks,
  });
  addIngestRoutes(server, started, metrics);
  addPrometheusApi(server, { readers: pool, clock, version: parts.version, limits: taskLimits(settings) });
  addLogsApi(server, { readers: pool, clock, limits: logsLimits(settings) });
  addPage(server, PAGE);
  const stop = async (): Promise<void> => {
    await server.close();
    await pool.close();
    await started.close();
  };
  try {
    const url = await listen(server, settings.listen);
    log.info('the aggregator answers', { url });
    return {
      url,
      // The thread takes the bytes over, the agent still needs its own.
      deliver: async (what, body) => {
        const reply = await started.take(what === 'batch' ? KIND_BATCH : KIND_SCHEMAS, new Uint8Array(body));
        metrics.ingested('agent', reply);
        return reply;
      },
      watch: (others) => void checks.push(...others),
      close: stop,
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function startWriter(
  settings: AggregatorSettings,
  folder: string,
  clock: Clock,
  metrics: AggregatorMetrics,
): Promise<Writer> {
  return Writer.start({
    thread: WRITER_THREAD,
    clock,
    folder,
    openDataBytes: settings.openDataBytes,
    foldAfterMs: settings.foldAfterMs,
    retention: {
      maxBytes: settings.retentionBytes ?? defaultMaxBytes(folder),
      maxAgeMs: settings.retentionAgeMs,
    },
    maxQueuedBytes: settings.queueBytes,
    limits: {
      maxBodyBytes: settings.maxBodyBytes,
      futureMs: settings.futureMs,
      maxLabels: settings.maxLabels,
      maxLabelLength: settings.maxLabelLength,
    },
    onEvent: (name, values) => metrics.writerEvent(name, values),
    // Nothing can be written any more: end, so that whoever watches starts the process anew.
    onDeath: (reason) => {
      throw new Error('the writer thread died', { cause: reason });
    },
  });
}

function startReaders(settings: AggregatorSettings, writer: Writer, metrics: AggregatorMetrics): ReaderPool {
  return new ReaderPool({
    thread: READER_THREAD,
    threads: settings.queryThreads,
    maxQueued: settings.maxQueued,
    maxHeapBytes: settings.queryHeapBytes,
    connect: (port) => writer.addReader(port),
    onDeath: (reason) => metrics.readerDied(reason),
  });
}

function taskLimits(settings: AggregatorSettings): TaskLimits {
  const { maxSeries, maxSamples, maxSteps, queryTimeoutMs, lookbackMs } = settings;
  return { maxSeries, maxSamples, maxSteps, timeoutMs: queryTimeoutMs, lookbackMs };
}

function logsLimits(settings: AggregatorSettings): LogsLimits {
  const { maxLogLines, maxLogBytes, maxTails, maxTailLines } = settings;
  return { ...taskLimits(settings), maxLogLines, maxLogBytes, maxTails, maxTailLines };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new Fault(
      'store',
      `the data folder ${folder} can't be made (setting data-dir): ${reasonOf(cause)}`,
      { cause },
    );
  }
}
