import type { Labels } from '../wire/labels.ts';

/** One series of an instant query's answer. */
export interface QuerySample {
  readonly labels: Labels;
  readonly value: number;
}

/**
 * What alerting needs from where the data are: PromQL evaluated at a moment, as a vector; a scalar is one sample
 * without labels. Throws a Fault when there is no answer, with `retry` when there may be one later.
 */
export type Query = (expr: string, atMs: number) => Promise<readonly QuerySample[]>;
