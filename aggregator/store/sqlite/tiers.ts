import { join } from 'node:path';

import type { Clock } from '../../../lib/clock.ts';
import { Fault, reasonOf } from '../../../lib/fault.ts';
import { TIERS, type TierAges, type TierName } from '../tier/statistic.ts';
import { isDamage } from './database.ts';
import { makeTier } from './make-tier.ts';
import type { PartitionFile } from './partition-files.ts';
import type { Kind } from './retention.ts';
import { type TierFile, TierFiles } from './tier-files.ts';

/** One tier as readers see it. */
export interface Tier {
  readonly name: TierName;
  readonly bucketMs: number;
  /** Oldest first. */
  readonly days: readonly TierFile[];
}

export interface TiersOptions {
  /** The store's. */
  readonly folder: string;
  readonly clock: Clock;
  readonly agesMs: TierAges;
  readonly onMade: (file: string, samples: number, seconds: number) => void;
  readonly onFailed: (file: string, reason: string) => void;
}

interface Kept {
  readonly name: TierName;
  readonly bucketMs: number;
  readonly maxAgeMs: number | undefined;
  readonly files: TierFiles;
}

/** Makes the tiers of days that are over; knows which there are. */
export class Tiers {
  readonly #options: TiersOptions;
  readonly #tiers: readonly Kept[];
  /** The day whose tier is being made, until it changes. */
  #makingMs: number | undefined;

  constructor(options: TiersOptions) {
    this.#options = options;
    this.#tiers = TIERS.map(({ name, bucketMs }) => {
      const files = new TierFiles(join(options.folder, `tier-${name}`));
      files.removeDrafts();
      return { name, bucketMs, maxAgeMs: options.agesMs[name], files };
    });
  }

  /** For readers. */
  view(): Tier[] {
    return this.#tiers.map(({ name, bucketMs, files }) => ({ name, bucketMs, days: files.list() }));
  }

  /** Files of all tiers. */
  get count(): number {
    return this.#tiers.reduce((sum, { files }) => sum + files.list().length, 0);
  }

  /** Bytes of all of them. */
  get totalBytes(): number {
    let bytes = 0;
    for (const { files } of this.#tiers) for (const day of files.list()) bytes += files.bytesOf(day);
    return bytes;
  }

  /** For retention. */
  kinds(): Kind[] {
    return this.#tiers.map(({ name, files, maxAgeMs }) => ({
      files,
      maxAgeMs,
      setting: `store.tier-${name}`,
    }));
  }

  /** To be called before a day changes; see `TierFiles`. Throws when the disk refuses: then it must not change. */
  dayChanges(dayMs: number, isThere: boolean): void {
    if (this.#makingMs === dayMs) this.#makingMs = undefined;
    for (const { files } of this.#tiers) files.dayChanges(dayMs, isThere);
  }

  /** Is there a tier of the day to be made? */
  isDue(day: PartitionFile): boolean {
    return this.#due(day).length > 0;
  }

  /**
   * Makes what there is to make of a day that is over, unless it changes meanwhile. True when it is worth another try
   * later.
   */
  async make(day: PartitionFile, mayGoOn: () => Promise<boolean>): Promise<boolean> {
    const { clock, onMade, onFailed } = this.#options;
    for (const { bucketMs, files } of this.#due(day)) {
      const startMs = clock.monotonicMs();
      const draft = files.draftOf(day.fromMs);
      this.#makingMs = day.fromMs;
      const isSame = async (): Promise<boolean> => (await mayGoOn()) && this.#makingMs === day.fromMs;
      try {
        // What goes on now may have told of its change before.
        if (!(await isSame())) return false;
        const samples = await makeTier(day, draft, { bucketMs, mayGoOn: isSame });
        if (samples === undefined || !(await isSame())) return false;
        files.publish(day.fromMs);
        onMade(draft.replace(/\.new$/, ''), samples, (clock.monotonicMs() - startMs) / 1000);
      } catch (thrown) {
        onFailed(draft, reasonOf(thrown));
        // What is damaged stays so; a disk that is full does not.
        return !isDamagedData(thrown);
      } finally {
        this.#makingMs = undefined;
        files.discard(day.fromMs);
      }
    }
    return false;
  }

  #due({ fromMs, toMs }: PartitionFile): Kept[] {
    const ageMs = this.#options.clock.nowMs() - toMs;
    return this.#tiers.filter(
      ({ maxAgeMs, files }) => maxAgeMs !== undefined && ageMs <= maxAgeMs && !files.has(fromMs),
    );
  }
}

function isDamagedData(thrown: unknown): boolean {
  return isDamage(thrown) || (thrown instanceof Fault && /^(damaged|malformed)$/.test(thrown.code));
}
