/** What a bench of the store feeds: samples in order of time, a tick at a time, never all at once. */
import { Buffer } from 'node:buffer';

import { ByteWriter } from '../../lib/byte-writer.ts';
import type { Labels } from '../../wire/labels.ts';

/** Series that one scrape of one target yields together. */
export interface Target {
  readonly series: readonly Labels[];
  /** The same as the `labels` fields of a remote write's TimeSeries, made once, as senders do. */
  readonly encoded: readonly Uint8Array[];
}

/** One scrape of a target. `values` belongs to the data set and changes at the next tick. */
export interface TargetRow {
  readonly target: Target;
  readonly values: Float64Array;
  /** Where the page tells times of its own; else the tick's. */
  readonly atMs?: number;
}

export interface Tick {
  readonly atMs: number;
  readonly rows: readonly TargetRow[];
}

export interface Dataset {
  /** One word, before the figures' keys: `scrapes`. */
  readonly key: string;
  readonly title: string;
  /** A metric whose samples are counted in every store after the load. */
  readonly probe: string;
  readonly tickCount: number;
  ticks(): Iterable<Tick>;
}

/** A day that all samples lie in, UTC: the peers and we cut partitions by it. */
export const START_MS = Date.UTC(2026, 0, 10);
export const INTERVAL_MS = 15_000;

export function targetOf(series: readonly Labels[]): Target {
  return { series, encoded: series.map(encodeLabels) };
}

/** `repeated Label labels = 1` of prometheus.TimeSeries (prompb/types.proto). */
function encodeLabels(labels: Labels): Uint8Array {
  const out = new ByteWriter();
  const label = new ByteWriter();
  for (let i = 0; i < labels.length; i += 2) {
    label.clear();
    label.u8((1 << 3) | 2);
    label.block(Buffer.from(labels[i] as string));
    label.u8((2 << 3) | 2);
    label.block(Buffer.from(labels[i + 1] as string));
    out.u8((1 << 3) | 2);
    out.block(label.bytes());
  }
  return out.bytes().slice();
}
