import type { At, VectorSelector } from '../../../lang/promql/ast.ts';
import { unsupported } from '../../../lang/promql/fault.ts';
import { isStale } from '../../../wire/sample.ts';
import { labelsKey } from '../../../wire/labels.ts';
import type { HistogramSamples, NativeHistogram } from '../../store/native-histogram.ts';
import type { SeriesSamples } from '../../store/store.ts';
import type { Context } from './context.ts';
import { newColumn } from './context.ts';
import { summaryFor } from './summary.ts';
import type { Column, HistogramCells, Steps } from './value.ts';
import { isEmpty, putSample } from './value.ts';

/** The moments that a selector or subquery looks at, after its `@` and `offset`. */
export function shifted(context: Context, modified: { at: At | undefined; offsetMs: number }): Steps {
  const { at, offsetMs } = modified;
  const { startMs, stepMs, count } = context.steps;
  if (at === undefined) return { startMs: startMs - offsetMs, stepMs, count };
  const atMs = at.kind === 'time' ? at.ms : at.kind === 'start' ? context.queryStartMs : context.queryEndMs;
  return { startMs: atMs - offsetMs, stepMs: 0, count };
}

/** Samples of one series; where `histograms` has one, the value is its sum, by which a staleness marker is known. */
export interface SampledSeries extends SeriesSamples {
  readonly histograms?: HistogramCells;
}

/** Samples in (first moment - reach, last moment], with staleness markers, or what says the same to a function. */
export function readSamples(
  context: Context,
  selector: VectorSelector,
  moments: Steps,
  reachMs: number,
  functionName: string | undefined,
): SampledSeries[] {
  const { reader, scope, budget, annotations } = context;
  const range = {
    // Open on the left; times are whole milliseconds.
    fromMs: moments.startMs - reachMs + 1,
    toMs: moments.startMs + (moments.count - 1) * moments.stepMs,
  };
  const limits = budget.readLimits((message) => annotations.damage(message));
  const summary = summaryFor(functionName, moments, reachMs);
  const series = reader.select(scope, selector.matchers, range, limits, summary);
  let samples = 0;
  for (const { timestampsMs } of series) samples += timestampsMs.length;
  budget.hold(samples);
  const natives = reader.selectHistograms(scope, selector.matchers, range, limits);
  // Fast path.
  if (natives.length === 0) return series;
  for (const { histograms } of natives) for (const one of histograms) budget.hold(cellsOf(one));
  return withHistograms(series, natives);
}

/** What a histogram takes, in numbers. */
function cellsOf({ positive, negative, bounds }: NativeHistogram): number {
  return 8 + 2 * (positive.length + negative.length) + bounds.length;
}

/** A series may have had floats first and histograms later, or the other way round. */
function withHistograms(
  floats: readonly SeriesSamples[],
  natives: readonly HistogramSamples[],
): SampledSeries[] {
  const all = new Map<string, SampledSeries>(floats.map((series) => [labelsKey(series.labels), series]));
  for (const { labels, timestampsMs, histograms } of natives) {
    const key = labelsKey(labels);
    const values = Float64Array.from(histograms, ({ sum }) => sum);
    const series = { labels, timestampsMs, values, histograms: [...histograms] };
    const known = all.get(key);
    all.set(key, known === undefined ? series : interleaved(known, series));
  }
  return [...all.values()];
}

function interleaved(floats: SampledSeries, natives: SampledSeries): SampledSeries {
  const places = [
    ...Array.from(floats.timestampsMs, (ms, i) => ({ ms, from: floats, i })),
    ...Array.from(natives.timestampsMs, (ms, i) => ({ ms, from: natives, i })),
  ].sort((a, b) => a.ms - b.ms);
  const values = new Float64Array(places.length);
  // As bits, for a staleness marker is one of many NaNs.
  places.forEach(({ from, i }, at) => values.set(from.values.subarray(i, i + 1), at));
  return {
    labels: floats.labels,
    timestampsMs: Float64Array.from(places, ({ ms }) => ms),
    values,
    ...(floats.counts && { counts: Float64Array.from(places, ({ from, i }) => from.counts?.[i] ?? 1) }),
    histograms: places.map(({ from, i }) => from.histograms?.[i]),
  };
}

/** Which time a column carries: the sample's value, or when it was taken (seconds), for `timestamp()`. */
export type Taken = 'value' | 'timestamp';

/** An instant selector: at each moment the newest sample not older than the lookback, unless it is a staleness marker. */
export function selectInstant(context: Context, selector: VectorSelector, taken: Taken = 'value'): Column[] {
  if (selector.extent !== undefined) throw unsupported(`${selector.extent} without a range`);
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

function fill(column: Column, series: SampledSeries, moments: Steps, lookbackMs: number, taken: Taken): void {
  const { timestampsMs, values, histograms } = series;
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
    const histogram = histograms?.[newest];
    if (histogram !== undefined && taken === 'value') putSample(column, i, histogram);
  }
}

/** The series without its staleness markers, which ranges do not see. */
export function withoutStale(series: SampledSeries): SampledSeries {
  const { labels, timestampsMs, values, counts, histograms } = series;
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
    ...(histograms && { histograms: Array.from(kept, (place) => histograms[place]) }),
  };
}

function at(column: Float64Array, places: Uint32Array): Float64Array {
  const out = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) out[i] = column[places[i] as number] as number;
  return out;
}
