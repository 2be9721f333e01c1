import { Counter, Gauge, type Registry } from 'prom-client';

import type { Log } from '../lib/log.ts';
import type { FluentEvents } from './sink/fluent-sink.ts';
import type { LogEvents } from './source/log/log-events.ts';

/** All that an operator hears of the agent: each event is one method, its log line and its counter together. */
export class AgentMetrics {
  readonly #log: Log;
  readonly #ticks: Counter;
  readonly #late: Counter;
  readonly #cpuSeconds: Counter;
  readonly #samples: Counter;
  readonly #sent: Counter;
  readonly #sentBytes: Counter;
  readonly #refused: Counter<'code'>;
  readonly #failures: Counter;
  readonly #sourceFailures: Counter<'collector'>;
  readonly #dropped: Counter;
  readonly #damaged: Counter;
  readonly #damagedPositions: Counter;
  readonly #unwritten: Counter;
  readonly #unwrittenCursors: Counter;
  #failing = false;

  constructor(registry: Registry, log: Log, look: { backlog(): number; spoolBytes(): number }) {
    this.#log = log;
    const counter = <T extends string = string>(name: string, help: string, ...labelNames: T[]): Counter<T> =>
      new Counter({ name: `binnacle_agent_${name}`, help, labelNames, registers: [registry] });
    this.#ticks = counter('ticks_total', 'Rounds of collecting.');
    this.#late = counter(
      'late_ticks_total',
      'Rounds that were left out because the one before was not done.',
    );
    this.#cpuSeconds = counter('tick_cpu_seconds_total', 'CPU time of collecting and writing to the spool.');
    this.#samples = counter('samples_total', 'Samples collected.');
    this.#sent = counter('sent_batches_total', 'Batches that the aggregator has acknowledged.');
    this.#sentBytes = counter('sent_bytes_total', 'Bytes of acknowledged batches.');
    this.#refused = counter('refused_batches_total', 'Batches that the aggregator will never take.', 'code');
    this.#failures = counter('send_failures_total', 'Tries to send that are to be repeated.');
    this.#sourceFailures = counter(
      'source_failures_total',
      'Rounds in which a source gave nothing.',
      'collector',
    );
    this.#dropped = counter('dropped_batches_total', 'Batches dropped because the spool was full.');
    this.#damaged = counter('damaged_segments_total', 'Spool segments whose rest could not be read.');
    this.#damagedPositions = counter('damaged_positions_total', 'Positions of logs that could not be read.');
    this.#unwrittenCursors = counter(
      'unwritten_cursors_total',
      'Acknowledgements that could not be written down.',
    );
    this.#unwritten = counter('unwritten_batches_total', 'Batches that could not be written to the spool.');
    const gauge = (name: string, help: string, value: () => number): void => {
      const made: Gauge = new Gauge({
        name: `binnacle_agent_${name}`,
        help,
        registers: [registry],
        collect: () => made.set(value()),
      });
    };
    gauge('spool_batches', 'Batches that wait to be acknowledged.', () => look.backlog());
    gauge('spool_bytes', 'Bytes of the spool.', () => look.spoolBytes());
  }

  ticked(samples: number, cpuSeconds: number): void {
    this.#ticks.inc();
    this.#samples.inc(samples);
    this.#cpuSeconds.inc(cpuSeconds);
  }

  tickLate(): void {
    this.#late.inc();
    this.#log.warn('a round of collecting was left out: the one before is not done');
  }

  sent(bytes: number): void {
    this.#sent.inc();
    this.#sentBytes.inc(bytes);
    if (this.#failing) this.#log.info('the aggregator takes batches again');
    this.#failing = false;
  }

  /** Logged once until it works again. */
  sendFailed(reason: string, backlog: number): void {
    this.#failures.inc();
    if (!this.#failing) this.#log.warn('batches wait in the spool', { reason, backlog });
    this.#failing = true;
  }

  refused(sequence: number, code: string, reason: string): void {
    this.#refused.inc({ code });
    this.#log.error('a batch was refused and is lost', { sequence, code, reason });
  }

  sourceFailed(collector: string, reason: string): void {
    this.#sourceFailures.inc({ collector });
    this.#log.warn('a source gave nothing', { collector, reason });
  }

  dropped(batches: number, file: string): void {
    if (batches === 0) return;
    this.#dropped.inc(batches);
    this.#log.error('the spool is full, its oldest batches are lost', { batches, file });
  }

  damaged(file: string, at: number): void {
    this.#damaged.inc();
    this.#log.error('a spool segment is damaged, what follows in it is lost', { file, at });
  }

  positionsDamaged(reason: string): void {
    this.#damagedPositions.inc();
    this.#log.error('the positions of log files are damaged, the files are read from their beginning', {
      reason,
    });
  }

  cursorUnwritten(reason: string): void {
    this.#unwrittenCursors.inc();
    this.#log.warn('what was acknowledged could not be written down; after a restart it is sent again', {
      reason,
    });
  }

  unwritten(reason: string): void {
    this.#unwritten.inc();
    this.#log.error('a batch could not be written to the spool and is lost', { reason });
  }
}

