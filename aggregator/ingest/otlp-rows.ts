import { labelsFrom, labelsKey, METRIC_NAME, printLabels, type Labels } from '../../wire/labels.ts';
import { putStale } from '../../wire/sample.ts';
import type { Row } from '../store/store.ts';
import type { IngestLimits } from './limits.ts';
import {
  TEMPORALITY_CUMULATIVE,
  TEMPORALITY_DELTA,
  type Attributes,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpSink,
} from './otlp-metric.ts';
import { labelName, metricName, plainNumber } from './otlp-names.ts';
import { Refusals, refuseLabels, refuseTime } from './refusals.ts';

/** They name the target, so they become `job` and `instance` and are no labels of target_info. */
const IDENTIFYING = new Set(['service.namespace', 'service.name', 'service.instance.id']);
/** Half of Prometheus's lookback, so that target_info is found wherever a point is. */
const TARGET_INFO_EVERY_MS = 150_000;

type LabelRecord = Record<string, string>;

/**
 * Turns OTLP's metrics into rows, as Prometheus's OTLP receiver maps them (prometheus
 * `storage/remote/otlptranslator/prometheusremotewrite`): the resource's identity as `job` and `instance`, its
 * other attributes as `target_info`, the scope as `otel_scope_*`, a point's attributes as labels. A point that is
 * wrong is refused alone.
 */
export class OtlpRows implements OtlpSink {
  readonly rows: Row[] = [];
  readonly refusals = new Refusals();
  readonly #newestMs: number;
  readonly #limits: IngestLimits;
  readonly #labelNames = new Map<string, string>();
  #resource: Attributes = [];
  #target: LabelRecord = {};
  /** Label names of the scope are Prometheus's own already. */
  #scope: LabelRecord = {};
  /** Times of the resource's points. */
  readonly #timesMs = new Set<number>();

  constructor(newestMs: number, limits: IngestLimits) {
    this.#newestMs = newestMs;
    this.#limits = limits;
  }

