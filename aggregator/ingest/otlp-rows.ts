import { labelsFrom, labelsKey, METRIC_NAME, printLabels, type Labels } from '../../wire/labels.ts';
import { putStale } from '../../wire/sample.ts';
import type { PushedRow } from './pushed-row.ts';
import type { BodyLimits } from './limits.ts';
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
  readonly rows: PushedRow[] = [];
  readonly refusals = new Refusals();
  readonly #newestMs: number;
  readonly #limits: BodyLimits;
  readonly #labelNames = new Map<string, string>();
  #resource: Attributes = [];
  #target: LabelRecord = {};
  /** Label names of the scope are Prometheus's own already. */
  #scope: LabelRecord = {};
  /** Times of the resource's points. */
  readonly #timesMs = new Set<number>();

  constructor(newestMs: number, limits: BodyLimits) {
    this.#newestMs = newestMs;
    this.#limits = limits;
  }

  resource(attributes: Attributes): void {
    this.#resource = attributes;
    this.#timesMs.clear();
    const values = new Map(attributes.map(({ key, value }) => [key, value]));
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
    for (const { key, value } of attributes) this.#scope[this.#labelName(`otel_scope_${key}`)] = value;
    this.#scope['otel_scope_name'] = name;
    this.#scope['otel_scope_version'] = version;
    this.#scope['otel_scope_schema_url'] = schemaUrl;
  }

  metric(metric: OtlpMetric): void {
    const name = metricName(metric);
    const reason = refuseMetric(metric, name);
    if (reason !== undefined) {
      this.refusals.add(metric.pointCount, () => `${metric.name}: ${reason}`);
      return;
    }
    const shared = [name, ...Object.entries({ ...this.#scope, ...this.#target }).flat()];
    const context = `otlp ${shared.map((text) => `${text.length}:${text}`).join('')}`;
    for (const point of metric.points) {
      const refused = this.#point(name, context, metric, point);
      if (refused === undefined) this.#timesMs.add(point.atMs);
      else this.refusals.add(1, () => refused);
    }
  }

  /** One sample says what the target is, at the first and the last of its times and often enough between. */
  end(): void {
    const others = this.#resource.filter(({ key }) => !IDENTIFYING.has(key));
    if (others.length === 0 || (this.#target['job'] === '' && this.#target['instance'] === '')) return;
    const series = labelsFrom(this.#recordOf('target_info', others, {}, this.#target));
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

  /** Takes a point, or returns why not. `context` stands for all that the metric's points share. */
  #point(name: string, context: string, { kind }: OtlpMetric, point: OtlpPoint): string | undefined {
    const scope = this.#scope;
    const target = this.#target;
    // Nobody asks for the labels of a series that is known.
    const record = (): LabelRecord => this.#recordOf(name, point.attributes, scope, target);
    const refused = this.#refuse(name, context, point, record);
    if (refused !== undefined) return refused;
    const reason = refusePoint(kind, point, this.#newestMs);
    if (reason !== undefined) return `${printLabels(labelsFrom(record()))}: ${reason}`;
    let key = context;
    for (const { mark } of point.attributes) key += mark;
    if (kind === 'histogram') this.#histogram(key, name, record, point);
    else if (kind === 'summary') this.#summary(key, name, record, point);
    else {
      const values = point.ended ? STALE : (point.value as Float64Array);
      this.#add(key, () => [labelsFrom(record())], point.atMs, values);
    }
    return undefined;
  }

  #recordOf(
    name: string,
    attributes: Attributes,
    scope: LabelRecord,
    { job = '', instance = '' }: LabelRecord,
  ): LabelRecord {
    const record = this.#labels(attributes);
    Object.assign(record, scope);
    if (job !== '') record['job'] = job;
    if (instance !== '') record['instance'] = instance;
    record[METRIC_NAME] = name;
    return record;
  }

  /** Why the labels of a point are not taken. */
  #refuse(
    name: string,
    context: string,
    { attributes }: OtlpPoint,
    record: () => LabelRecord,
  ): string | undefined {
    let length = context.length;
    for (const { key, mark } of attributes) {
      if (this.#labelName(key) === '' && key !== METRIC_NAME)
        return `${name}: the attribute ${JSON.stringify(key.slice(0, 80))} can't be a label`;
      length += mark.length + LONGER_BY;
    }
    const { maxLabels, maxLabelLength } = this.#limits;
    const labels = attributes.length + Object.keys(this.#scope).length + OTHER_LABELS;
    // Fast path: too few and too short to be past a limit, whatever becomes of them.
    if (length <= maxLabelLength && labels <= maxLabels) return undefined;
    return refuseLabels(labelsFrom(record()), this.#limits);
  }

  #histogram(key: string, name: string, record: () => LabelRecord, point: OtlpPoint): void {
    const { bounds, bucketCounts, sum } = point;
    const buckets = Math.min(bounds.length, bucketCounts.length);
    const values = [point.count];
    let count = 0;
    for (let i = 0; i < buckets; i++) values.push((count += bucketCounts[i] as number));
    values.push(point.count);
    if (sum !== undefined) values.push(sum);
    const series = (): Labels[] => {
      const base = record();
      return [
        labelsFrom({ ...base, [METRIC_NAME]: `${name}_count` }),
        ...[...bounds.slice(0, buckets), Infinity].map((bound) =>
          labelsFrom({ ...base, [METRIC_NAME]: `${name}_bucket`, le: plainNumber(bound) }),
        ),
        ...(sum === undefined ? [] : [labelsFrom({ ...base, [METRIC_NAME]: `${name}_sum` })]),
      ];
    };
    const list = `${bounds.slice(0, buckets).join()} ${sum === undefined}`;
    this.#add(`${key} histogram ${list}`, series, point.atMs, endedOr(point.ended, values));
  }

  #summary(key: string, name: string, record: () => LabelRecord, point: OtlpPoint): void {
    const quantiles = [...new Map(point.quantiles)];
    const values = [point.count, point.sum ?? 0, ...quantiles.map(([, value]) => value)];
    const series = (): Labels[] => {
      const base = record();
      return [
        labelsFrom({ ...base, [METRIC_NAME]: `${name}_count` }),
        labelsFrom({ ...base, [METRIC_NAME]: `${name}_sum` }),
        ...quantiles.map(([quantile]) => labelsFrom({ ...base, quantile: plainNumber(quantile) })),
      ];
    };
    const list = quantiles.map(([quantile]) => quantile).join();
    this.#add(`${key} summary ${list}`, series, point.atMs, endedOr(point.ended, values));
  }

  #add(key: string, series: () => readonly Labels[], atMs: number, values: Float64Array): void {
    this.rows.push({ key, series, atMs, values });
  }

  /** Attributes as labels; of keys that give one label the values are joined by `;`, in the order of the keys. */
  #labels(attributes: Attributes): LabelRecord {
    const record = Object.create(null) as LabelRecord;
    const sorted =
      attributes.length < 2 ? attributes : attributes.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for (const { key, value } of sorted) {
      if (key === METRIC_NAME) continue;
      const name = this.#labelName(key);
      if (name === '') continue;
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

/** Sanitizing a key puts `key_` before it at most, joining a value `;`. */
const LONGER_BY = 5;
/** The metric name, job, instance, and le or quantile. */
const OTHER_LABELS = 4;
const STALE = endedOr(true, [0]);

/** Why what a point says is not taken. */
function refusePoint(kind: string, point: OtlpPoint, newestMs: number): string | undefined {
  const { atMs, ended, value, bounds } = point;
  if (atMs === 0) return 'a point without a time';
  const reason = refuseTime(atMs, newestMs);
  if (reason !== undefined) return reason;
  if (kind === 'histogram') {
    if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity)) || bound === Infinity))
      return `the bounds ${bounds.slice(0, 20).join(', ')} do not rise`;
  } else if (kind !== 'summary' && !ended && value === undefined) return 'a point without a value';
  return undefined;
}

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
