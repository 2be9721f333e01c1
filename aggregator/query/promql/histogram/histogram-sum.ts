import type { Buckets, NativeHistogram } from '../../../store/native-histogram.ts';
import { RESET_GAUGE } from '../../../store/native-histogram.ts';
import { KahanSum } from '../../../../lib/kahan.ts';
import { customBound, exponentialBound, hasCustomBounds, lowerResolution } from './buckets.ts';

/** What a counter histogram knows of the one before it (as the protocol numbers it). */
export const RESET_UNKNOWN = 0;
export const RESET_SEEN = 1;
export const RESET_NOT_SEEN = 2;

type Populations = Map<number, KahanSum>;

/**
 * A sum of histograms that grows. What differs between them is brought to what they share: the lowest resolution,
 * the widest zero bucket, the custom bounds that all have. Sums carry their rounding errors along.
 */
export class HistogramSum {
  #schema: number;
  #zeroThreshold: number;
  #bounds: readonly number[];
  readonly #custom: boolean;
  readonly #count: KahanSum;
  readonly #sum: KahanSum;
  readonly #zeroCount: KahanSum;
  #positive: Populations;
  #negative: Populations;
  resetHint: number;
  /** Custom bounds differed, and only shared ones were kept. */
  reconciled = false;
  /** One histogram was said to follow a reset, and another to follow none. */
  conflicting = false;

  constructor(first: NativeHistogram) {
    this.#schema = first.schema;
    this.#zeroThreshold = first.zeroThreshold;
    this.#bounds = first.bounds;
    this.#custom = hasCustomBounds(first);
    this.#count = new KahanSum(first.count);
    this.#sum = new KahanSum(first.sum);
    this.#zeroCount = new KahanSum(first.zeroCount);
    this.#positive = populations(first.positive);
    this.#negative = populations(first.negative);
    this.resetHint = first.resetHint;
  }

  /** Adds a histogram, or (`sign` -1) takes it off; false, and nothing is done, when one of the two has custom bounds. */
  add(other: NativeHistogram, sign: 1 | -1 = 1): boolean {
    if (hasCustomBounds(other) !== this.#custom) return false;
    this.#mergeHint(other.resetHint);
    this.#count.add(sign * other.count);
    this.#sum.add(sign * other.sum);
    if (this.#custom) this.#addCustom(other, sign);
    else this.#addExponential(other, sign);
    return true;
  }

  #mergeHint(hint: number): void {
    const own = this.resetHint;
    if (hint === own || own === RESET_GAUGE) return;
    if (hint !== RESET_GAUGE && hint !== RESET_UNKNOWN && own !== RESET_UNKNOWN) this.conflicting = true;
    this.resetHint = hint === RESET_GAUGE ? RESET_GAUGE : RESET_UNKNOWN;
  }

  #addCustom({ positive, bounds }: NativeHistogram, sign: 1 | -1): void {
    const shared = sharedBounds(this.#bounds, bounds);
    if (shared !== this.#bounds) {
      this.reconciled = true;
      const known = this.#positive;
      this.#positive = new Map();
      for (const [index, population] of known) {
        const target = targetOf(this.#positive, indexIn(shared, customBound(index, this.#bounds)));
        target.add(population.sum);
        target.add(population.error);
      }
      this.#bounds = shared;
    }
    for (const [index, count] of positive) {
      targetOf(this.#positive, indexIn(shared, customBound(index, bounds))).add(sign * count);
    }
  }

  #addExponential(other: NativeHistogram, sign: 1 | -1): void {
    if (other.zeroThreshold !== this.#zeroThreshold || other.schema !== this.#schema) this.#adapt(other);
    this.#zeroCount.add(sign * other.zeroCount);
    this.#addBuckets(this.#positive, other.schema, other.positive, sign);
    this.#addBuckets(this.#negative, other.schema, other.negative, sign);
  }

  #adapt(other: NativeHistogram): void {
    // What ends up inside of the other's zero bucket may lift the threshold again.
    let threshold = other.zeroThreshold;
    let before;
    do {
      before = threshold;
      threshold = widened(
        other.schema,
        other.positive,
        other.negative,
        Math.max(threshold, this.#zeroThreshold),
      );
      const own = [entries(this.#positive), entries(this.#negative)] as const;
      threshold = widened(this.#schema, ...own, threshold);
    } while (threshold !== before);
    this.#zeroThreshold = threshold;
    const schema = Math.min(this.#schema, other.schema);
    this.#positive = this.#regrouped(this.#positive, schema);
    this.#negative = this.#regrouped(this.#negative, schema);
    this.#schema = schema;
  }

  /** What lies below the zero threshold goes into the zero bucket, the rest into a lower resolution. */
  #regrouped(known: Populations, schema: number): Populations {
    const kept: Populations = new Map();
    for (const [index, population] of known) {
      const isZero = exponentialBound(index, this.#schema) <= this.#zeroThreshold;
      const target = isZero ? this.#zeroCount : targetOf(kept, lowerResolution(index, this.#schema, schema));
      target.add(population.sum);
      target.add(population.error);
    }
    return kept;
  }

  #addBuckets(into: Populations, schema: number, buckets: Buckets, sign: 1 | -1): void {
    for (const [index, count] of buckets) {
      const isZero = exponentialBound(index, schema) <= this.#zeroThreshold;
      const target = isZero ? this.#zeroCount : targetOf(into, lowerResolution(index, schema, this.#schema));
      target.add(sign * count);
    }
  }

  /** The sum, divided. Empty buckets are left out. */
  finish(divisor = 1): NativeHistogram {
    return {
      schema: this.#schema,
      count: divided(this.#count, divisor),
      sum: divided(this.#sum, divisor),
      zeroThreshold: this.#zeroThreshold,
      zeroCount: divided(this.#zeroCount, divisor),
      resetHint: this.resetHint,
      positive: entries(this.#positive, divisor),
      negative: entries(this.#negative, divisor),
      bounds: this.#bounds,
    };
  }
}

function divided({ sum, error }: KahanSum, divisor: number): number {
  return Number.isFinite(sum) ? sum / divisor + error / divisor : sum / divisor;
}

function populations(buckets: Buckets): Populations {
  return new Map(buckets.map(([index, count]) => [index, new KahanSum(count)]));
}

function entries(known: Populations, divisor = 1): Buckets {
  const buckets: [number, number][] = [];
  for (const [index, population] of known) {
    const count = divided(population, divisor);
    if (count !== 0) buckets.push([index, count]);
  }
  return buckets.sort(([a], [b]) => a - b);
}

function targetOf(into: Populations, index: number): KahanSum {
  let target = into.get(index);
  if (target === undefined) into.set(index, (target = new KahanSum()));
  return target;
}

/** The bounds that both have; the very first list when they are equal. */
export function sharedBounds(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === b.length && a.every((bound, i) => bound === b[i])) return a;
  const others = new Set(b);
  return a.filter((bound) => others.has(bound));
}

/** The bucket that ends at this bound or is the first to end after it. */
export function indexIn(bounds: readonly number[], bound: number): number {
  const at = bounds.findIndex((one) => one >= bound);
  return at < 0 ? bounds.length : at;
}

/** The threshold, lifted to the end of each bucket with something in it that it would cut in two. */
export function widened(schema: number, positive: Buckets, negative: Buckets, threshold: number): number {
  let wide = threshold;
  for (const buckets of [positive, negative, positive]) {
    for (const [index, count] of buckets) {
      if (exponentialBound(index - 1, schema) >= wide) break;
      const upper = exponentialBound(index, schema);
      if (count !== 0 && upper > wide) wide = upper;
    }
  }
  return wide;
}
