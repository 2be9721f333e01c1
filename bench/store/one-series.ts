import { labelsFrom } from '../../wire/labels.ts';
import { type Dataset, INTERVAL_MS, START_MS, targetOf } from './dataset.ts';

/** A sample a request: what a request costs before there is anything in it. */
export function oneSeries(ticks: number): Dataset {
  return {
    key: 'requests',
    title: 'requests of one sample each',
    tickCount: ticks,
    probe: 'up',
    *ticks() {
      const target = targetOf([labelsFrom({ __name__: 'up', job: 'node' })]);
      for (let tick = 0; tick < ticks; tick++) {
        yield { atMs: START_MS + tick * INTERVAL_MS, rows: [{ target, values: Float64Array.of(tick) }] };
      }
    },
  };
}
