import { FakeClock } from '../../lib/clock.ts';
import { FakeRegistry } from '../store/group-registry.fake.ts';
import { RowBuffer } from '../store/row-buffer.ts';
import { Collected, type SampleLimits } from './collected.ts';
import { MetricMetadata } from './metric-metadata.ts';
import { SeriesGroups } from './series-groups.ts';

export const NO_SERIES_LIMITS = { maxSeries: 1e9, maxNewSeries: 1e9, maxSeriesPerTarget: 1e9 };

export interface CollectedSamples {
  readonly taken: [series: string, atMs: number, value: number][];
  readonly refused: string;
}

/** What `read` takes of a body into an empty store, twice: new series and known ones are read in two ways. For tests. */
export function collect(
  newestMs: number,
  limits: SampleLimits,
  noun: string,
  read: (collected: Collected) => void,
): CollectedSamples {
  const registry = new FakeRegistry();
  const series = new SeriesGroups(registry, new FakeClock(0), NO_SERIES_LIMITS);
  const once = (): CollectedSamples => {
    const rows = new RowBuffer();
    const collected = new Collected(rows, series, newestMs, limits, new MetricMetadata());
    read(collected);
    return {
      taken: registry.samplesOf(rows),
      refused: collected.refused === 0 ? '' : collected.message(noun),
    };
  };
  const first = once();
  const again = once();
  if (JSON.stringify(again) !== JSON.stringify(first))
    throw new Error(`what is new is read as ${JSON.stringify(first)}, and known as ${JSON.stringify(again)}`);
  return first;
}
