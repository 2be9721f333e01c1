/** What the store is given: batches that follow from their number alone, so that each can be checked. */
import { createHash } from 'node:crypto';

import { systemClock } from '../../lib/clock.ts';
import { Ingester } from '../../aggregator/ingest/ingester.ts';
import { readJournalledBatch } from '../../aggregator/ingest/journalled-batch.ts';
import type { LogSearch } from '../../aggregator/store/log-store.ts';
import type { ReadLimits, SeriesSamples } from '../../aggregator/store/store.ts';
import { everything } from '../../aggregator/store/scope.ts';
import { SqliteLogReader } from '../../aggregator/store/sqlite/sqlite-log-reader.ts';
import { SqliteReader } from '../../aggregator/store/sqlite/sqlite-reader.ts';
import { SqliteWriter } from '../../aggregator/store/sqlite/sqlite-writer.ts';
import type { StoreView } from '../../aggregator/store/sqlite/view.ts';
import { encodeBatch, encodeSchemas } from '../../wire/batch.ts';
import { labelsFrom, printLabels, type Labels } from '../../wire/labels.ts';
import { encodeSchema, schemaHash } from '../../wire/schema.ts';
import { seeded } from './disk.ts';

const AGENT = 'a';
const EPOCH = 1;
/** Shortly before midnight, UTC, so that the batches of one fold lie in two days. */
const FIRST_MS = Date.UTC(2026, 0, 10, 23, 59, 30);
const LINES = 2;

/** Two lists of series that take turns. */
const SCHEMAS: readonly (readonly Labels[])[] = [0, 1].map((n) => [
  labelsFrom({ __name__: 'written', list: String(n), column: '0' }),
  labelsFrom({ __name__: 'written', list: String(n), column: '1' }),
]);

export interface Sample {
  readonly series: string;
  readonly atMs: number;
  readonly bits: bigint;
}

/** The samples of a batch. Every seventh value is a NaN with a payload. */
export function samplesOf(n: number): Sample[] {
  const random = seeded(n);
  const atMs = FIRST_MS + n * 1000;
  return (SCHEMAS[n % 2] as readonly Labels[]).map((labels, column) => ({
    series: printLabels(labels),
    atMs,
    bits: bitsOf((n + column) % 7 === 0 ? undefined : n + random()),
  }));
}

/** The lines of a batch; now and then one that fills many pages. */
export function linesOf(n: number): string[] {
  const outputLength = n % 10 === 9 ? 200_000 : 300;
  const noise = createHash('shake256', { outputLength }).update(String(n)).digest('base64');
  return Array.from({ length: LINES }, (_, i) => `${n}/${i} ${noise}`);
}

function batchBody(n: number): Uint8Array<ArrayBuffer> {
  const series = SCHEMAS[n % 2] as readonly Labels[];
  const samples = samplesOf(n);
  const values = new Float64Array(BigUint64Array.from(samples, ({ bits }) => bits).buffer);
  const atMs = samples[0]?.atMs as number;
  const lines = linesOf(n);
  const timesNs = BigInt64Array.from(lines, (_, i) => BigInt(atMs) * 1_000_000n + BigInt(i));
  return encodeBatch({
    agent: AGENT,
    epoch: EPOCH,
    sequence: n,
    frames: [{ schema: schemaHash(encodeSchema(series)), atMs, values }],
    logs: [{ labels: labelsFrom({ job: 'a' }), timesNs, lines }],
  });
}

const bodies = new Map<number, Uint8Array<ArrayBuffer>>();

/** As a body comes: in memory of its own. */
function bodyOf(n: number): Uint8Array<ArrayBuffer> {
  let body = bodies.get(n);
  if (body === undefined) bodies.set(n, (body = batchBody(n)));
  return body.slice();
}

