/** What is asked about a part before it is merged; oldest first, by rank. */
export interface PartSize {
  readonly seriesCount: number;
  readonly sampleCount: number;
}

/** So many parts of about a size (none eight times another) become one, with smaller ones that came later. */
const FAN_IN = 8;
/** A series without its samples counts as so many samples. */
const SAMPLES_A_SERIES = 16;
/** A day that is over becomes one part unless what was added is less than this share of what it has ... */
const SMALL_SHARE = 1 / 8;
/** ... in fewer additions than this. */
const FEW_ADDITIONS = 4;
/** Smaller than this is always worth it. */
const SMALL = 1 << 20;

/**
 * How many of the newest parts are to be merged into one; 0 when it is not worth it yet. While a day grows each
 * sample is written again once a level, so log8 of the number of folds; then once more when the day is over.
 */
export function partsToMerge(parts: readonly PartSize[], isOver: boolean): number {
  if (parts.length < 2) return 0;
  const sizes = parts.map(sizeOf);
  if (isOver) {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const added = total - Math.max(...sizes);
    const isWorthIt = total < SMALL || added >= total * SMALL_SHARE || parts.length > FEW_ADDITIONS;
    return isWorthIt ? parts.length : 0;
  }
  const levels = sizes.map((size) => Math.floor(Math.log(size) / Math.log(FAN_IN)));
  for (const level of [...new Set(levels)].sort((a, b) => a - b)) {
    const larger = levels.findLastIndex((each) => each > level);
    const newer = levels.slice(larger + 1);
    if (newer.filter((each) => each === level).length >= FAN_IN) return newer.length;
  }
  return 0;
}

function sizeOf({ seriesCount, sampleCount }: PartSize): number {
  return 1 + sampleCount + SAMPLES_A_SERIES * seriesCount;
}
