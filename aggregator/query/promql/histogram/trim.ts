import type { Buckets, NativeHistogram } from '../../../store/native-histogram.ts';
import { CUSTOM_BOUNDS } from '../../../store/native-histogram.ts';
import { customBound, exponentialBound } from './buckets.ts';
import { shareBelow } from './statistics.ts';

/** What is left of a bucket, and where it is taken to lie. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

interface Range {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/**
 * The observations on one side of a value: below it (`</`) or above it (`>/`). A bucket that holds the value is
 * divided as `histogram_quantile` would; of one without end nothing is known, and it goes as a whole, unless it
 * lies on the side that stays. Count and sum are those of what is left, when anything went.
 */
export function trim(histogram: NativeHistogram, at: number, keepsBelow: boolean): NativeHistogram {
  const { schema, positive, negative, zeroThreshold, zeroCount, bounds } = histogram;
  const custom = schema === CUSTOM_BOUNDS;
  const totals = { count: 0, sum: 0 };
  const keep = (kept: Kept): number => {
    totals.count += kept.count;
    totals.sum += kept.count === 0 ? 0 : kept.count * kept.middle;
    return kept.count;
  };
  const trimmed = (buckets: Buckets, rangeOf: (index: number) => Omit<Range, 'count'>): Buckets =>
    buckets
      .map(([index, count]): [number, number] => {
        const range = { ...rangeOf(index), count };
        return [index, keep(partOf(range, at, keepsBelow, custom))];
      })
      .filter(([, count]) => count !== 0);
  const left: Omit<NativeHistogram, 'count' | 'sum' | 'zeroCount'> = {
    ...histogram,
    positive: trimmed(positive, (index) => ({
      lower: custom ? customBound(index - 1, bounds) : exponentialBound(index - 1, schema),
      upper: custom ? customBound(index, bounds) : exponentialBound(index, schema),
    })),
    negative: trimmed(negative, (index) => ({
      lower: -exponentialBound(index, schema),
      upper: -exponentialBound(index - 1, schema),
    })),
  };
  const zero = {
    lower: positive.length > 0 && negative.length === 0 ? 0 : -zeroThreshold,
    upper: negative.length > 0 && positive.length === 0 ? 0 : zeroThreshold,
    count: zeroCount,
  };
  const zeroLeft = zeroCount > 0 ? keep(partOf(zero, at, keepsBelow, true)) : zeroCount;
  const isWhole = zeroLeft === zeroCount && same(left.positive, positive) && same(left.negative, negative);
  return isWhole ? histogram : { ...left, ...totals, zeroCount: zeroLeft };
}

function same(a: Buckets, b: Buckets): boolean {
  return a.length === b.length && a.every(([, count], i) => count === b[i]?.[1]);
}

function partOf(range: Range, at: number, keepsBelow: boolean, linear: boolean): Kept {
  const { lower, upper, count } = range;
  if (keepsBelow ? upper <= at : lower >= at) return { count, middle: middleOf(lower, upper, linear) };
  if (!(keepsBelow ? lower < at : upper > at)) return NOTHING;
  if (lower === -Infinity || upper === Infinity) return partOfEndless(range, at, keepsBelow);
  const below = count * shareBelow(at, range, linear);
  return keepsBelow
    ? { count: below, middle: middleOf(lower, at, linear) }
    : { count: count - below, middle: middleOf(at, upper, linear) };
}

const NOTHING: Kept = { count: 0, middle: 0 };

/** The first custom bucket begins at zero when it ends above. */
function partOfEndless({ lower, upper, count }: Range, at: number, keepsBelow: boolean): Kept {
  if (lower !== -Infinity) return keepsBelow || at < lower ? NOTHING : { count, middle: at };
  if (upper === Infinity) return NOTHING;
  if (keepsBelow && at > 0 && upper > 0) return { count: (count * at) / upper, middle: at / 2 };
  if (keepsBelow && upper <= 0) return { count, middle: at };
  if (!keepsBelow && at >= 0) return { count: count * (1 - at / upper), middle: (at + upper) / 2 };
  return NOTHING;
}

function middleOf(lower: number, upper: number, linear: boolean): number {
  if (lower === -Infinity) return upper === Infinity ? 0 : upper > 0 ? upper / 2 : upper;
  if (upper === Infinity) return lower;
  if (linear) return (lower + upper) / 2;
  return Math.sign(lower + upper) * Math.sqrt(Math.abs(lower * upper));
}
