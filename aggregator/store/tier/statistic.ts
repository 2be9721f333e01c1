/** What is kept of the samples of a bucket, in the order in which a tier's part has the pieces of a series. */
export const STATISTICS = ['first', 'min', 'max', 'last', 'sum', 'count'] as const;

export type Statistic = (typeof STATISTICS)[number];

/** The sizes of buckets that there may be. Each divides a day. */
export const TIERS = [
  { name: '5m', bucketMs: 300_000 },
  { name: '1h', bucketMs: 3_600_000 },
] as const;

export type TierName = (typeof TIERS)[number]['name'];

/** How long each tier is kept; one without an age is not made, but read as long as it is there. */
export type TierAges = Readonly<Partial<Record<TierName, number | undefined>>>;
