import type { Labels } from '../../wire/labels.ts';

/** Values of one moment for series that a sender measures together. */
export interface PushedRow {
  /** Names the list of series: equal keys, equal lists. */
  readonly key: string;
  /** The series, asked for only when the key is new. */
  readonly series: () => readonly Labels[];
  readonly atMs: number;
  readonly values: Float64Array;
}
