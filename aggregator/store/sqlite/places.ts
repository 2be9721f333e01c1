import type { Summary, TimeRange } from '../store.ts';
import type { PartitionFile } from './partition-files.ts';
import type { Tier } from './tiers.ts';
import type { StoreView } from './view.ts';

/** A file to be read, and why it is that one. */
export interface Place extends PartitionFile {
  /** Undefined: the samples as they came. */
  readonly tier: Tier | undefined;
  /** `exact`: the tier says the same; `gone`: it is all that there is; `samples`: nothing else will do. */
  readonly why: 'samples' | 'exact' | 'gone';
  /** What to read when a tier can't be. */
  readonly instead?: Place;
}

/**
 * Which files answer for a range, oldest first. A day whose samples are there is read from its coarsest tier that the
 * summary allows, unless there may be samples of it that are not folded: no head has any before `oldestOpenMs`.
 * A day whose samples are gone is read from the coarsest tier that is allowed, or else from the finest there is.
 */
export function placesOf(
  { partitions, tiers }: Pick<StoreView, 'partitions' | 'tiers'>,
  { fromMs, toMs }: TimeRange,
  oldestOpenMs: number,
  summary?: Summary,
): Place[] {
  const isWithin = (day: PartitionFile): boolean => day.fromMs <= toMs && day.toMs >= fromMs;
  const gridMs = summary?.gridMs ?? 0;
  const isAllowed = ({ bucketMs }: Tier): boolean => gridMs > 0 && gridMs % bucketMs === 0;
  const samples = partitions
    .filter(isWithin)
    .map((day): Place => ({ ...day, tier: undefined, why: 'samples' }));
  const stored = new Map(samples.map((day) => [day.fromMs, day]));
  // Coarser ones take the place of finer ones.
  const exact = new Map<number, Place>();
  const gone = new Map<number, Place>();
  for (const tier of tiers.toSorted((a, b) => a.bucketMs - b.bucketMs)) {
    for (const day of tier.days.filter(isWithin)) {
      const instead = stored.get(day.fromMs);
      if (instead !== undefined && !day.isKept) {
        if (isAllowed(tier) && day.toMs < oldestOpenMs)
          exact.set(day.fromMs, { ...day, tier, why: 'exact', instead });
      } else if (isAllowed(tier)) gone.set(day.fromMs, { ...day, tier, why: 'exact' });
      else if (!gone.has(day.fromMs)) gone.set(day.fromMs, { ...day, tier, why: 'gone' });
    }
  }
  const others = samples.map((day) => exact.get(day.fromMs) ?? day);
  return [...gone.values(), ...others].sort((a, b) => a.fromMs - b.fromMs);
}

/** What the asker is to hear when samples are gone and no tier says the same; undefined when that is not so. */
export function toldOfGone(places: readonly Place[], summary?: Summary): string | undefined {
  const gone = places.filter(({ why }) => why === 'gone');
  if (gone.length === 0) return undefined;
  const newest = gone.reduce((a, b) => (a.toMs > b.toMs ? a : b));
  const names = [...new Set(gone.map(({ tier }) => tier?.name))].join(' and ');
  const told = `samples before ${new Date(newest.toMs + 1).toISOString()} are gone: the tier ${names} stands in for them`;
  if (summary === undefined) return told;
  return `${told}, by the ${summary.statistic} of each bucket, though ${summary.why}`;
}
