import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import type { Registry } from 'prom-client';

import type { Clock } from '../lib/clock.ts';
import { Fault, reasonOf } from '../lib/fault.ts';
import { createHttpServer, listen, type HealthCheck } from '../lib/http.ts';
import type { Log } from '../lib/log.ts';
import type { Running } from '../lib/running.ts';
import { readToken } from '../lib/token.ts';
import { Collector, type Job } from './collector.ts';
import { AgentMetrics } from './event.ts';
import { httpDeliver } from './http-deliver.ts';
import { fluentSink, logOutputs, logShipper } from './log-collector.ts';
import { maxKeptFiles, readOwnLimits } from './open-files.ts';
import type { FluentSink } from './sink/fluent-sink.ts';
import { Sender, type Deliver } from './sender.ts';
import type { AgentProcessSettings, AgentSettings } from './settings.ts';
import { hostSources } from './source/host-sources.ts';
import { Spool } from './spool/spool.ts';
import { Ticker } from './ticker.ts';

export interface AgentParts {
  readonly log: Log;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly version: string;
}

export interface RunningAgent {
  readonly checks: readonly HealthCheck[];
  /** Stops collecting and sending; what was not sent waits in the spool. */
  close(): Promise<void>;
}

/** The job under which the series of a source are known; its `up` tells whether the source gave anything. */
const JOB_OF: Readonly<Record<string, string>> = {
  host: 'node-exporter',
  cgroup: 'cadvisor',
  process: 'binnacle-agent',
};

/** No tick for this many intervals means that the agent hangs. */
const SILENT_INTERVALS = 4;

const MAX_BODY_BYTES = 64 * 1024;

/** Starts collecting, and sending by `deliver`. */
export function startAgent(
  settings: AgentSettings,
  parts: AgentParts & { readonly deliver: Deliver },
): RunningAgent {
  const { log, clock, registry } = parts;
  let spool: Spool | undefined;
  const metrics = new AgentMetrics(registry, log, {
    backlog: () => spool?.backlog ?? 0,
    spoolBytes: () => spool?.bytes ?? 0,
  });
  const opened = openSpool(settings, clock, metrics);
  spool = opened;
  const sender = new Sender(opened, parts.deliver, clock, metrics);
  const instance = settings.nodeName ?? hostname();
  const collector = new Collector(jobs(settings, parts, instance), instance, metrics);
  const tick = collecting(collector, opened, metrics, () => sender.wake());
  const ticker = new Ticker(clock, settings.intervalMs, tick, () => metrics.tickLate());
  let fluent: FluentSink | undefined;
  const logs = logShipper(settings, {
    clock,
    log,
    registry,
    spool: opened,
    instance,
    wake: () => {
      sender.wake();
      fluent?.wake();
    },
  });
  const fluentStarted = fluentSink(settings, { clock, log, registry, spool: opened }).then((sink) => {
    fluent = sink;
    sink?.start();
  });
  sender.start();
  ticker.start();
  logs.start();
  const silent = (): string | undefined =>
    ticker.silentMs > SILENT_INTERVALS * settings.intervalMs + 10_000
      ? `the last round of collecting ended ${Math.round(ticker.silentMs / 1000)} s ago`
      : undefined;
  return {
    checks: [
      { name: 'collecting', kind: 'live', run: silent },
      { name: 'logs', kind: 'live', run: () => logs.failure },
      { name: 'sending', kind: 'ready', run: () => sender.failure },
      { name: 'fluent', kind: 'ready', run: () => fluent?.failure },
    ],
    close: async () => {
      await ticker.close();
      await logs.close();
      await fluentStarted;
      await fluent?.close();
      await sender.close();
      collector.close();
      opened.close();
    },
  };
}

/** One round: from the sources into the spool. */
function collecting(
  collector: Collector,
  spool: Spool,
  metrics: AgentMetrics,
  wake: () => void,
): (atMs: number) => Promise<void> {
  return async (atMs) => {
    const cpu = process.threadCpuUsage();
    const frames = await collector.collect(atMs);
    try {
      spool.append(frames);
    } catch (thrown) {
      metrics.unwritten(reasonOf(thrown));
      return;
    }
    const { user, system } = process.threadCpuUsage(cpu);
    metrics.ticked(
      frames.reduce((sum, { values }) => sum + values.length, 0),
      (user + system) / 1e6,
    );
    wake();
  };
}

/** Starts the agent as a process of its own: with its own health and metrics, sending over HTTP. */
export async function startAgentProcess(
  settings: AgentSettings & AgentProcessSettings,
  parts: AgentParts,
): Promise<Running> {
  const { aggregatorUrl, aggregatorTokenFile, tokenFile } = settings;
  const { deliver, close: hangUp } = httpDeliver({
    url: aggregatorUrl.replace(/\/+$/, ''),
    token: () =>
      aggregatorTokenFile === undefined
        ? undefined
        : readToken(aggregatorTokenFile, 'agent.aggregator-token-file'),
  });
  const token = tokenFile === undefined ? undefined : readToken(tokenFile, 'token-file');
  const agent = startAgent(settings, { ...parts, deliver });
  const { log, registry } = parts;
  const server = createHttpServer({
    token,
    maxBodyBytes: MAX_BODY_BYTES,
    registry,
    log,
    checks: () => agent.checks,
  });
  const close = async (): Promise<void> => {
    await server.close();
    await agent.close();
    hangUp();
  };
  try {
    const url = await listen(server, settings.listen);
    log.info('the agent collects', { url, aggregator: aggregatorUrl, interval_ms: settings.intervalMs });
    return { url, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function openSpool(settings: AgentSettings, clock: Clock, metrics: AgentMetrics): Spool {
  const folder = join(settings.dataDir, 'spool');
  const bootId = readBootId(settings.procRoot);
  try {
    return new Spool({
      folder,
      maxBytes: settings.spoolBytes,
      bootId,
      nowMs: clock.nowMs(),
      events: metrics,
      logOutputs: logOutputs(settings),
    });
  } catch (cause) {
    throw new Fault('spool', `the spool ${folder} can't be opened (setting data-dir): ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function readBootId(procRoot: string): string {
  const file = join(procRoot, 'sys/kernel/random/boot_id');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Fault('proc', `no Linux /proc at ${procRoot} (setting agent.proc): ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function jobs(settings: AgentSettings, { clock, log, version }: AgentParts, instance: string): Job[] {
  const { procRoot, sysRoot, rootfs, networkFilesystems, maxCgroups, maxBusiestProcesses } = settings;
  const sources = hostSources({
    nodeName: instance,
    version,
    clock,
    log,
    procRoot,
    sysRoot,
    rootfs,
    networkFilesystems,
    limits: { maxCgroups, maxBusiestProcesses, maxOpenFiles: maxKeptFiles(readOwnLimits()) },
  });
  return sources.map((source) => {
    const job = JOB_OF[source.name];
    if (job === undefined) throw new Error(`BUG: source ${source.name} has no job`);
    return { source, job };
  });
}
