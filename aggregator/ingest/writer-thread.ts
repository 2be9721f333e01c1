import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { systemClock } from '../../lib/clock.ts';
import { reasonOf } from '../../lib/fault.ts';
import { HeadMemory } from '../store/sqlite/head-memory.ts';
import { SqliteWriter, type StoreFigures, type WriterEvents } from '../store/sqlite/sqlite-writer.ts';
import type { Retention } from '../store/sqlite/retention.ts';
import type { StoreView } from '../store/sqlite/view.ts';
import { Ingester, type IngestReply, type IngestRequest } from './ingester.ts';
import { readJournalledBatch } from './journalled-batch.ts';
import type { IngestLimits } from './limits.ts';
import type { Metadata } from './metric-metadata.ts';
import type { RefusedSeries } from './series-groups.ts';

/**
 * The thread that owns every write. Requests that wait when it comes to look are taken as one group with one
 * commit; folding goes on in slices between groups.
 */
export interface WriterThreadOptions {
  readonly folder: string;
  readonly openDataBytes: number;
  readonly foldAfterMs: number;
  readonly retention: Retention;
  readonly limits: IngestLimits;
}

export interface NumberedRequest extends IngestRequest {
  readonly id: number;
  /** In memory of its own, which is handed over. */
  readonly body: Uint8Array<ArrayBuffer>;
}

export type ToWriter =
  | { readonly type: 'requests'; readonly requests: readonly NumberedRequest[] }
  /** A reader thread: the view of the store goes there, now and at each change. */
  | { readonly type: 'reader'; readonly port: MessagePort }
  | { readonly type: 'close' };

type EventName = keyof WriterEvents | 'gap';

export interface WriterStats extends StoreFigures {
  readonly refusedSeries: RefusedSeries;
  /** Why folding fails, if it does. */
  readonly failure: string | undefined;
  /** Why nothing is taken now, if so. */
  readonly refusal: string | undefined;
}

export type FromWriter =
  | { readonly type: 'replies'; readonly replies: readonly (readonly [id: number, reply: IngestReply])[] }
  | { readonly type: 'event'; readonly name: EventName; readonly values: readonly (string | number)[] }
  | { readonly type: 'stats'; readonly stats: WriterStats }
  | { readonly type: 'metadata'; readonly changes: ReadonlyMap<string, Metadata> }
  | { readonly type: 'ready' }
  | { readonly type: 'closed' };

const STATS_EVERY_MS = 1000;

type Say = (message: FromWriter) => void;

function run(port: MessagePort, options: WriterThreadOptions): void {
  const say: Say = (message) => port.postMessage(message);
  const readers = new Set<MessagePort>();
  const store = openStore(options, readers, say);
  const ingester = new Ingester({
    store,
    clock: systemClock,
    limits: options.limits,
    onGap: ({ agent, epoch, sequence }, missing) =>
      say({ type: 'event', name: 'gap', values: [agent, epoch, sequence, missing] }),
  });
  let waiting: NumberedRequest[] = [];
  const takeGroup = (): void => {
    const group = waiting;
    waiting = [];
    const replies = ingester.take(group);
    say({ type: 'replies', replies: group.map(({ id }, i) => [id, replies[i] as IngestReply]) });
  };
  let figures: StoreFigures = { series: 0, openSamples: 0, openBytes: 0, storedBytes: 0, partitions: 0 };
  let unseen: string | undefined;
  const tellStats = (): void => {
    store.tick();
    try {
      figures = store.stats();
      unseen = undefined;
    } catch (thrown) {
      unseen = `the files of the store can't be looked at: ${reasonOf(thrown)}`;
    }
    const failure = store.failure ?? unseen;
    const { refusedSeries, metadata } = ingester;
    const changes = metadata.takeChanges();
    if (changes.size > 0) say({ type: 'metadata', changes });
    say({ type: 'stats', stats: { ...figures, refusedSeries, failure, refusal: store.refusal() } });
  };
  const ticking = setInterval(tellStats, STATS_EVERY_MS);
  const close = async (): Promise<void> => {
    clearInterval(ticking);
    if (waiting.length > 0) takeGroup();
    await store.fold();
    await store.close();
    for (const reader of readers) reader.close();
    say({ type: 'closed' });
    port.close();
  };
  port.on('message', (message: ToWriter) => {
    if (message.type === 'close') {
      void close();
    } else if (message.type === 'reader') {
      const { port: reader } = message;
      readers.add(reader);
      reader.on('close', () => readers.delete(reader));
      reader.postMessage(store.view());
    } else {
      // All messages that wait are delivered before this runs.
      if (waiting.length === 0) setImmediate(takeGroup);
      waiting.push(...message.requests);
    }
  });
  tellStats();
  say({ type: 'ready' });
}

function openStore(options: WriterThreadOptions, readers: ReadonlySet<MessagePort>, say: Say): SqliteWriter {
  const event =
    (name: EventName) =>
    (...values: (string | number)[]): void =>
      say({ type: 'event', name, values });
  const memory = new HeadMemory();
  return new SqliteWriter({
    ...options,
    clock: systemClock,
    readBatch: readJournalledBatch,
    onView: (view: StoreView) => {
      for (const reader of readers) reader.postMessage(view);
      memory.took(view);
    },
    events: {
      replayed: event('replayed'),
      folded: event('folded'),
      foldFailed: event('foldFailed'),
      merged: event('merged'),
      mergeFailed: event('mergeFailed'),
      tierMade: event('tierMade'),
      tierFailed: event('tierFailed'),
      metricsDropped: event('metricsDropped'),
      metricsDropFailed: event('metricsDropFailed'),
      entryDamaged: event('entryDamaged'),
      partitionDamaged: event('partitionDamaged'),
      partitionDropped: event('partitionDropped'),
      retentionFailed: event('retentionFailed'),
    },
  });
}

if (parentPort) run(parentPort, workerData as WriterThreadOptions);
