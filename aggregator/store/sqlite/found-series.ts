import { Fault } from '../../../lib/fault.ts';
import { isStale } from '../../../wire/sample.ts';
import { labelsKey, type Labels } from '../../../wire/labels.ts';
import { SampleColumn } from '../sample-column.ts';
import type { SeriesSamples, Summary, TimeRange } from '../store.ts';
import type { Gather } from './partition-reader.ts';
import type { Place } from './places.ts';

/** A series that was found in one or several places. */
export interface Found {
  readonly labels: Labels;
  /** In the order of the places: what comes later replaces what came before at the same time. `place`: of a file. */
  readonly gathers: { readonly gather: Gather; readonly place?: Place }[];
}

/** Series of several places. Those of the first one differ, so that they need keys only when there is a second. */
export class FoundSeries {
  readonly list: Found[] = [];
  readonly #maxSeries: number;
  #part: object | undefined;
  #byKey: Map<string, Found> | undefined;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** `part`: within one all series differ. */
  add(labels: Labels, found: Found['gathers'][number], part: object): void {
    this.#part ??= part;
    if (part !== this.#part) this.#byKey ??= new Map(this.list.map((each) => [labelsKey(each.labels), each]));
    const key = this.#byKey && labelsKey(labels);
    const known = key === undefined ? undefined : this.#byKey?.get(key);
    if (known) {
      known.gathers.push(found);
      return;
    }
    if (this.list.length >= this.#maxSeries) {
      throw new Fault(
        'limit',
        `the query meets more than ${this.#maxSeries} series (setting query.max-series): select fewer`,
      );
    }
    const series = { labels, gathers: [found] };
    this.list.push(series);
    if (key !== undefined) this.#byKey?.set(key, series);
  }
}

/**
 * The samples of a series, in places with a tier the statistics. Those that had any of the range are told to
 * `onPlace`.
 */
export function samplesOf(
  { labels, gathers }: Found,
  range: TimeRange,
  statistic: Summary['statistic'],
  onPlace: (place: Place) => void,
): SeriesSamples {
  const column = new SampleColumn();
  const isCounted = statistic === 'mean' || statistic === 'count';
  let tiers: SampleColumn | undefined;
  for (const { gather, place } of gathers) {
    const before = column.length;
    gather(column, statistic === 'mean' ? 'sum' : statistic);
    if (place?.tier === undefined || column.length === before) continue;
    onPlace(place);
    if (isCounted) gather((tiers ??= new SampleColumn()), 'count');
  }
  const { timestampsMs, values } = column.finish(range.fromMs, range.toMs);
  if (tiers === undefined) return { labels, timestampsMs, values };
  return { labels, timestampsMs, values, counts: countsOf(timestampsMs, values, tiers) };
}

/** 1 for each that is a sample itself. */
function countsOf(timestampsMs: Float64Array, values: Float64Array, tiers: SampleColumn): Float64Array {
  const known = tiers.finish(-Infinity, Infinity);
  const counts = new Float64Array(values.length).fill(1);
  let next = 0;
  for (let i = 0; i < values.length; i++) {
    while (next < known.values.length && (known.timestampsMs[next] as number) < (timestampsMs[i] as number))
      next++;
    if (known.timestampsMs[next] === timestampsMs[i] && !isStale(values, i))
      counts[i] = known.values[next] as number;
  }
  return counts;
}
