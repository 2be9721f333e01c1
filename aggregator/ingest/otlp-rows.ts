import { METRIC_NAME } from '../../wire/labels.ts';
import { putStale } from '../../wire/sample.ts';
import type { Collected } from './collected.ts';
import { exponentialHistogram } from './otlp-exponential.ts';
import {
  TEMPORALITY_CUMULATIVE,
  TEMPORALITY_DELTA,
  type Attributes,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpSink,
} from './otlp-metric.ts';
import { labelName, metricName } from './otlp-names.ts';
import { formOf, type PointForm } from './otlp-series.ts';

/** They name the target, so they become `job` and `instance` and are no labels of target_info. */
const IDENTIFYING = new Set(['service.namespace', 'service.name', 'service.instance.id']);
/** Half of Prometheus's lookback, so that target_info is found wherever a point is. */
const TARGET_INFO_EVERY_MS = 150_000;

/** Values by label names. */
type LabelMap = Map<string, string>;

/**
 * Turns OTLP's metrics into rows, as Prometheus's OTLP receiver maps them (prometheus
 * `storage/remote/otlptranslator/prometheusremotewrite`): the resource's identity as `job` and `instance`, its
 * other attributes as `target_info`, the scope as `otel_scope_*`, a point's attributes as labels. A point that is
 * wrong is refused alone.
 */
export class OtlpRows implements OtlpSink {
  readonly #collected: Collected;
  readonly #labelNames = new Map<string, string>();
  #resource: Attributes = [];
  #target: LabelMap = new Map();
  #scope: LabelMap = new Map();
  /** Stands for the labels of scope and target. */
  #context = '';
  /** Times of the resource's points. */
  readonly #timesMs = new Set<number>();

  constructor(collected: Collected) {
    this.#collected = collected;
  }

  resource(attributes: Attributes): void {
    this.#resource = attributes;
    this.#timesMs.clear();
    const values = new Map(attributes.map(({ key, value }) => [key, value]));
    const name = values.get('service.name');
    const namespace = values.get('service.namespace');
    this.#target = new Map();
    if (name !== undefined) this.#target.set('job', namespace === undefined ? name : `${namespace}/${name}`);
    const instance = values.get('service.instance.id');
    if (instance !== undefined) this.#target.set('instance', instance);
    this.#context = contextOf(this.#target);
  }

  scope(name: string, version: string, schemaUrl: string, attributes: Attributes): void {
    this.#scope = new Map();
    if (name !== '') {
      for (const { key, value } of attributes) this.#scope.set(this.#labelName(`otel_scope_${key}`), value);
      this.#scope.set('otel_scope_name', name);
      this.#scope.set('otel_scope_version', version);
      this.#scope.set('otel_scope_schema_url', schemaUrl);
    }
    this.#context = contextOf(this.#scope) + contextOf(this.#target);
  }

  metric(metric: OtlpMetric): void {
    const name = metricName(metric);
    const problem = metricProblem(metric, name);
    if (problem !== undefined) {
      this.#collected.refuse(() => `${metric.name}: ${problem}`, metric.pointCount);
      return;
    }
    const { description: help, unit } = metric;
    this.#collected.metadata.put(name, { type: typeOf(metric), help, unit });
    const form = formOf(metric.kind);
    const context = `otlp ${name.length}:${name}${this.#context}`;
    for (const point of metric.points) {
      const reason =
        metric.kind === 'exponential histogram'
          ? this.#takeExponential(name, point)
          : this.#take(name, context, form, point);
      if (reason === undefined) this.#timesMs.add(point.atMs);
      else this.#collected.refuse(() => reason);
    }
  }

