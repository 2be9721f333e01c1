import type { Expr } from '../../../lang/promql/ast.ts';
import { unwrapParens } from '../../../lang/promql/ast.ts';
import { typeOf } from '../../../lang/promql/check.ts';
import type { QueryWindow } from '../../../lang/promql/duration.ts';
import { parsePromQL } from '../../../lang/promql/parse.ts';
import { resolveDurations } from '../../../lang/promql/resolve.ts';
import { Fault } from '../../../lib/fault.ts';
import type { Labels } from '../../../wire/labels.ts';
import type { Scope } from '../../store/scope.ts';
import type { NativeHistogram } from '../../store/native-histogram.ts';
import type { MetricReader } from '../../store/store.ts';
import { Annotations } from './annotations.ts';
import type { Context } from './context.ts';
import { evaluate } from './evaluate.ts';
import type { QueryLimits } from './limits.ts';
import { Budget, LIMIT_SETTINGS } from './limits.ts';
import { evaluateRange, samplesOf } from './range-vector.ts';
import type { SampledSeries } from './selector.ts';
import type { Steps, Value } from './value.ts';
import { compareLabels } from './value.ts';

export interface InstantQuery {
  readonly query: string;
  readonly timeMs: number;
  /** How old a sample may be; Prometheus takes five minutes. */
  readonly lookbackMs: number;
  readonly limits: QueryLimits;
  /** Step of subqueries that name none; one minute when left out. */
  readonly subqueryStepMs?: number;
}

export interface RangeQuery extends Omit<InstantQuery, 'timeMs'> {
  readonly startMs: number;
  /** Included when a step falls on it. */
  readonly endMs: number;
  readonly stepMs: number;
}

export interface InstantSample {
  readonly labels: Labels;
  readonly value: number;
  /** The sample when it is no number; then the value means nothing. */
  readonly histogram?: NativeHistogram;
}

/** The answer of a query in the types of Prometheus's HTTP API, with the remarks on it. */
export type QueryResult = { readonly warnings: readonly string[]; readonly infos: readonly string[] } & (
  | { readonly type: 'vector'; readonly timeMs: number; readonly samples: readonly InstantSample[] }
  | { readonly type: 'matrix'; readonly series: readonly SampledSeries[] }
  | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
  | { readonly type: 'string'; readonly timeMs: number; readonly text: string }
);

/**
 * Evaluates a query at one moment. Throws a `Fault`: `bad_data` (no PromQL), `execution` (cannot be evaluated,
 * or not yet), `limit` or `timeout` (costs more than allowed).
 */
export function queryInstant(reader: MetricReader, scope: Scope, query: InstantQuery): QueryResult {
  const expr = parseWithin(query.query, NO_WINDOW);
  const timeMs = Math.round(query.timeMs);
  const context = newContext(reader, scope, query, { startMs: timeMs, stepMs: 0, count: 1 }, timeMs);
  if (typeOf(expr) === 'range vector') {
    const series = rangeSeries(context, expr);
    return { type: 'matrix', series, ...remarks(context, query.query) };
  }
  const value = evaluate(expr, context);
  const told = remarks(context, query.query);
  switch (value.kind) {
    case 'string':
      return { type: 'string', timeMs, text: value.text, ...told };
    case 'scalar':
      return { type: 'scalar', timeMs, value: value.values[0] as number, ...told };
    case 'vector': {
      const samples = value.columns.map(({ labels, values, histograms }): InstantSample => {
        const sample = { labels, value: values[0] as number };
        return histograms?.[0] === undefined ? sample : { ...sample, histogram: histograms[0] };
      });
      return { type: 'vector', timeMs, samples, ...told };
    }
  }
}

/** Evaluates a query at every step from start to end; the answer is a matrix sorted by labels. Throws as `queryInstant`. */
export function queryRange(reader: MetricReader, scope: Scope, query: RangeQuery): QueryResult {
  const steps = stepsOf(query);
  const endMs = Math.round(query.endMs);
  const expr = parseWithin(query.query, { stepMs: steps.stepMs, rangeMs: endMs - steps.startMs });
  const type = typeOf(expr);
  if (type !== 'scalar' && type !== 'instant vector') {
    const reason = `invalid expression type "${type}" for range query, must be Scalar or instant Vector`;
    throw new Fault('bad_data', reason);
  }
  const context = newContext(reader, scope, query, steps, endMs);
  const series = matrix(evaluate(expr, context), steps);
  return { type: 'matrix', series, ...remarks(context, query.query) };
}

const NO_WINDOW: QueryWindow = { stepMs: 0, rangeMs: 0 };

function parseWithin(query: string, window: QueryWindow): Expr {
  return resolveDurations(parsePromQL(query), window, query);
}

function stepsOf(query: RangeQuery): Steps {
  const startMs = Math.round(query.startMs);
  const stepMs = Math.round(query.stepMs);
  if (!(stepMs > 0)) {
    throw new Fault(
      'bad_data',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  if (query.endMs < query.startMs) throw new Fault('bad_data', 'end timestamp must not be before start time');
  const count = Math.floor((Math.round(query.endMs) - startMs) / stepMs) + 1;
  if (count > query.limits.maxSteps) {
    throw new Fault(
      'bad_data',
      `exceeded maximum resolution of ${query.limits.maxSteps} points per timeseries (setting ${LIMIT_SETTINGS.maxSteps}), ` +
        `the query asks for ${count}. Try decreasing the query resolution (?step=XX)`,
    );
  }
  return { startMs, stepMs, count };
}

function newContext(
  reader: MetricReader,
  scope: Scope,
  query: Omit<InstantQuery, 'timeMs'>,
  steps: Steps,
  queryEndMs: number,
): Context {
  return {
    reader,
    scope,
    steps,
    lookbackMs: query.lookbackMs,
    subqueryStepMs: query.subqueryStepMs ?? 60_000,
    queryStartMs: steps.startMs,
    queryEndMs,
    queryStepMs: steps.stepMs,
    budget: new Budget(query.limits),
    annotations: new Annotations(),
    evaluate,
  };
}

function remarks(context: Context, query: string): { warnings: string[]; infos: string[] } {
  const { annotations } = context;
  return { warnings: annotations.list('warning', query), infos: annotations.list('info', query) };
}

function matrix(value: Value, steps: Steps): SampledSeries[] {
  if (value.kind === 'string') throw new Error('BUG: a string in a range query');
  const columns =
    value.kind === 'vector'
      ? value.columns
      : [{ labels: [], values: value.values, present: new Uint8Array(steps.count).fill(1) }];
  return sorted(columns.map((column) => samplesOf(column, steps)));
}

/** The samples that an instant query for a range vector sees. */
function rangeSeries(context: Context, expr: Expr): SampledSeries[] {
  const { series, ends, rangeMs } = evaluateRange(context, unwrapParens(expr), undefined);
  const kept = series.map(({ labels, timestampsMs, values, histograms }) => {
    const lo = timestampsMs.findIndex((ms) => ms > ends.startMs - rangeMs);
    const hi = timestampsMs.findLastIndex((ms) => ms <= ends.startMs) + 1;
    if (lo < 0 || hi <= lo) return undefined;
    const inside = { labels, timestampsMs: timestampsMs.slice(lo, hi), values: values.slice(lo, hi) };
    return histograms === undefined ? inside : { ...inside, histograms: histograms.slice(lo, hi) };
  });
  return sorted(kept.filter((one) => one !== undefined));
}

function sorted(series: SampledSeries[]): SampledSeries[] {
  return series.sort((a, b) => compareLabels(a.labels, b.labels));
}
