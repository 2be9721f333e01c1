import type { AggregateOp } from '../../../lang/promql/ast.ts';
import { KahanMean } from '../../../lib/kahan.ts';
import type { Column } from './value.ts';

/**
 * Folds the columns of one group into `out`, which is empty at first. Series are added in their order at every
 * step. `tick` is called once a column, so that a query past its deadline ends.
 */
export type Reducer = (columns: readonly Column[], out: Column, tick: () => void) => void;

type Reduced = Exclude<
  AggregateOp,
  'topk' | 'bottomk' | 'quantile' | 'count_values' | 'limitk' | 'limit_ratio'
>;

export const REDUCERS: Readonly<Record<Reduced, Reducer>> = {
  sum,
  avg,
  count,
  group: (columns, out, tick) => {
    count(columns, out, tick);
    out.values.fill(1);
  },
  min: (columns, out, tick) => extreme(columns, out, tick, -1),
  max: (columns, out, tick) => extreme(columns, out, tick, 1),
  stdvar: (columns, out, tick) => variance(columns, out, tick),
  stddev: (columns, out, tick) => {
    variance(columns, out, tick);
    for (let i = 0; i < out.values.length; i++) out.values[i] = Math.sqrt(out.values[i] as number);
  },
};

function sum(columns: readonly Column[], out: Column, tick: () => void): void {
  const steps = out.present.length;
  const errors = new Float64Array(steps);
  for (const { values, present } of columns) {
    tick();
    for (let i = 0; i < steps; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      if (out.present[i] === 0) {
        out.present[i] = 1;
        out.values[i] = value;
        continue;
      }
      // KahanSum.add, spelled out over columns.
      const before = out.values[i] as number;
      const total = before + value;
      if (total === Infinity || total === -Infinity) errors[i] = 0;
      else if (Math.abs(before) >= Math.abs(value))
        errors[i] = (errors[i] as number) + (before - total + value);
      else errors[i] = (errors[i] as number) + (value - total + before);
      out.values[i] = total;
    }
  }
  for (let i = 0; i < steps; i++) out.values[i] = (out.values[i] as number) + (errors[i] as number);
}

/** Step by step: a mean has more state than a column of it is worth. */
function avg(columns: readonly Column[], out: Column, tick: () => void): void {
  count(columns, out, tick);
  const mean = new KahanMean();
  for (let i = 0; i < out.present.length; i++) {
    if (out.present[i] === 0) continue;
    mean.reset();
    for (const column of columns) if (column.present[i] === 1) mean.add(column.values[i] as number);
    out.values[i] = mean.mean();
  }
}

function count(columns: readonly Column[], out: Column, tick: () => void): void {
  const steps = out.present.length;
  for (const { present } of columns) {
    tick();
    for (let i = 0; i < steps; i++) {
      if (present[i] === 0) continue;
      out.present[i] = 1;
      out.values[i] = (out.values[i] as number) + 1;
    }
  }
}

/** The smallest (`sign` -1) or largest (1) value; NaN only where there is nothing else. */
function extreme(columns: readonly Column[], out: Column, tick: () => void, sign: number): void {
  const steps = out.present.length;
  for (const { values, present } of columns) {
    tick();
    for (let i = 0; i < steps; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      const known = out.values[i] as number;
      if (out.present[i] === 1 && !(sign * value > sign * known || Number.isNaN(known))) continue;
      out.present[i] = 1;
      out.values[i] = value;
    }
  }
}

/** Population variance by Welford's method. */
function variance(columns: readonly Column[], out: Column, tick: () => void): void {
  const steps = out.present.length;
  const counts = new Float64Array(steps);
  const means = new Float64Array(steps);
  for (const { values, present } of columns) {
    tick();
    for (let i = 0; i < steps; i++) {
      if (present[i] === 0) continue;
      const value = values[i] as number;
      const seen = (counts[i] = (counts[i] as number) + 1);
      if (seen === 1) {
        means[i] = value;
        out.present[i] = 1;
        out.values[i] = Number.isFinite(value) ? 0 : NaN;
        continue;
      }
      const delta = value - (means[i] as number);
      means[i] = (means[i] as number) + delta / seen;
      out.values[i] = (out.values[i] as number) + delta * (value - (means[i] as number));
    }
  }
  for (let i = 0; i < steps; i++) out.values[i] = (out.values[i] as number) / (counts[i] as number);
}
