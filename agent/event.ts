import { Counter, Gauge, type Registry } from 'prom-client';

import type { Log } from '../lib/log.ts';

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

  unwritten(reason: string): void {
    this.#unwritten.inc();
    this.#log.error('a batch could not be written to the spool and is lost', { reason });
  }
}