/** The same of reading logs. */
export class LogMetrics implements LogEvents {
  readonly #log: Log;
  readonly #lines: Counter;
  readonly #bytes: Counter;
  readonly #changed: Counter<'change'>;
  readonly #altered: Counter<'how'>;
  readonly #failures: Counter<'what'>;
  #isPaused = false;
  #isFailing = false;

  constructor(registry: Registry, log: Log, look: { files(): number; behindBytes(): number }) {
    this.#log = log;
    const counter = <T extends string = string>(name: string, help: string, ...labelNames: T[]): Counter<T> =>
      new Counter({ name: `binnacle_agent_log_${name}`, help, labelNames, registers: [registry] });
    this.#lines = counter('lines_total', 'Lines read from files and the journal.');
    this.#bytes = counter('bytes_total', 'Bytes of them.');
    this.#changed = counter(
      'file_changes_total',
      'Files that were rotated, truncated, lost unread.',
      'change',
    );
    this.#altered = counter(
      'altered_lines_total',
      'Lines that were cut, or in which bytes were replaced.',
      'how',
    );
    this.#failures = counter(
      'failures_total',
      'What could not be read or written, to be tried again.',
      'what',
    );
    const gauge = (name: string, help: string, value: () => number): void => {
      const made: Gauge = new Gauge({
        name: `binnacle_agent_log_${name}`,
        help,
        registers: [registry],
        collect: () => made.set(value()),
      });
    };
    gauge('files', 'Files that are held open.', () => look.files());
    gauge('behind_bytes', 'Bytes that were seen in files and not read.', () => look.behindBytes());
    gauge('paused', 'Is reading stopped because too much waits in the spool?', () => Number(this.#isPaused));
  }

  linesRead(lines: number, bytes: number): void {
    this.#lines.inc(lines);
    this.#bytes.inc(bytes);
  }

  linesCut(lines: number): void {
    this.#altered.inc({ how: 'cut' }, lines);
  }

  linesRepaired(lines: number): void {
    this.#altered.inc({ how: 'repaired' }, lines);
  }

  fileTruncated(path: string): void {
    this.#changed.inc({ change: 'truncated' });
    this.#log.debug('a log file was truncated', { path });
  }

  fileRotated(path: string): void {
    this.#changed.inc({ change: 'rotated' });
    this.#log.debug('a log file was renamed or deleted', { path });
  }

  fileLost(path: string): void {
    this.#changed.inc({ change: 'lost' });
    this.#log.warn('a log file went before it was known to be read to its end', { path });
  }

  fileFailed(path: string, reason: string): void {
    this.#failures.inc({ what: 'file' });
    this.#log.warn("a log file can't be read", { path, reason });
  }

  fileBinary(path: string): void {
    this.#log.info('a file holds no text and is not followed', { path });
  }

  journalAbsent(program: string): void {
    this.#log.info('the journal is not read: there is no such program', { program });
  }

  journalEnded(reason: string): void {
    this.#failures.inc({ what: 'journal' });
    this.#log.warn('the journal is started again', { reason });
  }

  journalUnread(text: string): void {
    this.#failures.inc({ what: 'journal_entry' });
    this.#log.warn('the journal told something that is no entry', { text });
  }

  paused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) this.#log.warn('logs are not read on: too much waits in the spool');
    else this.#log.info('logs are read on');
  }

  /** Logged once until it works again. */
  unwritten(reason: string): void {
    this.#failures.inc({ what: 'spool' });
    if (!this.#isFailing) this.#log.error("lines can't be written to the spool and wait", { reason });
    this.#isFailing = true;
  }

  written(): void {
    if (this.#isFailing) this.#log.info('lines are written to the spool again');
    this.#isFailing = false;
  }
}

/** The same of sending to Fluentd. */
export class FluentMetrics implements FluentEvents {
  readonly #log: Log;
  readonly #lines: Counter;
  readonly #failures: Counter;
  #isFailing = false;

  constructor(registry: Registry, log: Log) {
    this.#log = log;
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `binnacle_agent_fluent_${name}`, help, registers: [registry] });
    this.#lines = counter('lines_total', 'Lines that Fluentd has acknowledged.');
    this.#failures = counter('failures_total', 'Tries to send to Fluentd that are to be repeated.');
  }

  fluentSent(lines: number): void {
    this.#lines.inc(lines);
    if (this.#isFailing) this.#log.info('Fluentd takes lines again');
    this.#isFailing = false;
  }

  /** Logged once until it works again. */
  fluentFailed(reason: string): void {
    this.#failures.inc();
    if (!this.#isFailing) this.#log.warn('lines for Fluentd wait in the spool', { reason });
    this.#isFailing = true;
  }

  fluentSkipped(reason: string): void {
    this.#log.error('a batch of lines can not be read and is not sent to Fluentd', { reason });
  }
}
