import { type Dataset, INTERVAL_MS, START_MS } from './dataset.ts';
import { Pod, SERIES_A_POD } from './pod.ts';
import { Random } from './random.ts';

const HOUR_MS = 3_600_000;
/** Share of the pods that another one takes the place of within an hour. */
const USUAL_CHURN = 0.2;
/** Any; the same in every run, so that figures can be compared. */
const SEED = 20_260_110;

interface Size {
  readonly key?: string;
  readonly series: number;
  /** Scrapes, 15 s apart. */
  readonly ticks: number;
  readonly churn?: number;
}

/**
 * A cluster of pods that are replaced one after the other, each new one with series of its own that begin at
 * zero. Made as it is fed: only the newest values are held.
 */
export function cluster({ key = 'cluster', series, ticks, churn = USUAL_CHURN }: Size): Dataset {
  const pods = Math.round(series / SERIES_A_POD);
  return {
    key,
    title: `${(pods * SERIES_A_POD).toLocaleString('en-US')} series x ${ticks.toLocaleString('en-US')} scrapes, ${churn * 100} % of them replaced hourly`,
    tickCount: ticks,
    probe: 'http_requests_total',
    *ticks() {
      const random = new Random(SEED);
      const alive = Array.from(
        { length: pods },
        (_, i) => new Pod(i, START_MS - random.integer(HOUR_MS), random),
      );
      let next = pods;
      let due = 0;
      for (let tick = 0; tick < ticks; tick++) {
        const atMs = START_MS + tick * INTERVAL_MS;
        due += (pods * churn * INTERVAL_MS) / HOUR_MS;
        for (; due >= 1; due--) alive[random.integer(pods)] = new Pod(next++, atMs, random);
        for (const pod of alive) pod.step(random);
        yield { atMs, rows: alive };
      }
    },
  };
}
