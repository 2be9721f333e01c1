import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

import type { Log } from '../lib/log.ts';
import type { IngestReply } from './ingest/ingester.ts';
import type { WriterStats } from './ingest/writer-thread.ts';

/** Where the gauges look when they are asked. */
interface Look {
  stats(): WriterStats | undefined;
  queries(): { busy: number; queued: number };
}

/**
 * All that an operator hears of the aggregator: each event is one method here, its log line and its counter
 * together. ERROR means that data were lost or a person is needed.
 */
export class AggregatorMetrics {
  readonly #log: Log;
  readonly #samples: Counter<'source'>;
  readonly #skipped: Counter<'source'>;
  readonly #lines: Counter<'source'>;
  readonly #lineBytes: Counter<'source'>;
  readonly #requests: Counter<'source' | 'result'>;
  readonly #gaps: Counter;
  readonly #damaged: Counter<'what'>;
  readonly #folds: Counter<'result'>;
  readonly #foldSeconds: Histogram;
  readonly #dropped: Counter;
  readonly #droppedSamples: Counter;
  readonly #readerDeaths: Counter;

  constructor(registry: Registry, log: Log, look: Look) {
    this.#log = log;
    const counter = <T extends string = string>(name: string, help: string, ...labelNames: T[]): Counter<T> =>
      new Counter({ name: `binnacle_${name}`, help, labelNames, registers: [registry] });
    this.#samples = counter('ingest_samples_total', 'Samples taken and on disk.', 'source');
    this.#skipped = counter(
      'ingest_skipped_values_total',
      'Values left out because they are text, as fields of Influx lines may be.',
      'source',
    );
    this.#lines = counter('ingest_lines_total', 'Log lines taken and on disk.', 'source');
    this.#lineBytes = counter('ingest_line_bytes_total', 'Bytes of these lines.', 'source');
    this.#requests = counter(
      'ingest_requests_total',
      'Requests by their result: ok, repeated, or the code of the refusal.',
      'source',
      'result',
    );
    this.#gaps = counter('ingest_missing_batches_total', 'Batches that agents numbered and did not bring.');
    this.#damaged = counter(
      'store_damaged_total',
      'Journal entries and files that could not be read.',
      'what',
    );
    this.#folds = counter('store_folds_total', 'Folds of open data into partitions.', 'result');
    this.#dropped = counter('store_dropped_partitions_total', 'Partitions that retention removed.');
    this.#droppedSamples = counter(
      'store_dropped_samples_total',
      'Samples that retention by metric name removed from partitions.',
    );
    this.#readerDeaths = counter('query_thread_deaths_total', 'Reader threads that a query ended.');
    this.#foldSeconds = new Histogram({
      name: 'binnacle_store_fold_seconds',
      help: 'Time that a fold took.',
      buckets: [0.01, 0.1, 1, 10, 100],
      registers: [registry],
    });
    addRefusedSeries(registry, look);
    addGauges(registry, look);
  }

  ingested(source: string, reply: IngestReply): void {
    const result = reply.ok ? (reply.repeated ? 'repeated' : 'ok') : reply.code;
    this.#requests.inc({ source, result });
    if (reply.samples) this.#samples.inc({ source }, reply.samples);
    if (reply.skipped) this.#skipped.inc({ source }, reply.skipped);
    if (reply.ok) {
      this.#lines.inc({ source }, reply.lines);
      this.#lineBytes.inc({ source }, reply.lineBytes);
    }
    if (!reply.ok && !reply.retry && reply.code !== 'unknown_schema') {
      this.#log.warn('a request was refused', {
        source,
        code: reply.code,
        reason: reply.message.slice(0, 500),
      });
    }
  }

  /** What the writer thread tells, by name. */
  writerEvent(name: string, values: readonly (string | number)[]): void {
    const [first = '', second = '', third = ''] = values;
    switch (name) {
      case 'replayed':
        this.#log.info('journal read', { entries: first, skipped_rows: second });
        break;
      case 'folded':
        this.#folds.inc({ result: 'ok' });
        this.#foldSeconds.observe(Number(third));
        this.#log.info('open data folded', {
          samples: first,
          lines: second,
          seconds: Number(third).toFixed(3),
        });
        break;
      case 'foldFailed':
        this.#folds.inc({ result: 'failed' });
        this.#log.error('open data could not be folded; tried again in 10 s', { reason: first });
        break;
      case 'entryDamaged':
        this.#damaged.inc({ what: 'journal entry' });
        this.#log.error('a journal entry is damaged and was left out', { entry: first, reason: second });
        break;
      case 'partitionDamaged':
        this.#damaged.inc({ what: 'partition' });
        this.#log.error('a partition could not be opened and was put aside', {
          file: first,
          aside: second,
          reason: third,
        });
        break;
      case 'gap':
        this.#gaps.inc(Number(values[3]));
        this.#log.warn('an agent left out batches', {
          agent: first,
          epoch: second,
          before: third,
          missing: values[3],
        });
        break;
      default:
        this.#upkeepEvent(name, values);
    }
  }

  readerDied(reason: string): void {
    this.#readerDeaths.inc();
    this.#log.warn('a query ended its thread; a new one was started', { reason });
  }

  #upkeepEvent(name: string, values: readonly (string | number)[]): void {
    const [first = '', second = '', third = '', fourth = '', fifth = ''] = values;
    switch (name) {
      case 'merged':
        this.#log.info('parts of a day merged', { file: first, parts: second, samples: third });
        break;
      case 'mergeFailed':
        this.#log.warn('parts of a day could not be merged', { file: first, reason: second });
        break;
      case 'tierMade':
        this.#log.info('a tier of a day was made', { file: first, samples: second, seconds: third });
        break;
      case 'tierFailed':
        this.#log.warn('a tier of a day could not be made', { file: first, reason: second });
        break;
      case 'metricsDropped':
        this.#droppedSamples.inc(Number(third));
        this.#log.info('metrics of a day were dropped by name', {
          file: first,
          series: second,
          samples: third,
          bytes: fourth,
          seconds: Number(fifth).toFixed(3),
        });
        break;
      case 'metricsDropFailed':
        this.#log.warn('metrics of a day could not be dropped by name; tried again in an hour', {
          file: first,
          reason: second,
        });
        break;
      case 'partitionDropped':
        this.#dropped.inc();
        this.#log.info('a partition was dropped', { file: first, reason: second });
        break;
      case 'retentionFailed':
        this.#log.error('a partition that is to go could not be removed', { file: first, reason: second });
        break;
      default:
        throw new Error(`BUG: an event called ${name}`);
    }
  }
}