  resource(attributes: Attributes): void {
    this.#resource = attributes;
    this.#timesMs.clear();
    const values = new Map(attributes);
    const name = values.get('service.name');
    const namespace = values.get('service.namespace');
    this.#target = {
      job: name === undefined ? '' : namespace === undefined ? name : `${namespace}/${name}`,
      instance: values.get('service.instance.id') ?? '',
    };
  }

  scope(name: string, version: string, schemaUrl: string, attributes: Attributes): void {
    this.#scope = Object.create(null) as LabelRecord;
    if (name === '') return;
    for (const [key, value] of attributes) this.#scope[this.#labelName(`otel_scope_${key}`)] = value;
    this.#scope['otel_scope_name'] = name;
    this.#scope['otel_scope_version'] = version;
    this.#scope['otel_scope_schema_url'] = schemaUrl;
  }

  metric(metric: OtlpMetric): void {
    const name = metricName(metric);
    const reason = refuseMetric(metric, name);
    if (reason !== undefined) {
      this.refusals.add(metric.points.length, () => `${metric.name}: ${reason}`);
      return;
    }
    for (const point of metric.points) {
      const refused = this.#point(name, metric, point);
      if (refused === undefined) this.#timesMs.add(point.atMs);
      else this.refusals.add(1, () => refused);
    }
  }

  /** One sample says what the target is, at the first and the last of its times and often enough between. */
  end(): void {
    const others = this.#resource.filter(([key]) => !IDENTIFYING.has(key));
    if (others.length === 0 || (this.#target['job'] === '' && this.#target['instance'] === '')) return;
    const record = this.#labels(others);
    if (typeof record === 'string') {
      this.refusals.add(0, () => `target_info: ${record}`);
      return;
    }
    const series = labelsFrom({ ...record, ...this.#target, [METRIC_NAME]: 'target_info' });
    const reason = refuseLabels(series, this.#limits);
    if (reason !== undefined) {
      this.refusals.add(0, () => reason);
      return;
    }
    const timesMs = [...this.#timesMs].sort((a, b) => a - b);
    let lastMs = -Infinity;
    for (const [i, atMs] of timesMs.entries()) {
      if (i < timesMs.length - 1 && atMs - lastMs < TARGET_INFO_EVERY_MS) continue;
      this.#add(labelsKey(series), () => [series], atMs, Float64Array.of(1));
      lastMs = atMs;
    }
  }

  /** Takes a point, or returns why not. */
  #point(name: string, metric: OtlpMetric, point: OtlpPoint): string | undefined {
    const record = this.#labels(point.attributes);
    if (typeof record === 'string') return `${name}: ${record}`;
    Object.assign(record, this.#scope);
    for (const label of ['job', 'instance']) if (this.#target[label]) record[label] = this.#target[label];
    record[METRIC_NAME] = name;
    const labels = labelsFrom(record);
    const reason = refuseLabels(labels, this.#limits);
    if (reason !== undefined) return reason;
    const what = point.atMs === 0 ? 'a point without a time' : refuseTime(point.atMs, this.#newestMs);
    if (what !== undefined) return `${printLabels(labels)}: ${what}`;
    if (metric.kind === 'histogram') return this.#histogram(labels, record, point);
    if (metric.kind === 'summary') return this.#summary(labels, record, point);
    return this.#number(labels, point);
  }

  #number(labels: Labels, { atMs, ended, value }: OtlpPoint): string | undefined {
    if (!ended && value === undefined) return `${printLabels(labels)}: a point without a value`;
    this.#add(labelsKey(labels), () => [labels], atMs, ended ? STALE : (value as Float64Array));
    return undefined;
  }

  #histogram(labels: Labels, record: LabelRecord, point: OtlpPoint): string | undefined {
    const buckets = Math.min(point.bounds.length, point.bucketCounts.length);
    const bounds = point.bounds.slice(0, buckets);
    if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity)) || bound === Infinity))
      return `${printLabels(labels)}: the bounds ${bounds.slice(0, 20).join(', ')} do not rise`;
    const values = [point.count];
    let count = 0;
    for (let i = 0; i < buckets; i++) values.push((count += point.bucketCounts[i] as number));
    values.push(point.count);
    if (point.sum !== undefined) values.push(point.sum);
    const name = record[METRIC_NAME] as string;
    const series = (): Labels[] => [
      labelsFrom({ ...record, [METRIC_NAME]: `${name}_count` }),
      ...[...bounds, Infinity].map((bound) =>
        labelsFrom({ ...record, [METRIC_NAME]: `${name}_bucket`, le: plainNumber(bound) }),
      ),
      ...(point.sum === undefined ? [] : [labelsFrom({ ...record, [METRIC_NAME]: `${name}_sum` })]),
    ];
    const key = `histogram ${labelsKey(labels)} ${bounds.join()} ${point.sum === undefined}`;
    this.#add(key, series, point.atMs, endedOr(point.ended, values));
    return undefined;
  }

  #summary(labels: Labels, record: LabelRecord, point: OtlpPoint): string | undefined {
    const quantiles = [...new Map(point.quantiles)];
    const values = [point.count, point.sum ?? 0, ...quantiles.map(([, value]) => value)];
    const name = record[METRIC_NAME] as string;
    const series = (): Labels[] => [
      labelsFrom({ ...record, [METRIC_NAME]: `${name}_count` }),
      labelsFrom({ ...record, [METRIC_NAME]: `${name}_sum` }),
      ...quantiles.map(([quantile]) => labelsFrom({ ...record, quantile: plainNumber(quantile) })),
    ];
    const key = `summary ${labelsKey(labels)} ${quantiles.map(([quantile]) => quantile).join()}`;
    this.#add(key, series, point.atMs, endedOr(point.ended, values));
    return undefined;
  }

  #add(key: string, series: () => readonly Labels[], atMs: number, values: Float64Array): void {
    this.rows.push({ key, series, atMs, values });
  }

  /** Attributes as labels; of keys that give one label the values are joined by `;`, in the order of the keys. */
  #labels(attributes: Attributes): LabelRecord | string {
    const record = Object.create(null) as LabelRecord;
    const sorted = attributes.length < 2 ? attributes : attributes.toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, value] of sorted) {
      if (key === METRIC_NAME) continue;
      const name = this.#labelName(key);
      if (name === '') return `the attribute ${JSON.stringify(key.slice(0, 80))} can't be a label`;
      record[name] = record[name] ? `${record[name]};${value}` : value;
    }
    return record;
  }

  #labelName(key: string): string {
    let name = this.#labelNames.get(key);
    if (name === undefined) this.#labelNames.set(key, (name = labelName(key)));
    return name;
  }
}

const STALE = endedOr(true, [0]);

function endedOr(ended: boolean, values: readonly number[]): Float64Array {
  const column = Float64Array.from(values);
  if (ended) for (let i = 0; i < column.length; i++) putStale(column, i);
  return column;
}

function refuseMetric({ kind, temporality }: OtlpMetric, name: string): string | undefined {
  if (name === '') return 'nothing of the name can be a metric name';
  if (kind === 'unknown') return 'a metric of a kind that is not known';
  if (kind === 'exponential histogram') return 'exponential histograms are not taken yet';
  if (kind === 'gauge' || kind === 'summary' || temporality === TEMPORALITY_CUMULATIVE) return undefined;
  return temporality === TEMPORALITY_DELTA
    ? `a ${kind} of deltas is not taken: set the exporter to cumulative temporality`
    : `a ${kind} with temporality ${temporality} is not taken, only cumulative`;
}
