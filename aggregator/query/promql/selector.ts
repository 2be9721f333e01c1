import type { At, VectorSelector } from '../../../lang/promql/ast.ts';
import { isStale } from '../../../wire/sample.ts';
import type { SeriesSamples } from '../../store/store.ts';
import type { Context } from './context.ts';
import { newColumn } from './context.ts';
import type { Column, Steps } from './value.ts';
import { summaryFor } from './summary.ts';
import { isEmpty } from './value.ts';

/** The moments that a selector or subquery looks at, after its `@` and `offset`. */
export function shifted(context: Context, modified: { at: At | undefined; offsetMs: number }): Steps {
  const { at, offsetMs } = modified;
  const { startMs, stepMs, count } = context.steps;
  if (at === undefined) return { startMs: startMs - offsetMs, stepMs, count };
  const atMs = at.kind === 'time' ? at.ms : at.kind === 'start' ? context.queryStartMs : context.queryEndMs;
  return { startMs: atMs - offsetMs, stepMs: 0, count };
}

/** Samples in (first moment - reach, last moment], with staleness markers, or what says the same to a function. */
export function readSamples(
  context: Context,
  selector: VectorSelector,
  moments: Steps,
  reachMs: number,
  functionName: string | undefined,
): SeriesSamples[] {
  const { reader, scope, budget, annotations } = context;
  const range = {
    // Open on the left; times are whole milliseconds.
    fromMs: moments.startMs - reachMs + 1,
    toMs: moments.startMs + (moments.count - 1) * moments.stepMs,
  };
  const series = reader.select(
    scope,
    selector.matchers,
    range,
    budget.readLimits((message) => annotations.damage(message)),
    summaryFor(functionName, moments, reachMs),
  );
  let samples = 0;
  for (const { timestampsMs } of series) samples += timestampsMs.length;
  budget.hold(samples);
  return series;
}

/** Which time a column carries: the sample's value, or when it was taken (seconds), for `timestamp()`. */
export type Taken = 'value' | 'timestamp';

/** An instant selector: at each moment the newest sample not older than the lookback, unless it is a staleness marker. */
export function selectInstant(context: Context, selector: VectorSelector, taken: Taken = 'value'): Column[] {
  const moments = shifted(context, selector);
  const { lookbackMs } = context;
  const columns: Column[] = [];
  const functionName = taken === 'value' ? '' : taken;
  for (const series of readSamples(context, selector, moments, lookbackMs, functionName)) {
    const column = newColumn(context, series.labels);
    fill(column, series, moments, lookbackMs, taken);
    if (!isEmpty(column)) columns.push(column);
  }
  return columns;
}

function fill(column: Column, series: SeriesSamples, moments: Steps, lookbackMs: number, taken: Taken): void {
  const { timestampsMs, values } = series;
  const { startMs, stepMs, count } = moments;
  const length = timestampsMs.length;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const atMs = startMs + i * stepMs;
    while (next < length && (timestampsMs[next] as number) <= atMs) next++;
    const newest = next - 1;
    if (newest < 0 || (timestampsMs[newest] as number) <= atMs - lookbackMs) continue;
    if (isStale(values, newest)) continue;
    column.values[i] =
      taken === 'value' ? (values[newest] as number) : (timestampsMs[newest] as number) / 1000;
    column.present[i] = 1;
  }
}

/** The series without its staleness markers, which ranges do not see. */
export function withoutStale(series: SeriesSamples): SeriesSamples {
  const { labels, timestampsMs, values, counts } = series;
  let stale = 0;
  for (let i = 0; i < values.length; i++) if (isStale(values, i)) stale++;
  // Fast path.
  if (stale === 0) return series;
  const kept = new Uint32Array(values.length - stale);
  let next = 0;
  for (let i = 0; i < values.length; i++) if (!isStale(values, i)) kept[next++] = i;
  return {
    labels,
    timestampsMs: at(timestampsMs, kept),
    values: at(values, kept),
    ...(counts && { counts: at(counts, kept) }),
  };
}

function at(column: Float64Array, places: Uint32Array): Float64Array {
  const out = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) out[i] = column[places[i] as number] as number;
  return out;
}
