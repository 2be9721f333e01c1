/** What one request may ask for; each is a setting under `ingest`. */
export interface IngestLimits {
  /** Bytes of a body when it is unpacked. */
  readonly maxBodyBytes: number;
  /** Samples may lie this far in the future. */
  readonly futureMs: number;
  /** Samples of one request in another's format; each costs memory until it is written. */
  readonly maxSamples: number;
  readonly maxLabels: number;
  /** Characters of a label name or value. */
  readonly maxLabelLength: number;
  /** Buckets of a native histogram on each side of zero. */
  readonly maxHistogramBuckets: number;
  /** Series that are open at the same time; no new ones are taken past it. */
  readonly maxSeries: number;
  /** New series within a minute. */
  readonly maxNewSeries: number;
  /** Series with the same label `instance`. */
  readonly maxSeriesPerTarget: number;
}