const ALL_TIME = { fromMs: 0, toMs: 1e15 };
const EVERY_LINE: LogSearch = {
  matchers: [],
  conditions: [],
  fromNs: 0n,
  toNs: 2n ** 62n,
  direction: 'forward',
  maxLines: 1e6,
  maxBytes: 2 ** 40,
  skip: 0,
};

export interface OpenStore {
  readonly writer: SqliteWriter;
  /** Gives batches as one group; true for those that are acknowledged. */
  give(numbers: readonly number[]): boolean[];
  has(n: number): boolean;
  samples(): Sample[];
  lines(): string[];
  /** What an operator was told of damage. */
  readonly damage: readonly string[];
  close(): Promise<void>;
}

/** Opens the real store as the writer thread and a reader thread do. */
export function openStore(folder: string): OpenStore {
  const metrics = new SqliteReader();
  const logs = new SqliteLogReader();
  const damage: string[] = [];
  const onView = (view: StoreView): void => {
    metrics.setView(view);
    logs.setView(view);
  };
  const writer = openWriter(folder, onView, damage);
  const limits = {
    maxBodyBytes: 2 ** 26,
    futureMs: 2 ** 40,
    maxSamples: 2 ** 20,
    maxLabels: 64,
    maxLabelLength: 4096,
    maxHistogramBuckets: 100,
    maxSeries: 1e6,
    maxNewSeries: 1e6,
    maxSeriesPerTarget: 1e6,
  };
  const ingester = new Ingester({ store: writer, clock: systemClock, limits, onGap: () => {} });
  const readLimits: ReadLimits = {
    maxSeries: 1e6,
    maxSamples: 1e9,
    checkDeadline: () => {},
    onDamage: (message) => void damage.push(message),
  };
  return {
    writer,
    damage,
    give: (numbers) => {
      ingester.take([{ kind: 'schemas', body: encodeSchemas(SCHEMAS) }]);
      const requests = numbers.map((n) => ({ kind: 'batch' as const, body: bodyOf(n) }));
      return ingester.take(requests).map(({ ok }) => ok);
    },
    has: (n) => writer.has({ agent: AGENT, epoch: EPOCH, sequence: n }),
    samples: () => metrics.select(everything, [], ALL_TIME, readLimits).flatMap(toSamples),
    lines: () => {
      const page = logs.search(everything, EVERY_LINE, readLimits);
      return page.lines.map(({ text }) => Buffer.from(text).toString());
    },
    close: async () => {
      metrics.close();
      logs.close();
      await writer.close();
    },
  };
}

function openWriter(folder: string, onView: (view: StoreView) => void, damage: string[]): SqliteWriter {
  const tell =
    (what: string) =>
    (...values: unknown[]): void =>
      void damage.push(`${what} ${values.join(' ')}`);
  return new SqliteWriter({
    folder,
    clock: systemClock,
    readBatch: readJournalledBatch,
    onView,
    events: {
      replayed: () => {},
      folded: () => {},
      foldFailed: tell('fold failed'),
      merged: () => {},
      mergeFailed: tell('merge failed'),
      tierMade: tell('tier made'),
      tierFailed: tell('tier failed'),
      metricsDropped: () => {},
      metricsDropFailed: tell('metrics drop failed'),
      entryDamaged: tell('entry damaged'),
      partitionDamaged: tell('partition damaged'),
      partitionDropped: tell('partition dropped'),
      retentionFailed: tell('retention failed'),
    },
    openDataBytes: 2 ** 30,
    foldAfterMs: 2 ** 30,
    retention: { maxBytes: 2 ** 40, maxAgeMs: undefined, rules: [] },
  });
}

function toSamples({ labels, timestampsMs, values }: SeriesSamples): Sample[] {
  const bits = new BigUint64Array(values.slice().buffer);
  const series = printLabels(labels);
  return [...timestampsMs].map((atMs, i) => ({ series, atMs, bits: bits[i] as bigint }));
}

function bitsOf(value: number | undefined): bigint {
  if (value === undefined) return 0x7ff0000000000002n;
  return new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;
}