  /** One sample says what the target is, at the first and the last of its times and often enough between. */
  end(): void {
    const others = this.#resource.filter(({ key }) => !IDENTIFYING.has(key) && this.#labelName(key) !== '');
    if (others.length === 0 || [...this.#target.values()].every((value) => value === '')) return;
    const group = this.#collected.groupOf(textsOf(this.#labels('target_info', others, new Map())));
    if (typeof group === 'string') return this.#collected.refuse(() => group, 0);
    const timesMs = [...this.#timesMs].sort((a, b) => a - b);
    let lastMs = -Infinity;
    for (const [i, atMs] of timesMs.entries()) {
      if (i < timesMs.length - 1 && atMs - lastMs < TARGET_INFO_EVERY_MS) continue;
      this.#collected.rows.addValue(group, atMs, 1);
      lastMs = atMs;
    }
  }

  /** Takes a point, or returns why not. `context` stands for all that the metric's points share. */
  #take(name: string, context: string, form: PointForm, point: OtlpPoint): string | undefined {
    const { attributes, atMs } = point;
    const problem = atMs === 0 ? 'a point without a time' : form.problem(point);
    if (problem !== undefined || this.#collected.isTimeRefused(atMs))
      return this.#reason(name, point, problem);
    let key = context;
    for (const { mark } of attributes) key += mark;
    key += form.key(point);
    const group = this.#collected.keys.findText(key) ?? this.#register(name, form, point);
    if (typeof group === 'string') return group;
    const values = form.values(point);
    if (point.ended) for (let i = 0; i < values.length; i++) putStale(values, i);
    this.#collected.rows.addRow(group, atMs, values);
    return undefined;
  }

  #takeExponential(name: string, point: OtlpPoint): string | undefined {
    const read = exponentialHistogram(point, this.#collected.maxHistogramBuckets);
    const problem = point.atMs === 0 ? 'a point without a time' : typeof read === 'string' ? read : undefined;
    const wrong = this.#wrongAttribute(name, point.attributes);
    if (wrong !== undefined || typeof read === 'string' || problem !== undefined)
      return this.#reason(name, point, problem);
    const labels = this.#collected.check(textsOf(this.#labels(name, point.attributes)));
    return typeof labels === 'string' ? labels : this.#collected.addHistogram(labels, read);
  }

  #reason(name: string, { attributes, atMs }: OtlpPoint, problem: string | undefined): string {
    const wrong = this.#wrongAttribute(name, attributes);
    if (wrong !== undefined) return wrong;
    const texts = textsOf(this.#labels(name, attributes));
    return problem === undefined
      ? this.#collected.timeReason(texts, atMs)
      : this.#collected.reason(texts, problem);
  }

  /** Registers the series of the key that was asked for last. */
  #register(name: string, form: PointForm, point: OtlpPoint): number | string {
    const wrong = this.#wrongAttribute(name, point.attributes);
    if (wrong !== undefined) return wrong;
    const shared = this.#labels(name, point.attributes);
    const series = form.series(point).map(([ending, label, value = '']) => {
      const labels = new Map(shared).set(METRIC_NAME, name + ending);
      if (label !== undefined) labels.set(label, value);
      return textsOf(labels);
    });
    const group = this.#collected.groupOfList(series);
    if (typeof group === 'number') this.#collected.keys.addLast(group);
    return group;
  }

  #wrongAttribute(name: string, attributes: Attributes): string | undefined {
    const wrong = attributes.find(({ key }) => key !== METRIC_NAME && this.#labelName(key) === '');
    return wrong && `${name}: the attribute ${JSON.stringify(wrong.key.slice(0, 80))} can't be a label`;
  }

  /**
   * The labels of a series with these attributes. Of keys that give one label the values are joined by `;`, in the
   * order of the keys.
   */
  #labels(name: string, attributes: Attributes, scope = this.#scope): LabelMap {
    // The name stands first, so that a complaint about another label can tell it.
    const labels: LabelMap = new Map([[METRIC_NAME, name]]);
    for (const { key, value } of attributes.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      if (key === METRIC_NAME) continue;
      const label = this.#labelName(key);
      const before = labels.get(label);
      labels.set(label, before ? `${before};${value}` : value);
    }
    for (const [label, value] of scope) labels.set(label, value);
    for (const [label, value] of this.#target) if (value !== '') labels.set(label, value);
    return labels;
  }

  #labelName(key: string): string {
    let name = this.#labelNames.get(key);
    if (name === undefined) this.#labelNames.set(key, (name = labelName(key)));
    return name;
  }
}

/** Equal labels give equal texts, others do not. */
function contextOf(labels: LabelMap): string {
  let context = '';
  for (const [name, value] of labels) context += `${name.length}:${name}${value.length}:${value}`;
  return context;
}

/** Names and values by turns. */
function textsOf(labels: LabelMap): string[] {
  return [...labels].flat();
}

function metricProblem({ kind, temporality }: OtlpMetric, name: string): string | undefined {
  if (name === '') return 'nothing of the name can be a metric name';
  if (kind === 'unknown') return 'a metric of a kind that is not known';
  if (kind === 'gauge' || kind === 'summary' || temporality === TEMPORALITY_CUMULATIVE) return undefined;
  return temporality === TEMPORALITY_DELTA
    ? `a ${kind} of deltas is not taken: set the exporter to cumulative temporality`
    : `a ${kind} with temporality ${temporality} is not taken, only cumulative`;
}

/** In Prometheus's words. */
function typeOf({ kind, monotonic }: OtlpMetric): string {
  if (kind === 'sum') return monotonic ? 'counter' : 'gauge';
  return kind === 'exponential histogram' ? 'histogram' : kind;
}
