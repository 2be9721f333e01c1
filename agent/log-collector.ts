import type { Registry } from 'prom-client';

import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { FluentMetrics, LogMetrics } from './event.ts';
import type { AgentSettings } from './settings.ts';
import type { FluentSink } from './sink/fluent-sink.ts';
import { FileLogs } from './source/log/file-logs.ts';
import { JournalLogs } from './source/log/journal-logs.ts';
import { LogBatch } from './source/log/log-batch.ts';
import { LogShipper, type LogSpool } from './source/log/log-shipper.ts';
import type { Spool } from './spool/spool.ts';

export interface LogCollectorParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly spool: LogSpool;
  /** The label `instance`. */
  readonly instance: string;
  /** There is something new in the spool. */
  readonly wake: () => void;
}

/** Read at once, besides the longest line. */
const CHUNK_BYTES = 256 * 1024;

/** What reads the logs of this host into the spool. */
export function logShipper(settings: AgentSettings, parts: LogCollectorParts): LogShipper {
  const { clock, log, registry, spool, instance, wake } = parts;
  const { maxLineBytes } = settings;
  const batch = new LogBatch();
  const events = new LogMetrics(registry, log, {
    files: () => files.files,
    behindBytes: () => files.behindBytes,
  });
  const files = new FileLogs({
    globs: settings.logGlobs,
    instance,
    firstReadBytes: settings.logFirstReadBytes,
    maxFiles: settings.maxLogFiles,
    reading: {
      buffer: Buffer.alloc(CHUNK_BYTES + maxLineBytes),
      batch,
      events,
      maxLineBytes,
      flushAfterMs: settings.logFlushAfterMs,
      rotateWaitMs: settings.logRotateWaitMs,
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
    },
  });
  const { journalctl } = settings;
  const journal =
    journalctl === ''
      ? undefined
      : new JournalLogs({ journalctl, instance, batch, clock, maxLineBytes, events });
  const maxWaitingBytes = settings.logSpoolShare * settings.spoolBytes;
  return new LogShipper({ spool, batch, files, journal, clock, maxWaitingBytes, events, wake });
}

/** The name of Fluentd's cursor in the spool. */
const FLUENT = 'fluent';

/** The receivers of log lines besides the aggregator. */
export function logOutputs({ fluentAddress }: AgentSettings): string[] {
  return fluentAddress === undefined ? [] : [FLUENT];
}

/** Sends to Fluentd, when the settings name one; its library is loaded only then. */
export async function fluentSink(
  settings: AgentSettings,
  {
    clock,
    log,
    registry,
    spool,
  }: Pick<LogCollectorParts, 'clock' | 'log' | 'registry'> & { readonly spool: Spool },
): Promise<FluentSink | undefined> {
  const { fluentAddress: address, fluentTag: tag, fluentAckTimeoutMs: ackTimeoutMs } = settings;
  if (address === undefined) return undefined;
  const { FluentSink } = await import('./sink/fluent-sink.ts');
  const events = new FluentMetrics(registry, log);
  return new FluentSink({ output: spool.logOutput(FLUENT), address, tag, ackTimeoutMs, clock, events });
}
