import type { Clock } from '../../../lib/clock.ts';
import { reasonOf } from '../../../lib/fault.ts';
import { type DueDay, DueByName } from './due-by-name.ts';
import type { StoreFiles } from './fold.ts';
import type { Dropped } from './merge.ts';
import { Merger } from './merger.ts';
import { NameRules } from './name-rules.ts';
import { enforceRetention, type Kind, type Retention } from './retention.ts';
import type { Tiers } from './tiers.ts';

/** Days grow too old also when nothing comes. */
const RETENTION_EVERY_MS = 600_000;

export interface UpkeepEvents {
  merged(file: string, parts: number, samples: number, seconds: number): void;
  mergeFailed(file: string, reason: string): void;
  tierMade(file: string, samples: number, seconds: number): void;
  tierFailed(file: string, reason: string): void;
  metricsDropped(file: string, series: number, samples: number, bytes: number, seconds: number): void;
  metricsDropFailed(file: string, reason: string): void;
  partitionDropped(file: string, reason: string): void;
  retentionFailed(file: string, reason: string): void;
}

export interface UpkeepOptions {
  readonly files: StoreFiles & { readonly tiers: Tiers };
  /** Of the store. */
  readonly folder: string;
  readonly clock: Clock;
  readonly retention: Retention;
  /** A day that is over and still written to, as by a backfill, is let grow until so long after a fold. */
  readonly quietMs: number;
  readonly events: UpkeepEvents;
  /** The fold that runs, which is let by. */
  readonly folding: () => Promise<void> | undefined;
  /** Files went. */
  readonly onRemoved: () => void;
}

/**
 * Keeps the days in shape and in bounds: merges, and drops what retention does not keep, by name, by age and by size.
 * The limit of size takes whole days, so it comes when rules by name have given back what they can.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #merger: Merger;
  readonly #byName: DueByName;
  #enforceAtMs = -Infinity;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#byName = new DueByName(new NameRules(options.retention.rules));
    const { files, folder, clock, quietMs, folding, events } = options;
    this.#merger = new Merger({
      files: files.metrics,
      tiers: files.tiers,
      folder,
      clock,
      quietMs,
      folding,
      onMerged: (file, { parts, samples }, seconds) => events.merged(file, parts, samples, seconds),
      onFailed: (file, reason) => events.mergeFailed(file, reason),
      onDropped: (due, dropped, bytes, seconds) => this.#dropped(due, dropped, bytes, seconds),
      onDropFailed: (due, reason) => {
        this.#byName.failed(due, clock.monotonicMs());
        events.metricsDropFailed(due.day.file, reason);
      },
      // What waited for it.
      onAllDropped: () => (this.#enforceAtMs = -Infinity),
    });
  }

  /** Called now and then. */
  tick(): void {
    const { clock, folding } = this.#options;
    // A day must not go while it is folded into; what has to go goes after that.
    if (clock.monotonicMs() >= this.#enforceAtMs && folding() === undefined) this.#enforce();
    this.#merger.tick();
  }

  /** To be called after each fold, with the days that got samples. */
  folded(days: readonly number[]): void {
    for (const dayMs of days) {
      this.#byName.folded(dayMs);
      this.#merger.folded(dayMs);
    }
    this.#enforce();
  }

  /** To be called when a fold failed: what goes may be what makes room, so nothing waits for anything. */
  foldFailed(): void {
    this.#enforce(true);
  }

  /** Merges each day into one part. */
  async mergeAll(): Promise<void> {
    await this.#merger.mergeAll();
  }

  /** Stops what runs, which the next start finishes. */
  async close(): Promise<void> {
    await this.#merger.close();
  }

  #enforce(isUrgent = false): void {
    const { clock, events, files, folder, retention, onRemoved } = this.#options;
    this.#enforceAtMs = clock.monotonicMs() + RETENTION_EVERY_MS;
    const setting = 'store.retention-age';
    const kinds: Kind[] = [
      // Of one day in this order.
      { files: files.metrics, maxAgeMs: retention.maxAgeMs, setting },
      { files: files.logs, maxAgeMs: retention.maxAgeMs, setting },
      ...files.tiers.kinds(),
    ];
    try {
      for (const kind of kinds) kind.files.changed();
      const nowMs = clock.nowMs();
      const newest = kinds
        .flatMap((kind) => kind.files.list().at(-1) ?? [])
        .sort((a, b) => b.fromMs - a.fromMs)[0];
      const due = this.#byName.among(files.metrics.list(), newest, {
        nowMs,
        monotonicMs: clock.monotonicMs(),
      });
      this.#merger.dropByName(due);
      const waits = due.length > 0 && !isUrgent;
      // What a merge takes for a moment drops no day.
      const maxBytes = waits ? Infinity : retention.maxBytes + this.#merger.spareBytes;
      const { busyWith } = this.#merger;
      const busy = busyWith === undefined ? undefined : files.metrics.of(busyWith).file;
      const dropped = enforceRetention(kinds, maxBytes, nowMs, ({ file }) => file === busy);
      for (const { file, reason, failure } of dropped) {
        if (failure === undefined) events.partitionDropped(file, reason);
        else events.retentionFailed(file, failure);
      }
      if (dropped.length > 0) onRemoved();
    } catch (thrown) {
      events.retentionFailed(folder, reasonOf(thrown));
    }
  }

  #dropped(due: DueDay, { series, samples, isAll }: Dropped, bytes: number, seconds: number): void {
    const { events, onRemoved } = this.#options;
    const { file } = due.day;
    this.#byName.applied(due);
    if (series > 0) events.metricsDropped(file, series, samples, bytes, seconds);
    if (!isAll) return;
    events.partitionDropped(file, 'rules by metric name left nothing of it (store.retention-of)');
    onRemoved();
  }
}
