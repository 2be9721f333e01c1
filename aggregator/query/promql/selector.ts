import type { At, VectorSelector } from '../../../lang/promql/ast.ts';
import { isStale } from '../../../wire/sample.ts';
import type { SeriesSamples } from '../../store/store.ts';
import type { Context } from './context.ts';
import { newColumn } from './context.ts';
import type { Column, Steps } from './value.ts';
import { isEmpty } from './value.ts';

/** The moments that a selector or subquery looks at, after its `@` and `offset`. */
export function shifted(context: Context, modified: { at: At | undefined; offsetMs: number }): Steps {
  const { at, offsetMs } = modified;
  const { startMs, stepMs, count } = context.steps;
  if (at === undefined) return { startMs: startMs - offsetMs, stepMs, count };
  const atMs = at.kind === 'time' ? at.ms : at.kind === 'start' ? context.queryStartMs : context.queryEndMs;
  return { startMs: atMs - offsetMs, stepMs: 0, count };
}

/** Samples in (first moment - reach, last moment], with staleness markers. */
export function readSamples(
  context: Context,
  selector: VectorSelector,
  moments: Steps,
  reachMs: number,
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
  for (const series of readSamples(context, selector, moments, lookbackMs)) {
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
  const { labels, timestampsMs, values } = series;
  let stale = 0;
  for (let i = 0; i < values.length; i++) if (isStale(values, i)) stale++;
  // Fast path.
  if (stale === 0) return series;
  const keptTimestampsMs = new Float64Array(values.length - stale);
  const keptValues = new Float64Array(values.length - stale);
  let kept = 0;
  for (let i = 0; i < values.length; i++) {
    if (isStale(values, i)) continue;
    keptTimestampsMs[kept] = timestampsMs[i] as number;
    keptValues[kept++] = values[i] as number;
  }
  return { labels, timestampsMs: keptTimestampsMs, values: keptValues };
}