/** The writer thread counts them. */
function addRefusedSeries(registry: Registry, look: Look): void {
  const made: Counter<'limit'> = new Counter({
    name: 'binnacle_ingest_refused_series_total',
    help: 'New series that a limit refused: active (ingest.max-series), new (ingest.max-new-series), target (ingest.max-series-per-target).',
    labelNames: ['limit'],
    registers: [registry],
    collect: () => {
      made.reset();
      const counts = look.stats()?.refusedSeries ?? { active: 0, new: 0, target: 0 };
      for (const [limit, count] of Object.entries(counts)) made.inc({ limit }, count);
    },
  });
}

function addGauges(registry: Registry, look: Look): void {
  const gauge = (name: string, help: string, value: () => number | undefined): void => {
    const made: Gauge = new Gauge({
      name: `binnacle_${name}`,
      help,
      registers: [registry],
      collect: () => made.set(value() ?? 0),
    });
  };
  gauge('store_open_series', 'Series that are registered as written.', () => look.stats()?.series);
  gauge('store_open_samples', 'Samples that are not folded yet.', () => look.stats()?.openSamples);
  gauge('store_open_bytes', 'Shared memory of open data.', () => look.stats()?.openBytes);
  gauge('store_disk_bytes', 'Bytes of all partitions.', () => look.stats()?.storedBytes);
  gauge('store_partitions', 'Partition files.', () => look.stats()?.partitions);
  gauge('query_running', 'Queries that run.', () => look.queries().busy);
  gauge('query_waiting', 'Queries that wait for a thread.', () => look.queries().queued);
}
