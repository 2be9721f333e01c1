import { join } from 'node:path';

import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

import type { Clock } from '../lib/clock.ts';
import { makeDurableFolder } from '../lib/durable-file.ts';
import { Fault, reasonOf } from '../lib/fault.ts';
import { createHttpServer, listen, type HealthCheck } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';
import type { Running } from '../lib/running.ts';
import { readToken } from '../lib/token.ts';
import { addAlertingRoutes, type RemoteAlerting } from './api/alerting-routes.ts';
import { addInfluxRoutes } from './api/influx-routes.ts';
import { addIngestRoutes } from './api/ingest-routes.ts';
import { addLogsApi, type LogsLimits } from './api/logs.ts';
import { addPage } from './api/page.ts';
import { addPrometheusApi } from './api/prometheus.ts';
import { addStatusApi } from './api/status.ts';
import { AggregatorMetrics } from './event.ts';
import type { IngestReply } from './ingest/ingester.ts';
import { Writer } from './ingest/writer.ts';
import { ReaderPool } from './query/reader-pool.ts';
import type { Answer, TaskLimits } from './query/task.ts';
import { everything } from './store/scope.ts';
import type { AggregatorProcessSettings, AggregatorSettings } from './settings.ts';
import { defaultMaxBytes } from './store/sqlite/retention.ts';

export interface AggregatorParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly version: string;
}

/** An aggregator whose threads run and which does not listen yet, so that others in the process can join in. */
export interface OpenAggregator {
  /** Takes routes of others until `listen`. */
  readonly server: FastifyInstance;
  /** What an agent in the same process sends, without HTTP between. */
  deliver(what: 'batch' | 'schemas', body: Uint8Array): Promise<IngestReply>;
  /** Answers an instant query of the same process as the API does. Rejects when too many wait. */
  query(query: string, timeMs: number): Promise<Answer>;
  /** Adds checks of others in the same process to the probes. */
  watch(checks: readonly HealthCheck[]): void;
  /** Answers from now on; returns the address as a URL without a slash at the end. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

/** The threads' programs and the page lie beside the sources, or beside the bundle. */
const BUNDLED = !import.meta.url.endsWith('.ts');
const WRITER_THREAD = new URL(BUNDLED ? './writer-thread.js' : './ingest/writer-thread.ts', import.meta.url);
const READER_THREAD = new URL(BUNDLED ? './reader-thread.js' : './query/reader-thread.ts', import.meta.url);
const PAGE = join(import.meta.dirname, BUNDLED ? 'web' : '../dist/web');

/** Starts the aggregator as a process of its own; resolves when it answers. */
export async function startAggregator(
  settings: AggregatorSettings & Partial<AggregatorProcessSettings>,
  parts: AggregatorParts,
): Promise<Running> {
  const aggregator = await openAggregator(settings, parts);
  try {
    addAlertingRoutes(aggregator.server, remoteAlerting(settings));
    return { url: await aggregator.listen(), close: () => aggregator.close() };
  } catch (thrown) {
    await aggregator.close();
    throw thrown;
  }
}

function remoteAlerting({
  alertingUrl,
  alertingTokenFile,
}: Partial<AggregatorProcessSettings>): RemoteAlerting | undefined {
  if (alertingUrl === undefined) return undefined;
  const token = (): string | undefined =>
    alertingTokenFile === undefined ? undefined : readToken(alertingTokenFile, 'api.alerting-token-file');
  return { url: alertingUrl.replace(/\/+$/, ''), token, fetch };
}

/** Starts the threads and makes the server; resolves when the journal is read. */
export async function openAggregator(
  settings: AggregatorSettings,
  parts: AggregatorParts,
): Promise<OpenAggregator> {
  const { log, clock, registry } = parts;
  const folder = join(settings.dataDir, 'store');
  makeFolder(folder);
  const token = settings.tokenFile === undefined ? undefined : readToken(settings.tokenFile, 'token-file');
  const look: { writer?: Writer; readers?: ReaderPool } = {};
  const metrics = new AggregatorMetrics(registry, log, {
    stats: () => look.writer?.stats,
    queries: () => ({ busy: look.readers?.busy ?? 0, queued: look.readers?.queued ?? 0 }),
  });
  const writer = await startWriter(settings, folder, clock, metrics);
  const readers = startReaders(settings, writer, metrics);
  Object.assign(look, { writer, readers });
  const checks: HealthCheck[] = [
    { name: 'writer', kind: 'live', run: () => writer.hangs },
    { name: 'queries', kind: 'ready', run: () => readers.failure },
    { name: 'store', kind: 'ready', run: () => writer.stats?.refusal ?? writer.stats?.failure },
  ];
  const { maxBodyBytes } = settings;
  const server = createHttpServer({ token, maxBodyBytes, registry, log, checks: () => checks });
  const limits = taskLimits(settings);
  addIngestRoutes(server, writer, metrics);
  addInfluxRoutes(server);
  addPrometheusApi(server, { readers, clock, limits, metadata: () => writer.metadata });
  addStatusApi(server, { clock, version: parts.version, settings });
  addLogsApi(server, { readers, clock, limits: logsLimits(settings) });
  addPage(server, PAGE);
  const never = new AbortController().signal;
  return {
    server,
    // The thread takes the bytes over, the agent still needs its own.
    deliver: async (what, body) => {
      const reply = await writer.take(what, new Uint8Array(body));
      metrics.ingested('agent', reply);
      return reply;
    },
    query: (query, timeMs) =>
      readers.ask({ question: { kind: 'instant', query, timeMs }, scope: everything, limits }, never),
    watch: (others) => void checks.push(...others),
    listen: async () => {
      const url = await listen(server, settings.listen);
      log.info('the aggregator answers', { url });
      return url;
    },
    close: async () => {
      await server.close();
      await readers.close();
      await writer.close();
    },
  };
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
      rules: settings.retentionRules,
      tierAgesMs: { '5m': settings.tier5mMs, '1h': settings.tier1hMs },
    },
    maxQueuedBytes: settings.queueBytes,
    limits: {
      maxBodyBytes: settings.maxBodyBytes,
      futureMs: settings.futureMs,
      maxSamples: settings.maxSamplesPerRequest,
      maxLabels: settings.maxLabels,
      maxLabelLength: settings.maxLabelLength,
      maxHistogramBuckets: settings.maxHistogramBuckets,
      maxSeries: settings.maxOpenSeries,
      maxNewSeries: settings.maxNewSeries,
      maxSeriesPerTarget: settings.maxSeriesPerTarget,
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
    makeDurableFolder(folder);
  } catch (cause) {
    throw new Fault(
      'store',
      `the data folder ${folder} can't be made (setting data-dir): ${reasonOf(cause)}`,
      { cause },
    );
  }
}
