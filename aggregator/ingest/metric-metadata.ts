/** What a metric is, as senders tell it beside the samples. */
export interface Metadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** In the numbers of remote write, of both versions. */
export const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;

/** Metrics whose metadata are kept; those of more are left out. */
const MOST_METRICS = 10_000;
const MAX_HELP = 500;
const MAX_UNIT = 50;

const UNKNOWN: Metadata = { type: 'unknown', help: '', unit: '' };

/**
 * Type, help and unit of metrics by the names of their families. They are kept in memory alone and bounded to a few
 * megabytes: whoever sends them tells them again and again.
 */
export class MetricMetadata {
  readonly #known = new Map<string, Metadata>();
  #changed = new Map<string, Metadata>();

  /** Takes what is told of a metric; what is not told this time stays. */
  put(name: string, told: Partial<Metadata>): void {
    const known = this.#known.get(name);
    if (name === '' || (known === undefined && this.#known.size >= MOST_METRICS)) return;
    const whole = { ...(known ?? UNKNOWN), ...told };
    const { type } = whole;
    const help = whole.help.slice(0, MAX_HELP);
    const unit = whole.unit.slice(0, MAX_UNIT);
    if (known?.type === type && known.help === help && known.unit === unit) return;
    const next = { type, help, unit };
    this.#known.set(name, next);
    this.#changed.set(name, next);
  }

  /** What was new or changed since the last call. */
  takeChanges(): ReadonlyMap<string, Metadata> {
    const changed = this.#changed;
    if (changed.size > 0) this.#changed = new Map();
    return changed;
  }
}

/** The family of a series by its name: histograms and summaries have several names. */
export function familyOf(name: string, type: string): string {
  if (type === 'histogram' || type === 'gaugehistogram') return name.replace(/_(bucket|sum|count)$/, '');
  return type === 'summary' ? name.replace(/_(sum|count)$/, '') : name;
}
